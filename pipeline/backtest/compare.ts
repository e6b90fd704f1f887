/** What another configuration would have decided differently, event by event. */

import type { Decision, Verdict } from '../decide/decision.ts';
import type { ChangedDecision, Comparison } from './report.ts';

/** Changed decisions named one by one in the report; the counts hold all. */
const NAMED = 1000;

type Counts = Omit<Comparison, 'configVersion' | 'policy' | 'detectors' | 'campaigns'>;

export class Differences {
  readonly #changes = new Map<string, number>();
  readonly #decisions: ChangedDecision[] = [];
  #changed = 0;
  #newlyCaught = 0;
  #newlyMissed = 0;
  #newlyFlaggedHonest = 0;
  #noLongerFlaggedHonest = 0;

  add(eventId: string, fraud: boolean | undefined, base: Decision, other: Decision): void {
    const from = base.verdict;
    const to = other.verdict;
    if (from === to) return;
    this.#changed++;
    const change = `${from} → ${to}`;
    this.#changes.set(change, (this.#changes.get(change) ?? 0) + 1);
    if (this.#decisions.length < NAMED) {
      this.#decisions.push({ eventId, fraud: fraud ?? null, from, to });
    }
    if (isFlag(from) === isFlag(to) || fraud === undefined) return;
    if (isFlag(to)) {
      if (fraud) this.#newlyCaught++;
      else this.#newlyFlaggedHonest++;
    } else if (fraud) this.#newlyMissed++;
    else this.#noLongerFlaggedHonest++;
  }

  counts(): Counts {
    return {
      changed: this.#changed,
      changes: Object.fromEntries([...this.#changes].sort()),
      newlyCaught: this.#newlyCaught,
      newlyMissed: this.#newlyMissed,
      newlyFlaggedHonest: this.#newlyFlaggedHonest,
      noLongerFlaggedHonest: this.#noLongerFlaggedHonest,
      decisions: this.#decisions,
    };
  }
}

function isFlag(verdict: Verdict): boolean {
  return verdict !== 'allow';
}
