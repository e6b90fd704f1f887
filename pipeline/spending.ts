/** What budget lines have given away, asked of the ledger once everything decided before has taken effect. */

import type { Clock } from './clock.ts';
import type { Ledger } from './reward/ledger.ts';
import { isUnavailable } from './reward/redis.ts';
import type { Settlement } from './settlement.ts';

export interface SpendingParts {
  readonly settlement: Pick<Settlement, 'idle'>;
  readonly ledger: Pick<Ledger, 'balances'>;
  readonly clock: Clock;
}

/** The path stands still meanwhile: an order can wait for another try, payments cannot. */
const WITHIN_MS = 2000;

/**
 * @returns what is posted and reserved on each account, in minor units; undefined while the ledger is away.
 * @throws Failure when Redis has lost entries.
 */
export async function spentOn(
  { settlement, ledger, clock }: SpendingParts,
  accounts: readonly string[],
): Promise<ReadonlyMap<string, number> | undefined> {
  const done = new AbortController();
  const read = async (): Promise<ReadonlyMap<string, number> | undefined> => {
    try {
      await settlement.idle();
      const balances = await ledger.balances(accounts);
      return new Map(balances.map(({ account, posted, pending }) => [account, posted + pending]));
    } catch (error) {
      if (!isUnavailable(error)) throw error;
      return undefined;
    }
  };
  const late = clock.sleep(WITHIN_MS, done.signal).then(() => undefined);
  try {
    return await Promise.race([read(), late]);
  } finally {
    done.abort();
  }
}
