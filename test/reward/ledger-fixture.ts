/** A ledger on a Redis of its own for a test file, empty before each test, and the words the tests speak in. */

import { afterAll, beforeAll, beforeEach } from 'vitest';
import type { CompiledCampaigns } from '../../pipeline/reward/campaign.ts';
import { settle } from '../../pipeline/reward/evaluate.ts';
import type { Grant } from '../../pipeline/reward/grant.ts';
import { Ledger } from '../../pipeline/reward/ledger.ts';
import type { LedgerOp } from '../../pipeline/reward/ledger-op.ts';
import { startTestRedis, type TestRedis } from '../support/redis.ts';
import { campaigns } from './scenario.ts';

let server: TestRedis;
export let ledger: Ledger;
export let compiled: CompiledCampaigns;

/** Registers the hooks; call it once at the top of a test file. */
export function useLedger(): void {
  beforeAll(async () => {
    server = await startTestRedis();
    ledger = new Ledger(server.connect());
  });
  afterAll(() => server.close());
  beforeEach(async () => {
    await emptyLedger();
    compiled = campaigns();
  });
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

export function label(eventId: string, value: 'confirmed' | 'false_positive'): readonly LedgerOp[] {
  return settle({
    id: '1-0',
    decisionId: `dec_${eventId}`,
    label: value,
    actor: 'a',
    reason: 'r',
    labelledAtMs: 1,
  });
}

/** Somebody else, so that the once-only limit does not bite. */
export function other(n: number): { id: string; customerId: string } {
  return { id: `p${n}`, customerId: `customer-${n}` };
}
