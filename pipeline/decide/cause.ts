/**
 * What makes rewards that were decided before doubtful: pure, and the same list for the same batch. A cause names
 * accounts; what stands behind it, and since when, is looked up when it is followed (pipeline/late/rescore.ts).
 */

import { accountsLinked } from '../detect/ring-telling.ts';
import type { EventView } from '../event.ts';
import type { AccountAction, Label } from './account-action.ts';
import { decisionIdOf, type Decision, type Finding } from './decision.ts';

export const CAUSE_KINDS = [
  'late_event',
  'late_block',
  'late_review',
  'block',
  'ring',
  'freeze',
  'label',
  'cleared',
] as const;
export type CauseKind = (typeof CAUSE_KINDS)[number];

export interface Cause {
  /** Deterministic; what is caused twice is followed once. */
  readonly id: string;
  readonly kind: CauseKind;
  /** Empty: the account of the decision. */
  readonly accountIds: readonly string[];
  /** The decision that it is about, or ''. */
  readonly decisionId: string;
  /** Of a file's labels the decisions that are confirmed, in the place of one; left out: it is about one. */
  readonly said?: readonly SaidOfDecision[];
  /** Event time; rewards of a configured time before it, and before its decision's event, are looked at. */
  readonly atMs: number;
  /** A person said so: what is still held is given up, and not only kept waiting. */
  readonly byPerson: boolean;
  /** The judging on trial that it comes from: taken back, it takes what follows with it. Left out: none. */
  readonly trial?: string;
  /** For analysts: detectors, reasons, who. */
  readonly evidence: string;
}

/** Late events that are looked into together (remeasure.ts). */
export interface LateEvents {
  readonly id: string;
  readonly events: readonly { readonly eventId: string; readonly occurredAtMs: number }[];
  /** When they were decided, by the clock on the wall. */
  readonly sinceMs: number;
}

/** What was said in the same words of several decisions. */
export interface SaidOfDecision {
  readonly evidence: string;
  readonly decisionIds: readonly string[];
}

/** A reward as it was found when its cause was followed. */
export interface CausedGrant {
  readonly grantId: string;
  readonly campaignId: string;
  readonly accountId: string;
  readonly customerId: string;
  readonly eventId: string;
  /** `held`: it waits; `live`: it was given; `voided`: it was voided, or taken back, as abuse. */
  readonly standing: 'held' | 'live' | 'voided';
  /** What has not gone back yet, minor units; of a voided one what it would have been. */
  readonly amountMinor: number;
  /** What speaks against it, where the cause is about several decisions. */
  readonly because?: { readonly decisionId: string; readonly evidence: string };
}

const HOUR_MS = 3_600_000;

/**
 * What a decision says about rewards of before: late and not allowed, blocked for certain, or a ring that names
 * others. What others were measured without a late one is another matter (late-keys.ts).
 * @param trial the judging that decided it, where that is on trial.
 */
export function causesOf(
  view: EventView,
  decision: Decision,
  causes: Cause[],
  trial?: string,
): void {
  if (decision.verdict === 'allow' || decision.findings.length === 0) return;
  const live = decision.findings.filter(({ mode, band }) => mode === 'live' && band !== 'error');
  const names = live.map(({ detector }) => detector).join(', ');
  const at = { atMs: view.occurredAtMs, decisionId: decisionIdOf(view.id), byPerson: false };
  // Once an hour of event time and account that is named: who is blocked a thousand times is one case.
  const name = (kind: CauseKind, accountId: string): void => {
    const id = `${kind}_${Math.floor(view.occurredAtMs / HOUR_MS)}_${accountId}`;
    const said = { kind, accountIds: [accountId], ...at, evidence: names };
    // Apart from the same cause without a trial, which stands when the trial is taken back.
    causes.push(trial === undefined ? { id, ...said } : { id: `${id}_${trial}`, ...said, trial });
  };
  if (decision.verdict === 'block' && !decision.reasons.includes('account_frozen')) {
    const kind = decision.late
      ? 'late_block'
      : live.some(({ conclusive, band }) => conclusive && band === 'block')
        ? 'block'
        : undefined;
    if (kind !== undefined) name(kind, view.accountId);
  }
  const isReview = decision.verdict === 'review' && live.length > 0;
  if (decision.late && isReview && !decision.reasons.includes('appeal_open')) {
    name('late_review', view.accountId);
  }
  // One by one, so that who joins a ring that was named already is named too; the event itself is judged by its ring.
  const others = new Set(live.flatMap(ringAccounts));
  others.delete(view.accountId);
  for (const other of others) name('ring', other);
}

/** What an action says about them: an account was frozen, or cleared. */
export function causesOfAction(action: AccountAction, watermarkMs: number): Cause | undefined {
  const { kind, actor, reason, decisionId, accountId } = action;
  if (kind !== 'freeze' && kind !== 'uphold' && kind !== 'clear') return undefined;
  const byPerson = actor !== 'policy';
  return {
    id: action.id,
    kind: kind === 'clear' ? 'cleared' : 'freeze',
    accountIds: [accountId],
    decisionId,
    // A person's time may lie years from the events'.
    atMs: byPerson ? watermarkMs : action.occurredAtMs,
    byPerson,
    evidence: `${actor}: ${reason}`,
  };
}

/** What a word on one decision says about the other rewards of whom it is about: a confirmed one only. */
export function causesOfLabel(
  { id, decisionId, label, actor, reason }: Label,
  watermarkMs: number,
): readonly Cause[] {
  if (label !== 'confirmed') return [];
  const evidence = `${actor}: ${reason}`;
  const said = { decisionId, atMs: watermarkMs, byPerson: true, evidence };
  return [{ id: `label_${id}_${decisionId}`, kind: 'label', accountIds: [], ...said }];
}

/**
 * As `causesOfLabel` for the new words of one order: one cause, however many they are.
 * @param orderId makes the cause's id: the same order again says the same.
 */
export function causesOfLabels(
  orderId: string,
  words: readonly Label[],
  watermarkMs: number,
): readonly Cause[] {
  const said = new Map<string, string[]>();
  for (const { label, decisionId, actor, reason } of words) {
    if (label !== 'confirmed') continue;
    const evidence = `${actor}: ${reason}`;
    const known = said.get(evidence);
    if (known === undefined) said.set(evidence, [decisionId]);
    else known.push(decisionId);
  }
  if (said.size === 0) return [];
  const about = { accountIds: [], decisionId: '', atMs: watermarkMs, byPerson: true };
  return [
    {
      ...{ id: `labels_${orderId}`, kind: 'label', ...about, evidence: 'labels of a file' },
      said: [...said].map(([evidence, decisionIds]) => ({ evidence, decisionIds })),
    },
  ];
}

/** An event that is older than one of its keys that was rewarded already: that was decided without it. */
export function causeOfLate({ id, occurredAtMs: atMs }: EventView): Cause {
  const decisionId = decisionIdOf(id);
  const about = { accountIds: [], decisionId, atMs, byPerson: false, evidence: '' };
  return { id: `late_event_${id}`, kind: 'late_event', ...about };
}

function ringAccounts({ evidence }: Finding): string[] {
  const { links } = evidence;
  return typeof links === 'string' ? accountsLinked(links) : [];
}
