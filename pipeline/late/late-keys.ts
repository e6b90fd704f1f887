/**
 * Which events come late for somebody: older than an event of one of their keys that was rewarded already. Such a
 * reward was decided without them. An event that nobody was rewarded after is late for nobody, however old.
 */

import type { EventBatch } from '../event.ts';
import { keyColumn } from '../event-fields.ts';
import type { LedgerOp } from '../reward/ledger-op.ts';

/** Whoever shares one of these is measured together by most detectors. */
export const LATE_KEYS = ['accountId', 'deviceId', 'cardId', 'ip'] as const;

/** Two megabytes. Keys that share a slot only make an event look late that is not; the record tells them apart. */
const SLOTS = 2 ** 18;

export class LateKeys {
  /** Event time of the newest rewarded event of the keys of a slot. */
  readonly #newestMs = new Float64Array(SLOTS);
  readonly #columns = LATE_KEYS.map((field) => keyColumn(field));

  /** @param watermarkMs of history, which this does not know the keys of: everything before it may be late. */
  constructor(watermarkMs: number) {
    this.#newestMs.fill(watermarkMs);
  }

  /**
   * Takes the event in that was decided; one that earned a reward makes older ones of its keys late.
   * @param due what the event asks of the ledger.
   */
  isLate(batch: EventBatch, row: number, due: readonly LedgerOp[]): boolean {
    const isRewarded = due.some(isReward);
    const atMs = batch.occurredAtMs[row]!;
    let isLate = false;
    for (const column of this.#columns) {
      const at = column * batch.capacity + row;
      const lo = batch.keyLo[at]!;
      const hi = batch.keyHi[at]!;
      // Missing, or a placeholder: nobody in particular.
      if ((lo | hi) === 0) continue;
      const slot = (lo ^ Math.imul(hi + column, 0x9e3779b1)) >>> 14;
      const newestMs = this.#newestMs[slot]!;
      if (newestMs > atMs) isLate = true;
      else if (isRewarded) this.#newestMs[slot] = atMs;
    }
    return isLate;
  }
}

/** Whether it gives, or keeps for later; a refund, and what is refused or voided at once, gives nothing. */
function isReward(op: LedgerOp): boolean {
  return op.kind === 'reserve' && (op.intent === 'posted' || op.intent === 'held');
}
