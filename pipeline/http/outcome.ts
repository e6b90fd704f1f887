/** What became of one event that came by HTTP: the value the pipeline hands back to the API. */

import type { Verdict } from '../decide/decision.ts';
import type { DeadLetterReason } from '../outcome.ts';
import type { AwardItem, GrantState } from '../reward/grant.ts';

/** One reward as the payment system may know it. */
export interface RewardAnswer {
  /** What claims, choices and approvals name. */
  readonly grantId: string;
  /** '' for a wish that was refused: `reason` says why. */
  readonly offerId: string;
  /** Which benefit: a tier, prize, option or item; '' when there is only one. */
  readonly label: string;
  readonly state: GrantState;
  readonly reason: string;
  /** What it costs, in integer minor units. */
  readonly amountMinor: number;
  /** What of it has been taken back so far; left out while nothing was. */
  readonly clawedBackMinor?: number;
  /** What of that comes back by no delivery: to be deducted from the payment's refunds, so far. */
  readonly deductMinor?: number;
  readonly currency: string;
  /** What is given; empty where nothing is, or while the customer has yet to choose. */
  readonly award: readonly AwardItem[];
  /** Until when it must be claimed or chosen, exclusive; left out where there is no such time. */
  readonly deadline?: string;
}

interface Decided {
  readonly eventId: string;
  readonly decisionId: string;
  readonly verdict: Verdict;
  /** The event came after the allowed lateness. */
  readonly late: boolean;
  /** `pending` when the ledger has not answered in time; the reward follows without another request. */
  readonly rewards: readonly RewardAnswer[] | 'pending';
  /** What the event should have said to have an effect; left out where there is nothing to say. */
  readonly hint?: string;
}

export type EventOutcome =
  | ({ readonly kind: 'decided' } & Decided)
  /** The same event came before: the stored answer. */
  | ({ readonly kind: 'repeated' } & Decided)
  /** Another event has this id. `decisionId` is that of the first one, which stands. */
  | { readonly kind: 'conflict'; readonly eventId: string; readonly decisionId: string }
  /** Not an event; it is kept as a dead letter. */
  | {
      readonly kind: 'refused';
      readonly reason: DeadLetterReason;
      /** Dotted path of the field at fault, '' for the whole event. */
      readonly fieldPath: string;
      readonly message: string;
    }
  /** No decision could be made now. The same event, sent again, gets one. */
  | { readonly kind: 'unavailable'; readonly message: string };
