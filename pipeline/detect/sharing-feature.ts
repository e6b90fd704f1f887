/**
 * What is usual of a kind of value: how many accounts its values have.
 *
 * Event time is cut into spans of `windowMs`, counted from 1970. A value's accounts in a span are the distinct
 * accounts of its events of a type in `on` that have arrived so far. The feature at event e is the number that the
 * share `quantile` of the values of the span before e's does not pass; NaN where that span had fewer than `values`
 * values, or was not seen as a whole: an eighth of it had no event of any type, since the stream began within it or
 * stood still. Half a day shares less than a day does, and would make hubs of honest values.
 *
 * It is exact up to VALUE_PAIRS accounts of a value and SAMPLE_PAIRS pairs of value and account. Beyond them the
 * accounts of a value, and the values, with a hash of ever more zero bits are kept: fair samples, which follow from
 * the set of events.
 * Source: Gibbons, "Distinct Sampling for Highly-Accurate Answers to Distinct Values Queries", VLDB 2001.
 */

import type { EventType } from '../event.ts';
import type { KeyField } from '../event-fields.ts';

export interface SharingFeature {
  readonly kind: 'sharing';
  readonly field: KeyField;
  readonly on: readonly EventType[];
  readonly windowMs: number;
  /** 0 to 1. */
  readonly quantile: number;
  /** Values that the span before has to have had. */
  readonly values: number;
}

/** The distribution of accounts a value. */
export interface SharingFigures {
  readonly field: KeyField;
  /** Of the last span that is over: its values, estimated where not all are kept. */
  readonly values: number;
  /** Whether that tells what is usual; not where the span was seen in part only, or had too few values. */
  readonly state: 'known' | 'tooYoung' | 'tooFewValues';
  /** Accounts that 99 %, 99.9 % and all of the values did not pass. */
  readonly p99: number;
  readonly p999: number;
  readonly most: number;
  /** Up to so many accounts of a value are counted; more are estimated. */
  readonly countedTo: number;
}

/** How far back events are looked at: the span before, and the one that runs. */
export function sharingReachMs(specs: readonly SharingFeature[]): number {
  return Math.max(0, ...specs.map(({ windowMs }) => 2 * windowMs));
}
