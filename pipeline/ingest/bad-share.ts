/**
 * Stops the consumer when too many records in a row of recent ones are bad: a bad deploy upstream must be
 * mended and sent again, not dead-lettered whole.
 */

import { Failure } from '../failure.ts';

export interface BadShareLimit {
  /** Largest share of bad records that is borne, 0 to 1. */
  readonly limit: number;
  /** Over how many of the latest records; fewer are never judged. */
  readonly over: number;
}

export class BadShareGuard {
  readonly #limit: BadShareLimit;
  /** The latest records, 1 for a bad one, as a ring. */
  readonly #ring: Uint8Array;
  #seen = 0;
  #bad = 0;

  constructor(limit: BadShareLimit) {
    this.#limit = limit;
    this.#ring = new Uint8Array(limit.over);
  }

  /** @returns a Failure when this record takes the share of bad ones above the limit. */
  count(bad: boolean, source: string): Failure | undefined {
    const at = this.#seen % this.#limit.over;
    this.#bad += Number(bad) - this.#ring[at]!;
    this.#ring[at] = Number(bad);
    this.#seen++;
    const { limit, over } = this.#limit;
    if (!bad || this.#seen < over || this.#bad <= limit * over) return undefined;
    return new Failure(
      `${source}: ${this.#bad} of the last ${over} records are bad, more than ingest.badShare.limit allows: ` +
        'mend the sender (the dead letters name the reasons); to pass over the bad records, raise the limit for one start',
    );
  }
}
