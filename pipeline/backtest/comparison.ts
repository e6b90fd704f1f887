/** What a backtest reports of a second configuration: plain values, all of them JSON. */

import type { Verdict } from '../decide/decision.ts';
import type { CampaignReport, Scores, Sum } from './report.ts';

/** By the truth of the events; `unlabelled` where nobody knows it. */
export interface ByTruth<Value> {
  readonly fraud: Value;
  readonly honest: Value;
  readonly unlabelled: Value;
}

export interface Comparison extends Scores {
  readonly configVersion: string;
  /** Events whose verdict differs. */
  readonly changed: number;
  /** How many went from which verdict to which, as `allow → review`. */
  readonly changes: Readonly<Record<string, number>>;
  /** Fraud that only the other configuration flags, and fraud that it no longer flags. */
  readonly newlyCaught: number;
  readonly newlyMissed: number;
  /** Honest events that only the other configuration flags, and those that it no longer flags. */
  readonly newlyFlaggedHonest: number;
  readonly noLongerFlaggedHonest: number;
  /** Whom the changes meet; null where more accounts were flagged than can be told apart. */
  readonly accounts: ByTruth<AccountChanges> | null;
  /** Payments whose verdict differs, by change and currency. */
  readonly payments: Readonly<Record<string, Readonly<Record<string, ByTruth<AmountSum>>>>>;
  /** By detector or rule; those that say the same of every event are left out. */
  readonly detectorChanges: Readonly<Record<string, DetectorChanges>>;
  /** The first changed decisions, in order. */
  readonly decisions: readonly ChangedDecision[];
  /** What a reader must know before believing the figures. */
  readonly caveats: readonly string[];
  /** What its campaigns would have granted; only with a ledger to run them on. */
  readonly campaigns?: Readonly<Record<string, CampaignReport>>;
  /** Rewards that would have ended otherwise; only with a ledger. */
  readonly rewards?: RewardChanges;
}

/** Accounts by the worst verdict on any of their events of that truth, under the one and the other. */
export interface AccountChanges {
  readonly newlyBlocked: number;
  /** Reviewed, and nothing at all before. */
  readonly newlyReviewed: number;
  readonly noLongerBlocked: number;
  /** Nothing at all now. */
  readonly noLongerFlagged: number;
}

/** Money in minor units. */
export interface AmountSum {
  readonly events: number;
  readonly minor: number;
}

/** Events of which one detector says something else; flagged as in its rates. */
export interface DetectorChanges {
  readonly newlyFlagged: ByTruth<number>;
  readonly noLongerFlagged: ByTruth<number>;
  /** Flagged by both, in another band or mode. */
  readonly otherBand: number;
  /** The first of them, in order. */
  readonly events: readonly ChangedFinding[];
}

export interface ChangedFinding {
  readonly eventId: string;
  readonly accountId: string;
  /** Null where the event has no label. */
  readonly fraud: boolean | null;
  /** `none`, `review`, `block`, `conclusive` or `error`; with ` (shadow)` where it does not act. */
  readonly from: string;
  readonly to: string;
}

export interface ChangedDecision {
  readonly eventId: string;
  readonly accountId: string;
  /** Null where the event has no label. */
  readonly fraud: boolean | null;
  readonly from: Verdict;
  readonly to: Verdict;
}

/** A line of `--changes`: an event of which the policy or a detector says something else. */
export interface ChangeLine extends ChangedDecision {
  readonly type: string;
  readonly occurredAt: string;
  readonly amountMinor?: number;
  readonly currency?: string;
  readonly reasonsFrom: readonly string[];
  readonly reasonsTo: readonly string[];
  /** By detector, as `none → review`. */
  readonly detectors: Readonly<Record<string, string>>;
}

/** Rewards by what became of them under the other configuration and not under the first; minor units. */
export interface RewardChanges {
  readonly newlyGranted: ByTruth<Sum>;
  readonly newlyHeld: ByTruth<Sum>;
  readonly newlyVoided: ByTruth<Sum>;
  /** Earned under the first configuration, refused or lapsed under the other. */
  readonly noLongerEarned: ByTruth<Sum>;
}

/** A mutable count for each truth. */
export function byTruth<Value>(make: () => Value): {
  fraud: Value;
  honest: Value;
  unlabelled: Value;
} {
  return { fraud: make(), honest: make(), unlabelled: make() };
}

export function truthOf(fraud: boolean | undefined): keyof ByTruth<unknown> {
  return fraud === undefined ? 'unlabelled' : fraud ? 'fraud' : 'honest';
}
