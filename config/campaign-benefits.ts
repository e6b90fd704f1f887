/**
 * What an offer gives. A file writes one key (`off: 500`, `draw: {…}`); everybody behind the schema reads one
 * of these forms, told apart by `kind`, with its units in the names. What is rounded is capped afterwards.
 */

import type { DayTerm } from './campaign-values.ts';

/** To whole fen. */
export type Rounding = 'down' | 'half_up';

/** How much money: a fixed sum, or a share of the payment or of an amount among the event's attributes. */
export type MoneyRule =
  | { readonly kind: 'fixed'; readonly amountMinor: number }
  | {
      readonly kind: 'share';
      /** The attribute that holds whole fen; undefined: the event's own amount. */
      readonly attribute: string | undefined;
      readonly shareBp: number;
      readonly capMinor: number | undefined;
      readonly rounding: Rounding;
    };

/** How many points. */
export type PointsRule =
  | { readonly kind: 'fixed'; readonly points: number }
  /** amount ÷ perMinor × rateBp ÷ 10000; a bonus adds to the factor where its expression holds. */
  | {
      readonly kind: 'rate';
      readonly perMinor: number;
      readonly rateBp: number;
      readonly bonus: PointsBonus | undefined;
    }
  /** As many as an attribute of the event says: points that the bank has given already, which cost nothing here. */
  | { readonly kind: 'credited'; readonly attribute: string }
  /** A share of the points that this redemption spends. */
  | { readonly kind: 'share_of_spent'; readonly shareBp: number };

export interface PointsBonus {
  readonly eligible: string;
  readonly addBp: number;
  /** `base`: rate + add; `running`: rate × (1 + add). */
  readonly stackOn: 'base' | 'running';
}

export interface VoucherRule {
  readonly voucher: string;
  readonly faceMinor: number;
  readonly count: number;
  readonly minSpendMinor: number;
  readonly validFor: DayTerm;
  /** Where it can be used; empty: everywhere. */
  readonly scope: readonly string[];
}

/** What can be given at once: the whole of a prize or an option too. */
export type PlainBenefit =
  | { readonly kind: 'discount'; readonly money: MoneyRule }
  | { readonly kind: 'cashback'; readonly money: MoneyRule }
  | { readonly kind: 'fee_cut'; readonly money: MoneyRule }
  | { readonly kind: 'points'; readonly points: PointsRule }
  | { readonly kind: 'vouchers'; readonly vouchers: readonly VoucherRule[] }
  | { readonly kind: 'goods'; readonly sku: string; readonly priority: boolean };

export interface Prize {
  readonly id: string;
  readonly ppm: number;
  readonly benefit: PlainBenefit;
  /** The stock it is taken from; goods come from their own. */
  readonly stock: string | undefined;
}

export interface DrawBenefit {
  readonly kind: 'draw';
  readonly prizes: readonly Prize[];
  readonly nonePpm: number;
  /** What is won in the place of a prize that is gone: nothing, or the prize of this id. */
  readonly onPrizeEmpty: string;
  readonly certain: boolean;
}

export interface ChoiceBenefit {
  readonly kind: 'choice';
  readonly options: readonly { readonly id: string; readonly benefit: PlainBenefit }[];
  readonly within: DayTerm;
  readonly onMiss: 'forfeit';
}

export interface ExchangeItem {
  readonly id: string;
  readonly benefit: PlainBenefit;
  /** The ways to pay; `redemption.requested` names one by its index. */
  readonly combos: readonly { readonly points: number; readonly cashMinor: number }[];
}

export type Benefit =
  | PlainBenefit
  | DrawBenefit
  | ChoiceBenefit
  | { readonly kind: 'exchange'; readonly items: readonly ExchangeItem[] }
  | { readonly kind: 'extend'; readonly vouchers: readonly string[]; readonly byMs: number };
