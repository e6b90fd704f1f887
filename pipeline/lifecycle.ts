/** Start and stop of the process: what was opened last is closed first, within a bounded time. */

import { setMaxListeners } from 'node:events';
import type { Clock } from './clock.ts';
import { Failure, messageOf, Stopped } from './failure.ts';
import type { Logger } from './telemetry.ts';

/** Kubernetes kills after 30 s by default; this leaves it room. */
export const STOP_WITHIN_MS = 25_000;

/** Parts that wait for the stop at one time; more would be a leak, of which Node warns. */
const MOST_WAITERS = 100;

export class Lifecycle {
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #closers: { readonly name: string; readonly close: () => Promise<void> | void }[] = [];
  readonly #stopping = new AbortController();
  #fail: (error: unknown) => void = () => undefined;

  /** Rejects with the first failure that must end the process. */
  readonly failed: Promise<never>;

  constructor(clock: Clock, log: Logger) {
    this.#clock = clock;
    this.#log = log;
    this.failed = new Promise<never>((_, reject) => {
      this.#fail = reject;
    });
    setMaxListeners(MOST_WAITERS, this.#stopping.signal);
    // The waiter may come later; until then the rejection is not an unhandled one.
    this.failed.catch(() => undefined);
  }

  /** Aborts when the process is to stop: sources watch it. */
  get signal(): AbortSignal {
    return this.#stopping.signal;
  }

  /** Registers what must be closed; the last one registered is closed first. */
  onClose(name: string, close: () => Promise<void> | void): void {
    this.#closers.push({ name, close });
  }

  /** Ends the process with this failure: the work goes on being closed in order. */
  fail(error: unknown): void {
    this.#fail(error);
    this.#stopping.abort();
  }

  /** @throws Stopped between two steps of a start that is not wanted any more. */
  throwIfStopping(): void {
    if (this.signal.aborted) throw new Stopped('the start was not done');
  }

  /** Asks for a stop; a second call changes nothing. */
  stop(reason: string): void {
    if (this.#stopping.signal.aborted) return;
    this.#log.info({ reason }, 'stopping');
    this.#stopping.abort();
  }

  /** SIGINT and SIGTERM stop in order; a second SIGINT ends at once. */
  listen(proc: NodeJS.Process): void {
    const onSignal = (signal: NodeJS.Signals): void => {
      if (this.signal.aborted && signal === 'SIGINT') proc.exit(130);
      this.stop(signal);
    };
    proc.on('SIGINT', onSignal);
    proc.on('SIGTERM', onSignal);
    this.onClose('signal handlers', () => {
      proc.off('SIGINT', onSignal);
      proc.off('SIGTERM', onSignal);
    });
  }

  /**
   * A part may take half of the time that is left, so that one that hangs leaves room for those after it:
   * the record's last rows are worth more than a source's last word.
   * @throws Failure naming the part that did not close in time. The first error of a closer is rethrown at the end.
   */
  async close(withinMs: number = STOP_WITHIN_MS): Promise<void> {
    this.#stopping.abort();
    const deadline = this.#clock.monotonic() + withinMs;
    let first: unknown;
    for (let closer = this.#closers.pop(); closer !== undefined; closer = this.#closers.pop()) {
      const { name, close } = closer;
      const timer = new AbortController();
      const late = this.#clock
        .sleep(Math.max(0, deadline - this.#clock.monotonic()) / 2, timer.signal)
        .then(() => {
          if (!timer.signal.aborted) throw new Failure(`${name} did not close in time`);
        });
      try {
        await Promise.race([close(), late]);
      } catch (error) {
        this.#log.error({ part: name, error: messageOf(error) }, 'closing failed');
        first ??= error;
      } finally {
        timer.abort();
      }
    }
    if (first !== undefined) throw first instanceof Error ? first : new Error(messageOf(first));
  }
}
