/**
 * The policy: findings, lists and the frozen flag become one verdict. Pure; first match wins:
 * block list → frozen account → allow list → block findings → review and watch list → allow.
 *
 * A freeze stands above the allow list because only an analyst can freeze what the allow list protects. The
 * watch list asks for a person's look at the rewards of what it names; it never blocks.
 */

import type { DecisionReason } from '../outcome.ts';
import type { Decision, Finding, Verdict } from './decision.ts';
import { NO_HITS, type ListHit, type ListName } from './list-entry.ts';

export interface PolicyInput {
  readonly findings: readonly Finding[];
  readonly listed: readonly ListHit[];
  readonly frozen: boolean;
  /** Why a freeze sends events to review instead of blocking them. */
  readonly softened?: 'appeal_open' | 'blocking_off' | undefined;
  /** People have stopped automatic blocks: whatever nobody ordered goes to review at worst. */
  readonly blockingOff?: boolean;
  readonly late: boolean;
}

export interface PolicySettings {
  /** Block findings about different subjects that block together when none is conclusive. */
  readonly independentFindings: number;
}

const NO_FINDINGS: readonly Finding[] = Object.freeze([]);

function plain(verdict: Verdict, reasons: readonly DecisionReason[], late: boolean): Decision {
  return Object.freeze({ verdict, reasons, findings: NO_FINDINGS, listed: NO_HITS, late });
}

/** Nothing speaks against the event. */
export const ALLOW = plain('allow', [], false);
const ALLOW_LATE = plain('allow', [], true);

/** The decision on one event; plain allows share one frozen value. */
export function decide(input: PolicyInput, settings: PolicySettings): Decision {
  const { findings, listed, late } = input;
  const isPlain = findings.length === 0 && listed.length === 0;
  if (isPlain && !input.frozen && input.softened === undefined) {
    return late ? ALLOW_LATE : ALLOW;
  }
  const [verdict, reasons] = softened(input, judge(input, settings));
  return { verdict, reasons, findings, listed, late };
}

/** What the engine put on the block list itself, nobody ordered. */
const AUTOMATIC_ENTRY = /^auto_/;
const AUTOMATIC_BLOCKS: ReadonlySet<string> = new Set([
  'conclusive_finding',
  'independent_findings',
]);

/** The same, where people have asked for mercy: a freeze that is appealed against, or every automatic block. */
function softened(
  { softened: why, blockingOff }: PolicyInput,
  [verdict, reasons]: readonly [Verdict, readonly DecisionReason[]],
): readonly [Verdict, readonly DecisionReason[]] {
  if (verdict === 'block' && blockingOff === true && AUTOMATIC_BLOCKS.has(reasons[0]!)) {
    return ['review', ['blocking_off', ...reasons]];
  }
  return why === undefined || verdict === 'block'
    ? [verdict, reasons]
    : ['review', [why, ...reasons]];
}

function judge(
  input: PolicyInput,
  settings: PolicySettings,
): readonly [Verdict, readonly DecisionReason[]] {
  const { listed, blockingOff } = input;
  if (isBlockListed(listed, blockingOff === true)) return ['block', ['block_list']];
  if (input.frozen) return ['block', ['account_frozen']];
  if (isOn(listed, 'allow')) return ['allow', ['allow_list']];

  const live = input.findings.filter((finding) => finding.mode === 'live');
  const watched: readonly DecisionReason[] = isOn(listed, 'watch') ? ['watch_list'] : [];
  if (live.length === 0) return [watched.length > 0 ? 'review' : 'allow', watched];
  const judged = live.filter((finding) => finding.band !== 'error');
  // Nobody knows what the rule would have said: a person looks, whatever the others say.
  const unsure: readonly DecisionReason[] = judged.length < live.length ? ['rule_error'] : [];
  if (judged.length === 0) return ['review', [...unsure, ...watched]];
  const [verdict, reasons] = weigh(judged, settings);
  return [verdict, [...reasons, ...unsure, ...(verdict === 'review' ? watched : [])]];
}

function isOn(listed: readonly ListHit[], name: ListName): boolean {
  return listed.some(({ list }) => list === name);
}

function isBlockListed(listed: readonly ListHit[], blockingOff: boolean): boolean {
  return listed.some(
    ({ list, entryId }) => list === 'block' && !(blockingOff && AUTOMATIC_ENTRY.test(entryId)),
  );
}

/** The verdict on findings that are live and no errors, of which there is one at least. */
function weigh(
  live: readonly Finding[],
  settings: PolicySettings,
): readonly [Verdict, readonly DecisionReason[]] {
  const blocking = live.filter((finding) => finding.band === 'block');
  const tempered: readonly DecisionReason[] = live.some(isTempered) ? ['shared_value'] : [];
  if (blocking.some((finding) => finding.conclusive)) return ['block', ['conclusive_finding']];
  // Two measures of one account are one witness heard twice: only different subjects are independent.
  const subjects = new Set(blocking.map((finding) => finding.subject));
  if (blocking.length > 0 && subjects.size >= settings.independentFindings) {
    return ['block', ['independent_findings']];
  }
  return ['review', [blocking.length > 0 ? 'single_finding' : 'review_finding', ...tempered]];
}

/** Reviews only because its subject is held to join strangers, or its account has a device of its own. */
function isTempered({ evidence }: Finding): boolean {
  return evidence['hub'] !== undefined || evidence['ownDevices'] !== undefined;
}
