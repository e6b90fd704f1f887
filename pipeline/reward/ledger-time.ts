/**
 * Event time for the ledger. Its own clock moves with its operations only, so a hold, a claim or a voucher would
 * outlive its end while nobody earns anything. An operation sees what all events before it have brought,
 * wherever batches were cut; an event of its own time needs nothing beside it.
 */

import type { AdvanceOp } from './ledger-op.ts';

/** Event time between two advances at the ends of batches: they change no answer, only how soon an end is seen. */
const ADVANCE_EVERY_MS = 1000;

export class LedgerTime {
  #newestMs: number;
  /** A ledger that was rebuilt knows less than it was told: it is told once more after a start. */
  #toldMs = -Infinity;

  /** @param watermarkMs the event time that history has reached, or −Infinity. */
  constructor(watermarkMs = -Infinity) {
    this.#newestMs = watermarkMs;
  }

  /**
   * Takes the time of the next event in the order of arrival.
   * @param hasOps whether the event asks anything of the ledger.
   * @returns what has to stand before that, if anything: an event that came out of order does not turn time back.
   */
  before(occurredAtMs: number, hasOps: boolean): AdvanceOp | undefined {
    if (occurredAtMs >= this.#newestMs) {
      this.#newestMs = occurredAtMs;
      if (hasOps) this.#toldMs = occurredAtMs;
      return undefined;
    }
    return hasOps ? this.#advance() : undefined;
  }

  /** Of the end of a batch: what ends by now ends although nothing was asked. */
  after(): AdvanceOp | undefined {
    const isNews = this.#newestMs > -Infinity && this.#newestMs - this.#toldMs >= ADVANCE_EVERY_MS;
    if (!isNews) return undefined;
    return this.#advance();
  }

  #advance(): AdvanceOp {
    this.#toldMs = this.#newestMs;
    return { kind: 'advance', occurredAtMs: this.#newestMs };
  }
}
