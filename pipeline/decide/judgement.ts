/** What the engine answers: a judgement for every event of a batch, and what the batch changed. */

import type { ExclusionChange } from '../detect/exclusion.ts';
import type { AccountAction } from './account-action.ts';
import type { Decision } from './decision.ts';
import type { ListChange } from './list-entry.ts';
import { ALLOW } from './policy.ts';
import type { EndedTrial } from './ruling.ts';

/** What became of one event of a batch. */
export type Judgement =
  | { readonly kind: 'decided'; readonly decision: Decision }
  /** The same event again: its answer is the stored one. */
  | { readonly kind: 'repeat' }
  /** The same id with another body: the first one stands. */
  | { readonly kind: 'conflict' };

export const REPEAT: Judgement = Object.freeze({ kind: 'repeat' });
export const CONFLICT: Judgement = Object.freeze({ kind: 'conflict' });
/** Plain allows, by far the most, share one value. */
export const ALLOWED: Judgement = Object.freeze({ kind: 'decided', decision: ALLOW });

export interface Judged {
  /** One judgement an event, in the batch's order. */
  readonly judgements: readonly Judgement[];
  /** Transitions that the batch caused, in order. */
  readonly actions: readonly AccountAction[];
  /** Steps towards automatic entries on a list, and those entries, in order. */
  readonly listChanges: readonly ListChange[];
  /** Values that join more accounts than any honest one, each proposed once, in order. */
  readonly exclusionChanges: readonly ExclusionChange[];
  /** The version that decided the event of a row. */
  readonly versionAt: (row: number) => string;
  readonly ended: EndedTrial | undefined;
}
