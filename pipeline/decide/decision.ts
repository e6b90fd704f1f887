/** The values that decide hands on: findings and the decision made of them. */

import type { DecisionReason } from '../outcome.ts';
import type { Evidence } from '../detect/detector.ts';
import type { ListHit } from './list-entry.ts';

export type Verdict = 'allow' | 'review' | 'block';

/** One detector's word on one event. Shown to analysts, never to the end customer. */
export interface Finding {
  readonly detector: string;
  /** `shadow` findings are recorded and never act. */
  readonly mode: 'live' | 'shadow';
  /** `error`: a rule could not be evaluated on this event; a live one sends it to review. */
  readonly band: 'review' | 'block' | 'error';
  readonly conclusive: boolean;
  /** NaN, like the threshold, in the band `error`. */
  readonly measure: number;
  readonly threshold: number;
  readonly unit: string;
  readonly windowMs: number;
  /** The field and value the finding is about. */
  readonly subject: string;
  readonly subjectValue: string;
  readonly evidence: Evidence;
}

/**
 * Same event, same decision, for ever: everything here follows from the events that came before it.
 * It carries no id of its own (see `decisionIdOf`), so that all plain allows share one value.
 */
export interface Decision {
  readonly verdict: Verdict;
  readonly reasons: readonly DecisionReason[];
  readonly findings: readonly Finding[];
  /** The entries of lists that named the event, at most one a list, also those that did not decide. */
  readonly listed: readonly ListHit[];
  readonly late: boolean;
}

/** The decision's id: the business id again, so that a replay names it the same. */
export function decisionIdOf(eventId: string): string {
  return `dec_${eventId}`;
}

/** The event that a decision is about. */
export function eventIdOf(decisionId: string): string {
  return decisionId.replace(/^dec_/, '');
}
