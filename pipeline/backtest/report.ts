/** The backtest's report: what the command prints, as JSON. Rates are null where they are undefined. */

import type { Comparison } from './comparison.ts';

/** How well something flags, per event. */
export interface Rates {
  readonly flagged: number;
  readonly truePositives: number;
  /** True positives of the flagged. */
  readonly precision: number | null;
  /** True positives of the positives: a miss counts. */
  readonly recall: number | null;
  /** Flagged of the negatives. */
  readonly falsePositiveRate: number | null;
}

export interface Judged extends Rates {
  readonly blocked: number;
  readonly reviewed: number;
}

/** One configuration's figures. Flagged means `review` or worse for the policy, any finding for a detector. */
export interface Scores {
  readonly policy: Judged;
  readonly detectors: Readonly<Record<string, Rates>>;
}

export interface BacktestReport extends Scores {
  readonly configVersion: string;
  /** Events decided, labelled or not; a repeated one counts once. */
  readonly events: number;
  readonly seconds: number;
  readonly eventsPerSecond: number | null;
  /** Events labelled as fraud. */
  readonly positives: number;
  /** How far each kind of attack got; left out when no event names one. */
  readonly attacks?: Readonly<Record<string, AttackReport>>;
  /** What honest accounts went through beside the attacks. */
  readonly honest?: HonestReport;
  /** Records that were no events, by reason; left out when there are none. */
  readonly refused?: Readonly<Record<string, number>>;
  /** What the campaigns would have granted; only with a ledger to run them on. */
  readonly campaigns?: Readonly<Record<string, CampaignReport>>;
  /** What another configuration would have done; only when one was given. */
  readonly against?: Comparison;
}

/** Honest accounts with a blocked event, and with a reviewed one, each counted once. */
export interface HonestReport {
  readonly accounts: number;
  readonly blocked: number;
  readonly blockedShare: number | null;
  readonly reviewed: number;
  readonly reviewedShare: number | null;
}

/** One kind of simulated attack, counted in its accounts. Money is integer minor units, where rewards were run. */
export interface AttackReport {
  readonly accounts: number;
  /** Accounts that were flagged at review or worse, or named in the evidence of a ring. */
  readonly caught: number;
  readonly recall: number | null;
  /** Worth of the rewards that its events reached for. */
  readonly attemptedMinor?: number;
  /** What it kept: given, and neither held for a person nor taken back. */
  readonly lostMinor?: number;
  readonly lostShare?: number | null;
}

/** What one campaign would have granted, as it stands after the last event. Amounts are integer minor units. */
export interface CampaignReport {
  /** Posted and not taken back. */
  readonly costMinor: number;
  /** Held, or waiting for the customer. */
  readonly pendingMinor: number;
  /** Taken back after refunds, vouchers that expired included. */
  readonly clawedBackMinor: number;
  /** Voided by the word of risk. */
  readonly interceptedMinor: number;
  /** Posted or pending on events labelled as fraud; left out when no event that earned anything has a label. */
  readonly toFraud?: Sum;
  /** Voided by the word of risk on events labelled as honest. */
  readonly honestVoided?: Sum;
  /** Customers with something granted, held or waiting. */
  readonly customers: number;
  /** By the line's dotted path. */
  readonly budgets: Readonly<Record<string, BudgetReport>>;
  readonly offers: Readonly<Record<string, OfferReport>>;
}

export interface Sum {
  readonly grants: number;
  readonly minor: number;
}

/** Used: posted and pending. */
export interface BudgetReport {
  readonly limit: number;
  readonly used: number;
}

/** Grants by where they stand at the end. */
export interface OfferReport {
  readonly granted: number;
  /** Drawn, and won nothing. */
  readonly noPrize: number;
  /** For a claim or a choice. */
  readonly awaiting: number;
  readonly held: number;
  readonly voided: number;
  readonly forfeited: number;
  /** Given back in full. */
  readonly clawedBack: number;
  /** By reason. */
  readonly rejected: Readonly<Record<string, number>>;
  readonly costMinor: number;
  readonly pendingMinor: number;
  readonly clawedBackMinor: number;
  readonly interceptedMinor: number;
  readonly customers: number;
  /** Tiers, prizes and items of what is granted, held or waiting. */
  readonly labels: Readonly<Record<string, number>>;
}

/** The rates of a flag that was raised `flagged` times, `truePositives` of them on fraud. */
export function ratesOf(
  flagged: number,
  truePositives: number,
  positives: number,
  negatives: number,
): Rates {
  const judged = positives + negatives > 0;
  return {
    flagged,
    truePositives,
    precision: judged ? share(truePositives, flagged) : null,
    recall: share(truePositives, positives),
    falsePositiveRate: judged ? share(flagged - truePositives, negatives) : null,
  };
}

/** A rate; null where there is nothing to share in. */
export function share(part: number, whole: number): number | null {
  return whole === 0 ? null : part / whole;
}
