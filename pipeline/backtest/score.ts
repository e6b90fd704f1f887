/**
 * Counts how decisions meet the truth. Where a history has labels, only labelled events are judged: an
 * unlabelled one is neither honest nor fraud. Where it has none, all are counted and no rate is given.
 */

import type { Decision } from '../decide/decision.ts';
import type { EventBatch } from '../event.ts';
import { Failure } from '../failure.ts';
import { ratesOf, type Rates, type Scores } from './report.ts';

const FRAUD: ReadonlySet<string> = new Set(['fraud', 'true', '1']);
const HONEST: ReadonlySet<string> = new Set(['honest', 'false', '0']);

/**
 * The truth of an event's label, undefined where it has none.
 * @throws Failure for a word that is neither: a guess would falsify every rate.
 */
export function isFraud(label: string | undefined, eventId: string): boolean | undefined {
  if (label === undefined || label === '') return undefined;
  const word = label.toLowerCase();
  if (FRAUD.has(word)) return true;
  if (HONEST.has(word)) return false;
  throw new Failure(
    `event ${eventId} has the label "${label}": write fraud or honest, or map it with \`label: {column, positive: […]}\``,
  );
}

/** As `isFraud`, of an event of a batch; the words that simulations and records write are taken first. */
export function fraudAt(batch: EventBatch, row: number): boolean | undefined {
  const label = batch.text('label', row);
  if (label === undefined) return undefined;
  if (label === 'honest') return false;
  return label === 'fraud' ? true : isFraud(label, batch.text('id', row)!);
}

/** Flags by truth: on fraud, on honest events, on events without a label. */
class Flags {
  fraud = 0;
  honest = 0;
  unlabelled = 0;

  add(fraud: boolean | undefined): void {
    if (fraud === undefined) this.unlabelled++;
    else if (fraud) this.fraud++;
    else this.honest++;
  }

  /** All that count: those with a label wherever the history has any. */
  total(labelled: boolean): number {
    return this.fraud + this.honest + (labelled ? 0 : this.unlabelled);
  }
}

/** The figures of one configuration. */
export class Score {
  readonly #events = new Flags();
  readonly #reviewed = new Flags();
  readonly #blocked = new Flags();
  readonly #detectors: ReadonlyMap<string, Flags>;

  /** @param detectors those that are on, so that a silent one is reported too. */
  constructor(detectors: readonly string[]) {
    this.#detectors = new Map(detectors.map((name) => [name, new Flags()]));
  }

  get positives(): number {
    return this.#events.fraud;
  }

  add(decision: Decision, fraud: boolean | undefined): void {
    this.#events.add(fraud);
    if (decision.verdict === 'block') this.#blocked.add(fraud);
    else if (decision.verdict === 'review') this.#reviewed.add(fraud);
    // A loop over a frozen array makes objects even when it is empty.
    if (decision.findings.length === 0) return;
    for (const { detector, band } of decision.findings) {
      // A rule that failed on an event has said nothing about it.
      if (band !== 'error') this.#detectors.get(detector)?.add(fraud);
    }
  }

  /** The figures so far. */
  scores(): Scores {
    const { fraud: positives, honest: negatives } = this.#events;
    const labelled = positives + negatives > 0;
    const blocked = this.#blocked.total(labelled);
    const reviewed = this.#reviewed.total(labelled);
    const caught = this.#blocked.fraud + this.#reviewed.fraud;
    const rates = (flags: Flags): Rates =>
      ratesOf(flags.total(labelled), flags.fraud, positives, negatives);
    return {
      policy: { ...ratesOf(blocked + reviewed, caught, positives, negatives), blocked, reviewed },
      detectors: Object.fromEntries(
        [...this.#detectors].map(([name, flags]) => [name, rates(flags)]),
      ),
    };
  }
}
