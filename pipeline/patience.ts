/** Waits out an absence: what passes by itself is tried again until it is back or the process stops. */

import type { Clock } from './clock.ts';
import { messageOf, Stopped } from './failure.ts';
import type { Logger } from './telemetry.ts';

export interface Patience {
  /** Whether an error passes by itself; any other one is thrown on. */
  readonly isTransient: (error: unknown) => boolean;
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly log: Logger;
}

const FIRST_RETRY_MS = 100;
const LAST_RETRY_MS = 5000;

/** @throws Stopped when the signal aborts while it waits. */
export async function patiently<T>(
  what: string,
  attempt: () => Promise<T>,
  { isTransient, signal, clock, log }: Patience,
): Promise<T> {
  for (let waitMs = FIRST_RETRY_MS; ; waitMs = Math.min(LAST_RETRY_MS, waitMs * 2)) {
    try {
      return await attempt();
    } catch (error) {
      if (!isTransient(error)) throw error;
      if (waitMs === FIRST_RETRY_MS) log.warn({ error: messageOf(error) }, `${what} waits`);
    }
    await clock.sleep(waitMs, signal);
    if (signal.aborted) throw new Stopped(`${what} was still waiting`);
  }
}
