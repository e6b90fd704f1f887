/** What the tests of delivering share: deliveries, settings, and a queue on a test's Redis and receiver. */

import { pino } from 'pino';
import { vi } from 'vitest';
import type { DeliveryRecord, OpenState } from '../../pipeline/act/deliveries.ts';
import type { Delivery, DeliveryItem } from '../../pipeline/act/delivery.ts';
import {
  DeliveryQueue,
  type DeliveryQueueOptions,
  type DeliverySettings,
} from '../../pipeline/act/delivery-queue.ts';
import { systemClock } from '../../pipeline/clock.ts';
import type { RedisServer } from '../../pipeline/reward/redis.ts';

export const SECRET = 'a-secret-of-the-tests-long-enough';
const KEY = { id: 'k1', secret: SECRET };

export function delivery(n: number, change: Partial<Delivery> = {}): Delivery {
  return {
    id: `g_${n}.1`,
    kind: change.item?.kind ?? 'points',
    originalId: '',
    grantId: `g_${n}`,
    campaignId: 'bills',
    offerId: 'off',
    customerId: `c-${n}`,
    item: { kind: 'points', points: 500 },
    occurredAtMs: 1_700_000_000_000,
    dueAtMs: undefined,
    ...change,
  };
}

export const VOUCHER: DeliveryItem = {
  kind: 'voucher',
  voucherId: 'g_1.1',
  voucher: 'phone-topup',
  faceMinor: 1000,
  minSpendMinor: 0,
  expiresAt: '2026-12-01T00:00:00.000Z',
  scope: [],
};

type EndpointChange = Partial<NonNullable<DeliverySettings['endpoints']['points']>>;

/** All kinds go to one receiver; retries are quick. */
export function settingsFor(url: string, change: EndpointChange = {}): DeliverySettings {
  const endpoint = {
    url,
    allowPrivate: true,
    timeoutMs: 10_000,
    concurrency: 4,
    perSecond: 10_000,
    ...change,
  };
  return {
    endpoints: { points: endpoint, voucher: endpoint, cash: endpoint, goods: endpoint },
    retry: { firstMs: 5, maxMs: 20, forMs: 600_000 },
  };
}

/** A queue whose log can be read. */
export function openQueue(
  redis: RedisServer,
  settings: DeliverySettings,
  options: Partial<DeliveryQueueOptions> = {},
): { readonly queue: DeliveryQueue; readonly log: () => string } {
  let written = '';
  const log = pino({ level: 'debug' }, { write: (line: string) => (written += line) });
  const queue = new DeliveryQueue({
    redis,
    settings,
    key: KEY,
    clock: systemClock,
    log,
    ...options,
  });
  return { queue, log: () => written };
}

export async function stateOf({ deliveries }: DeliveryQueue, state: OpenState): Promise<number> {
  return (await deliveries.count(state)).count;
}

export async function inState(
  { deliveries }: DeliveryQueue,
  state: OpenState,
): Promise<DeliveryRecord[]> {
  const found: DeliveryRecord[] = [];
  for await (const page of deliveries.inState(state)) found.push(...page);
  return found;
}

/** Until nothing waits. */
export async function settled(queue: DeliveryQueue): Promise<void> {
  await until(async () => (await stateOf(queue, 'waiting')) === 0);
}

export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  await vi.waitFor(
    async () => {
      if (!(await holds())) throw new Error('not yet');
    },
    { timeout: 120_000, interval: 5 },
  );
}
