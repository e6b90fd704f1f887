/** What this process has done so far, for the summary on the terminal and for its row of figures. */

import { quantile } from 'simple-statistics';
import type { AccountAction } from './decide/account-action.ts';
import type { Decision, Verdict } from './decide/decision.ts';
import { FindingRates } from './tell/drift.ts';
import type { Grant } from './reward/grant.ts';

/** Latencies that the quantiles look back on. */
const LATENCIES = 4096;

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
  /** Would-be rewards of blocked events, in minor units. */
  interceptedMinor = 0;
  /** Event time of the newest live finding; before the first, of the oldest event. */
  #quietSinceMs = Infinity;
  #found = false;
  readonly rates: FindingRates;
  readonly #latencies = new Float64Array(LATENCIES);
  #latencyCount = 0;

  /** @param allowedLatenessMs how long a bucket of the finding rates waits for its events. */
  constructor(allowedLatenessMs = 600_000) {
    this.rates = new FindingRates(allowedLatenessMs);
  }

  decision(decision: Decision, occurredAtMs: number, latencyUs: number): void {
    this.#latencies[this.events % LATENCIES] = latencyUs;
    this.#latencyCount = Math.min(LATENCIES, this.#latencyCount + 1);
    this.events++;
    this.verdicts[decision.verdict]++;
    if (!this.#found) this.#quietSinceMs = Math.min(this.#quietSinceMs, occurredAtMs);
    if (decision.late) this.late++;
    else this.rates.observe(occurredAtMs, decision.findings);
    if (decision.findings.length === 0) return;
    for (const finding of decision.findings) {
      if (finding.mode !== 'live') continue;
      this.detectors.set(finding.detector, (this.detectors.get(finding.detector) ?? 0) + 1);
      this.#quietSinceMs = this.#found ? Math.max(this.#quietSinceMs, occurredAtMs) : occurredAtMs;
      this.#found = true;
    }
  }

  action(action: AccountAction): void {
    if (action.kind === 'freeze') this.freezes++;
    if (action.kind === 'propose') this.proposals++;
  }

  /** A grant as an operation left it. */
  grant(grant: Grant): void {
    if (grant.reason === 'granted') this.grantsPosted++;
    if (grant.reason === 'held_for_review') this.grantsHeld++;
    if (grant.reason === 'risk_block' || grant.reason === 'account_frozen') {
      this.interceptedMinor += grant.amountMinor;
    }
  }

  /**
   * Event time since the last live finding, or since the first event while there is none: detectors that never
   * find anything are silent, too. 0 before the first event.
   */
  secondsSinceFinding(watermarkMs: number): number {
    const quietMs = watermarkMs - this.#quietSinceMs;
    return Number.isFinite(quietMs) ? Math.max(0, quietMs / 1000) : 0;
  }

  /** Quantile q of the latest latencies, in microseconds; 0 before the first event. */
  latencyUs(q: number): number {
    if (this.#latencyCount === 0) return 0;
    return quantile([...this.#latencies.subarray(0, this.#latencyCount)], q);
  }
}
