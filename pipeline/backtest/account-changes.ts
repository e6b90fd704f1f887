/** Whom two configurations treat differently: accounts by the worst verdict on any of their events. */

import type { Verdict } from '../decide/decision.ts';
import type { EventView } from '../event.ts';
import { keyColumn } from '../event-fields.ts';
import { byTruth, truthOf, type AccountChanges, type ByTruth } from './comparison.ts';

const RANK: Readonly<Record<Verdict, number>> = { allow: 0, review: 1, block: 2 };
/** Four bits a truth: two for the first configuration's worst verdict, two for the other's. */
const SHIFT = { fraud: 0, honest: 4, unlabelled: 8 } as const satisfies ByTruth<number>;
/** Flagged accounts that are told apart. */
const MAX_ACCOUNTS = 5_000_000;
const ACCOUNT = keyColumn('accountId');

export class AccountVerdicts {
  /** By a hash of 53 bits; accounts that neither configuration flags are not in it. */
  readonly #worst = new Map<number, number>();
  #full = false;

  /** A missing or placeholder account is many people and is no account here. */
  add(event: EventView, fraud: boolean | undefined, base: Verdict, other: Verdict): void {
    if ((base === 'allow' && other === 'allow') || this.#full) return;
    const key = accountKey(event);
    if (key === 0) return;
    const before = this.#worst.get(key);
    if (before === undefined && this.#worst.size === MAX_ACCOUNTS) {
      this.#full = true;
      this.#worst.clear();
      return;
    }
    const shift = SHIFT[truthOf(fraud)];
    const bits = (before ?? 0) >> shift;
    const worstBase = Math.max(bits & 3, RANK[base]);
    const worstOther = Math.max((bits >> 2) & 3, RANK[other]);
    const kept = (before ?? 0) & ~(15 << shift);
    this.#worst.set(key, kept | ((worstBase | (worstOther << 2)) << shift));
  }

  /** Null when there were too many. */
  report(): ByTruth<AccountChanges> | null {
    if (this.#full) return null;
    const counts = byTruth(() => ({
      ...{ newlyBlocked: 0, newlyReviewed: 0, noLongerBlocked: 0, noLongerFlagged: 0 },
    }));
    for (const bits of this.#worst.values()) {
      for (const truth of ['fraud', 'honest', 'unlabelled'] as const) {
        const base = (bits >> SHIFT[truth]) & 3;
        const other = (bits >> (SHIFT[truth] + 2)) & 3;
        const count = counts[truth];
        if (other === 2 && base < 2) count.newlyBlocked++;
        if (other === 1 && base === 0) count.newlyReviewed++;
        if (other < 2 && base === 2) count.noLongerBlocked++;
        if (other === 0 && base > 0) count.noLongerFlagged++;
      }
    }
    return counts;
  }
}

/** 53 bits of the account's hash; 0 for none. */
export function accountKey({ batch, row }: EventView): number {
  const at = ACCOUNT * batch.capacity + row;
  return (batch.keyHi[at]! & 0x1fffff) * 2 ** 32 + (batch.keyLo[at]! >>> 0);
}
