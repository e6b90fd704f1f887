/**
 * When to leave an endpoint alone: after several tries in a row that did not get through, whichever deliveries
 * they were, pauses grow; one that gets through ends it. However many deliveries wait, a system that is
 * down is asked a few times a minute.
 */

import { createHash } from 'node:crypto';

export interface Backoff {
  readonly firstMs: number;
  readonly maxMs: number;
}

const FAILURES_TO_OPEN = 5;
const LONGEST_PAUSE_MS = 60_000;

export class Breaker {
  readonly #backoff: Backoff;
  #failures = 0;

  constructor({ firstMs, maxMs }: Backoff) {
    this.#backoff = { firstMs, maxMs: Math.min(maxMs, LONGEST_PAUSE_MS) };
  }

  /** @returns whether it had been open. */
  succeeded(): boolean {
    const wasOpen = this.#failures >= FAILURES_TO_OPEN;
    this.#failures = 0;
    return wasOpen;
  }

  /** @returns how long to pause now; 0: not yet. */
  failed(): number {
    this.#failures++;
    const beyond = this.#failures - FAILURES_TO_OPEN;
    return beyond < 0 ? 0 : growing(this.#backoff, beyond);
  }
}

/**
 * The pause before the next try of one delivery: doubling, and spread over its upper half so that those which
 * failed together do not come back together. The spread follows from id and try: no chance is needed.
 *
 * @param attempts tries made so far, from 1.
 */
export function retryPauseMs(backoff: Backoff, id: string, attempts: number): number {
  const spread =
    createHash('sha256').update(`${id} ${attempts}`).digest().readUInt32BE(0) / 2 ** 32;
  return Math.ceil(growing(backoff, attempts - 1) * (0.5 + spread / 2));
}

function growing({ firstMs, maxMs }: Backoff, doublings: number): number {
  return Math.min(maxMs, firstMs * 2 ** Math.min(doublings, 40));
}
