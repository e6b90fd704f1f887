/**
 * Expected ends of a stage, and every reason code that leaves the process. A reason code is a
 * contract with dashboards and with the bank: add, never rename.
 */

import type { Decision } from './decide/decision.ts';
import type { DecodeFailure } from './ingest/source.ts';
import type { Grant } from './reward/grant.ts';

/** Why raw bytes did not become an event. */
export const DEAD_LETTER_REASONS = [
  'not_utf8',
  'not_json',
  'not_an_object',
  'too_large',
  'too_deep',
  'missing_field',
  'wrong_type',
  'unknown_type',
  'bad_time',
  'time_out_of_range',
  'bad_amount',
  'bad_geo',
  'forbidden_key',
  'id_conflict',
  'bad_csv_row',
] as const;
export type DeadLetterReason = (typeof DEAD_LETTER_REASONS)[number];

/** Raw input that was refused, kept with everything needed to repair and resend it. */
export interface DeadLetter {
  /** Where it came from: the source's name and the position in it, e.g. `kafka:payments/3` and `1042`. */
  readonly source: string;
  readonly position: string;
  readonly reason: DeadLetterReason;
  /** The field at fault as a dotted path, or '' for the whole record. */
  readonly fieldPath: string;
  readonly message: string;
  /** The original bytes, with full card numbers masked. */
  readonly body: Buffer;
  readonly receivedAtMs: number;
}

/** Why a decision was what it was, beside the findings themselves. */
export const DECISION_REASONS = [
  'block_list',
  'allow_list',
  'account_frozen',
  'conclusive_finding',
  'independent_findings',
  'single_finding',
  'review_finding',
  'rule_error',
  'watch_list',
  'appeal_open',
  'blocking_off',
  'shared_value',
] as const;
export type DecisionReason = (typeof DECISION_REASONS)[number];

/** What became of one raw record, in the order of the batch. */
export type RecordOutcome =
  | {
      readonly kind: 'decided';
      readonly eventId: string;
      readonly decision: Decision;
      /** The event's rewards; a promise until they have taken effect. */
      readonly grants: readonly Grant[] | Promise<readonly Grant[]>;
    }
  | {
      readonly kind: 'repeated';
      readonly eventId: string;
      /** Resolves when the first one's rewards have taken effect. */
      readonly settled: Promise<unknown>;
    }
  | { readonly kind: 'conflict'; readonly eventId: string }
  | { readonly kind: 'refused'; readonly failure: DecodeFailure };
