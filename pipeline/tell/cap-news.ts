/** What is said in the log when a bound bites: once, and again when it matters, not with every event that it hits. */

import type { AccountAction } from '../decide/account-action.ts';
import type { Logger } from '../telemetry.ts';

const HOUR_MS = 3_600_000;

/** Automatic freezes that the cap of the hour turned into proposals: each of them is a row and a case by itself. */
export class FreezeCapNews {
  #toldAtMs = -Infinity;

  /**
   * Tells once an hour of event time.
   * @param perHour the cap; undefined while automatic freezes are off, when every freeze is a proposal.
   */
  tell(
    log: Pick<Logger, 'warn'>,
    perHour: number | undefined,
    actions: readonly AccountAction[],
  ): void {
    // A configuration on trial proposes whatever room there is.
    const first = actions.find(({ kind, detail = '' }) => kind === 'propose' && detail === '');
    if (first === undefined || perHour === undefined) return;
    const { decisionId, occurredAtMs: at } = first;
    if (at < this.#toldAtMs + HOUR_MS) return;
    this.#toldAtMs = at;
    log.warn(
      { perHour, decisionId, at },
      'automatic freezes have reached their cap of the hour: the rest waits for a person',
    );
  }
}

/** Events that full tables keep out of windows: measures are too low then. */
export class WindowCapNews {
  #toldAt = 0;

  /**
   * Tells of the first, and whenever their number has doubled.
   * @param capped events kept out so far.
   */
  tell(log: Pick<Logger, 'warn'>, capped: number): void {
    if (capped === 0 || capped < 2 * this.#toldAt) return;
    this.#toldAt = capped;
    log.warn(
      { capped },
      'windows are full and events are left out of them: raise windows.maxKeys or windows.maxEntries',
    );
  }
}

/** Late events that no earlier decision is measured again with: a source that is all out of order brings too many. */
export class LateNews {
  #refused = 0;
  #toldAt = 0;

  /**
   * Tells of the first, and whenever their number has doubled.
   * @param refused late events that found no room, since the last call.
   */
  tell(log: Pick<Logger, 'warn'>, refused: number): void {
    this.#refused += refused;
    if (refused === 0 || this.#refused < 2 * this.#toldAt) return;
    this.#toldAt = this.#refused;
    log.warn(
      { refused: this.#refused },
      'more events come late than earlier decisions can be measured again with: the rest is left out',
    );
  }
}
