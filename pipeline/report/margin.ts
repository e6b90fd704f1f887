/** What a payment brings the bank where nobody says otherwise, in basis points: roughly the fee of a card payment. */
export const DEFAULT_MARGIN_BP = 60;
