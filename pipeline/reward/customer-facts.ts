/**
 * What is known of a customer before an event: plain values that follow from the set of earlier events, in
 * whatever order they arrived. Amounts are integer minor units, times milliseconds since the Unix epoch.
 */

/** A stretch of time, [from, to), that a loaded campaign counts in: its window or one of its phases. */
export interface FactPeriod {
  /** The campaign's id, or `<campaign>/<phase>`. */
  readonly id: string;
  readonly fromMs: number;
  readonly toMs: number;
  /** Payments in another currency count, but not as spend; left out, every amount counts as it stands. */
  readonly currency?: string | undefined;
}

/** All of time: what a customer ever spent counts in the currency of the campaign that asks, and in no other. */
export function spendIdOf(currency: string): string {
  return `spend/${currency}`;
}

/** What a customer did within a period. */
export interface PeriodFacts {
  /** Payments that were not blocked. */
  readonly payments: number;
  /**
   * Less every refund since the period began that names a payment: whose payment that is, of how much and when, is not
   * known here. At least 0.
   */
  readonly spendMinor: number;
  readonly firstLoginAtMs: number | undefined;
  /** The latest payment before the period began. */
  readonly lastPaymentBeforeMs: number | undefined;
}

export interface CustomerFacts {
  /** The first account. */
  readonly registeredAtMs: number | undefined;
  /** The first card. */
  readonly cardApprovedAtMs: number | undefined;
  /** How many cards were approved. */
  readonly cards: number;
  /** The latest activation of a card. */
  readonly activatedAtMs: number | undefined;
  readonly firstPaymentAtMs: number | undefined;
  readonly lastPaymentAtMs: number | undefined;
  /** Payments that were not blocked. */
  readonly payments: number;
  /** The latest login. */
  readonly loginAtMs: number | undefined;
  /** Who invited this customer; '' for nobody. */
  readonly invitedBy: string;
  /** MM-DD, or '' when unknown. */
  readonly birthday: string;
  readonly tags: readonly string[];
  /** The latest profile, whole: parsed at the first read. */
  readonly profile: Readonly<Record<string, unknown>>;
  /** Of a period that the campaigns in force name; nothing at all for any other. */
  during(periodId: string): PeriodFacts;
}

export const NO_PERIOD_FACTS: PeriodFacts = {
  payments: 0,
  spendMinor: 0,
  firstLoginAtMs: undefined,
  lastPaymentBeforeMs: undefined,
};

/** Of somebody who was never seen. */
export const NO_FACTS: CustomerFacts = {
  registeredAtMs: undefined,
  cardApprovedAtMs: undefined,
  cards: 0,
  activatedAtMs: undefined,
  firstPaymentAtMs: undefined,
  lastPaymentAtMs: undefined,
  payments: 0,
  loginAtMs: undefined,
  invitedBy: '',
  birthday: '',
  tags: [],
  profile: {},
  during: () => NO_PERIOD_FACTS,
};
