/**
 * The policy: findings, lists and the frozen flag become one verdict. Pure; first match wins:
 * block list → frozen account → allow list → block findings → review → allow.
 *
 * A freeze stands above the allow list because only an analyst can freeze what the allow list protects.
 */

import type { DecisionReason } from '../outcome.ts';
import type { Decision, Finding, Verdict } from './decision.ts';

export interface PolicyInput {
  readonly findings: readonly Finding[];
  readonly list: 'block' | 'allow' | undefined;
  readonly frozen: boolean;
  readonly late: boolean;
}

export interface PolicySettings {
  /** Block findings about different subjects that block together when none is conclusive. */
  readonly independentFindings: number;
}

const NO_FINDINGS: readonly Finding[] = Object.freeze([]);

function plain(verdict: Verdict, reasons: readonly DecisionReason[], late: boolean): Decision {
  return Object.freeze({ verdict, reasons, findings: NO_FINDINGS, late });
}

/** Nothing speaks against the event. */
export const ALLOW = plain('allow', [], false);
const ALLOW_LATE = plain('allow', [], true);

/** The decision on one event; plain allows share one frozen value. */
export function decide(input: PolicyInput, settings: PolicySettings): Decision {
  const { findings, late } = input;
  if (findings.length === 0 && !input.frozen && input.list === undefined) {
    return late ? ALLOW_LATE : ALLOW;
  }
  const [verdict, reasons] = judge(input, settings);
  return { verdict, reasons, findings, late };
}

function judge(
  input: PolicyInput,
  settings: PolicySettings,
): readonly [Verdict, readonly DecisionReason[]] {
  if (input.list === 'block') return ['block', ['block_list']];
  if (input.frozen) return ['block', ['account_frozen']];
  if (input.list === 'allow') return ['allow', ['allow_list']];

  const live = input.findings.filter((finding) => finding.mode === 'live');
  if (live.length === 0) return ['allow', []];
  const blocking = live.filter((finding) => finding.band === 'block');
  if (blocking.some((finding) => finding.conclusive)) return ['block', ['conclusive_finding']];
  // Two measures of one account are one witness heard twice: only different subjects are independent.
  const subjects = new Set(blocking.map((finding) => finding.subject));
  if (blocking.length > 0 && subjects.size >= settings.independentFindings) {
    return ['block', ['independent_findings']];
  }
  return ['review', [blocking.length > 0 ? 'single_finding' : 'review_finding']];
}
