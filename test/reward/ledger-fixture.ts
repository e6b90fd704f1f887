/** A ledger on a Redis of its own for a test file, empty before each test, and the words the tests speak in. */

import { afterAll, beforeAll, beforeEach } from 'vitest';
import type { Delivery } from '../../pipeline/act/delivery.ts';
import { deliveriesOf } from '../../pipeline/act/given.ts';
import type { Grant } from '../../pipeline/reward/grant.ts';
import { Ledger } from '../../pipeline/reward/ledger.ts';
import type { LedgerOp } from '../../pipeline/reward/ledger-op.ts';
import { startTestRedis, type TestRedis } from '../support/redis.ts';
import { offer } from './ledger-scenario.ts';

let server: TestRedis;
export let ledger: Ledger;
export const standard = offer();

/** Registers the hooks; call it once at the top of a test file. */
export function useLedger(): void {
  beforeAll(async () => {
    server = await startTestRedis();
    ledger = new Ledger(server.connect());
  });
  afterAll(() => server.close());
  beforeEach(emptyLedger);
}

/** A ledger object refuses a Redis that lost its data, so an emptied one gets a new object. */
export async function emptyLedger(): Promise<void> {
  await ledger.redis.flushall();
  ledger = new Ledger(ledger.redis);
}

export async function apply(list: readonly LedgerOp[]): Promise<Grant[]> {
  return (await ledger.apply(list)).flat();
}

/** The grant that the last operation touched. */
export async function one(list: readonly LedgerOp[]): Promise<Grant> {
  return (await apply(list)).at(-1)!;
}

export async function standing(account: string): Promise<[posted: number, pending: number]> {
  const [balance] = await ledger.balances([account]);
  return [balance!.posted, balance!.pending];
}

/** What goes to other systems by the journal, in order; one id is one delivery, however often it is asked for. */
export async function deliveries(): Promise<Delivery[]> {
  const terms = (): { currency: string; dueAtMs: () => undefined } => ({
    ...{ currency: 'CNY', dueAtMs: () => undefined },
  });
  const asked = (await ledger.drain(0)).flatMap((entry) => deliveriesOf(entry, terms));
  return [...new Map(asked.map((each) => [each.id, each])).values()];
}

/** The same in words: `reversal receivable 1000`, `points 500`, `goods goods`. */
export async function sent(): Promise<string[]> {
  return (await deliveries()).map(({ kind, item }) => {
    if (item.kind === 'cash') return `${kind} ${item.as} ${item.amountMinor}`;
    return `${kind} ${item.kind === 'points' ? item.points : item.kind}`;
  });
}
