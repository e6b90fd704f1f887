/** What became of one event that came by HTTP: the value the pipeline hands back to the API. */

import type { Verdict } from '../decide/decision.ts';
import type { DeadLetterReason } from '../outcome.ts';
import type { GrantState } from '../reward/grant.ts';

/** One reward as the payment system may know it. */
export interface RewardAnswer {
  readonly offerId: string;
  readonly state: GrantState;
  /** Integer minor units. */
  readonly amountMinor: number;
  readonly currency: string;
}

interface Decided {
  readonly eventId: string;
  readonly decisionId: string;
  readonly verdict: Verdict;
  /** The event came after the allowed lateness. */
  readonly late: boolean;
  /** `pending` when the ledger has not answered in time; the reward follows without another request. */
  readonly rewards: readonly RewardAnswer[] | 'pending';
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
