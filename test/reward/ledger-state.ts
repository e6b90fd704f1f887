/** All that a ledger holds but its journal, and a database that its journal is drained into. */

import type { StoredGrant } from '../../pipeline/reward/grant.ts';
import { ledgerRowsOf, type LedgerRow } from '../../pipeline/reward/journal.ts';
import type { Ledger } from '../../pipeline/reward/ledger.ts';
import type { LedgerHistory } from '../../pipeline/reward/verify.ts';
import type { Voucher } from '../../pipeline/reward/voucher.ts';

/** The two generations of refused and parked records as one: a rebuild does not tell them apart. */
export async function wholeState({ redis, keys }: Ledger): Promise<Record<string, unknown>> {
  const both = async (now: string, before: string): Promise<Record<string, string>> => ({
    ...(await redis.hgetall(before)),
    ...(await redis.hgetall(now)),
  });
  const parked = Object.entries(await both(keys.parked, keys.parkedBefore));
  return {
    balances: await redis.hgetall(keys.balances),
    grants: await redis.hgetall(keys.grants),
    refused: await both(keys.refused, keys.refusedBefore),
    payments: await redis.hgetall(keys.payments),
    refunds: await redis.hgetall(keys.refunds),
    parked: Object.fromEntries(
      parked.map(([id, text]): [string, unknown] => [id, JSON.parse(text)]),
    ),
    due: await redis.zrange(keys.due, '0', '-1', 'WITHSCORES'),
    vouchers: await redis.hgetall(keys.vouchers),
    state: { sequence: '0', watermark: '0', ...(await redis.hgetall(keys.state)) },
  };
}

/** A database that nothing was drained into: all of the journal is in Redis still. */
export const NO_HISTORY: LedgerHistory = {
  entries: async function* () {},
  grants: async function* () {},
  vouchers: async function* () {},
  lastSequence: () => Promise.resolve(0),
};

/** What a database would hold: entries by (sequence, leg), the latest revision of each grant and voucher. */
export class Table implements LedgerHistory {
  readonly rows: LedgerRow[] = [];
  readonly #grants = new Map<string, StoredGrant>();
  readonly #vouchers = new Map<string, Voucher>();

  async drain(from: Ledger, limit: number): Promise<void> {
    const entries = await from.drain(this.rows.at(-1)?.sequence ?? 0, limit);
    for (const entry of entries) {
      this.rows.push(...ledgerRowsOf(entry));
      this.#grants.set(entry.grant.id, entry.grant);
      if (entry.voucher !== undefined) this.#vouchers.set(entry.voucher.id, entry.voucher);
    }
    if (entries.length > 0) await from.trim(entries.at(-1)!.sequence);
  }

  async *entries(after: number): AsyncGenerator<readonly LedgerRow[]> {
    yield await Promise.resolve(this.rows.filter(({ sequence }) => sequence > after));
  }

  async *grants(): AsyncGenerator<readonly StoredGrant[]> {
    yield await Promise.resolve([...this.#grants.values()].reverse());
  }

  async *vouchers(): AsyncGenerator<readonly Voucher[]> {
    yield await Promise.resolve([...this.#vouchers.values()].reverse());
  }

  lastSequence(): Promise<number> {
    return Promise.resolve(this.rows.at(-1)?.sequence ?? 0);
  }
}
