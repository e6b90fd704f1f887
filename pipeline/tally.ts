/** What this process has done so far, for the summary on the terminal and at the end of a run. */

import type { AccountAction } from './decide/account-action.ts';
import type { Decision, Verdict } from './decide/decision.ts';
import type { Grant } from './reward/grant.ts';

export class Tally {
  events = 0;
  duplicates = 0;
  conflicts = 0;
  late = 0;
  deadLetters = 0;
  freezes = 0;
  proposals = 0;
  readonly verdicts: Record<Verdict, number> = { allow: 0, review: 0, block: 0 };
  /** Live findings by detector: as many entries as detectors. */
  readonly detectors = new Map<string, number>();
  grantsPosted = 0;
  grantsHeld = 0;
  /** Posted less clawed back, in minor units. */
  costMinor = 0;
  /** Would-be rewards of blocked events, in minor units. */
  interceptedMinor = 0;
  /** Event time of the newest finding, −Infinity before the first. */
  lastFindingMs = -Infinity;

  decision(decision: Decision, occurredAtMs: number): void {
    this.events++;
    this.verdicts[decision.verdict]++;
    if (decision.late) this.late++;
    for (const finding of decision.findings) {
      if (finding.mode !== 'live') continue;
      this.detectors.set(finding.detector, (this.detectors.get(finding.detector) ?? 0) + 1);
      if (occurredAtMs > this.lastFindingMs) this.lastFindingMs = occurredAtMs;
    }
  }

  action(action: AccountAction): void {
    if (action.kind === 'freeze') this.freezes++;
    if (action.kind === 'propose') this.proposals++;
  }

  /** @param before the same grant as it stood before, undefined for a new one. */
  grant(grant: Grant, before: Grant | undefined): void {
    this.costMinor += costOf(grant) - costOf(before);
    this.grantsPosted += Number(grant.state === 'posted') - Number(before?.state === 'posted');
    this.grantsHeld += Number(grant.state === 'held') - Number(before?.state === 'held');
    if (before === undefined && grant.reason === 'risk_block') {
      this.interceptedMinor += grant.amountMinor;
    }
  }
}

function costOf(grant: Grant | undefined): number {
  if (grant?.state !== 'posted' && grant?.state !== 'clawed_back') return 0;
  return grant.amountMinor - grant.clawedBackMinor;
}
