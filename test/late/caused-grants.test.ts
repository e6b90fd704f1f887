import { expect, it } from 'vitest';
import { causedGrants, type LookUpParts } from '../../pipeline/late/caused-grants.ts';
import type { Label } from '../../pipeline/decide/account-action.ts';
import { causesOfLabels } from '../../pipeline/decide/cause.ts';
import type { Analytics } from '../../pipeline/record/analytics.ts';
import { Metrics, silentLogger } from '../../pipeline/telemetry.ts';

/** What a ClickHouse server takes as one parameter. */
const SERVER_TAKES = 128 * 1024;
const COUNT = 2500;
const numbered = (prefix: string, bytes: number): readonly string[] =>
  Array.from({ length: COUNT }, (_, n) => `${prefix}-${n}-`.padEnd(bytes, 'x'));

it('a file of labels with the longest ids is looked up whole, in statements that a server takes', async () => {
  const ids = numbered('event', 256);
  const accounts = numbered('account', 256);
  const customers = numbered('customer', 60);
  const row = (n: number): object => ({
    ...{ eventId: ids[n]!, accountId: accounts[n]!, customerId: customers[n]! },
    ...{ grantId: `g-${n}`, campaignId: 'c', state: 'posted', occurredAtMs: 5 },
    ...{ amountMinor: 1000, clawedBackMinor: 0 },
  });
  const rows = ids.map((_, n) => row(n));
  const sizes: number[] = [];
  const query = (_sql: string, parameters: Record<string, unknown> = {}): Promise<unknown> => {
    const asked = Object.values(parameters).filter(Array.isArray) as string[][];
    sizes.push(...asked.map((values) => Buffer.byteLength(`['${values.join("','")}']`)));
    const known = new Set(asked.flat());
    return Promise.resolve(
      rows.filter((each) => Object.values(each).some((value) => known.has(value as string))),
    );
  };
  const parts: LookUpParts = {
    analytics: { query } as Pick<Analytics, 'query'>,
    settings: { lookBackMs: 1000, maxGrants: 10 },
    isPlaceholder: () => false,
    log: silentLogger(),
    metrics: new Metrics(),
  };
  const words = ids.map((id): Label => ({
    ...{ id: `w-${id}`, decisionId: `dec_${id}`, label: 'confirmed', actor: 'bank' },
    ...{ reason: 'code 83', labelledAtMs: 1 },
  }));
  const [cause] = causesOfLabels('7-0', words, 10);
  const found: string[] = [];
  for await (const grants of causedGrants(parts, cause!)) {
    const named = grants.map(({ grantId }) => grantId);
    expect(new Set(named).size).toBe(named.length);
    found.push(...named);
  }
  expect(Math.max(...sizes)).toBeLessThan(SERVER_TAKES);
  expect([...new Set(found)].sort()).toEqual(ids.map((_, n) => `g-${n}`).sort());
});

it('a portion holds no more rewards than its bound, however many parts it is looked up in', async () => {
  const accounts = numbered('account', 256);
  let made = 0;
  const query = (sql: string, parameters: Record<string, unknown> = {}): Promise<unknown> => {
    const rows = sql.includes('FROM grants') ? Number(parameters['limit']) : COUNT;
    const known = parameters['accounts'] as readonly string[] | undefined;
    return Promise.resolve(
      Array.from({ length: rows }, (_, n) => ({
        ...{ eventId: `e${n}`, accountId: known?.[0] ?? accounts[n]!, customerId: '' },
        ...{ grantId: `g-${made++}`, campaignId: 'c', state: 'posted', occurredAtMs: 5 },
        ...{ amountMinor: 1000, clawedBackMinor: 0 },
      })),
    );
  };
  const metrics = new Metrics();
  const parts: LookUpParts = {
    analytics: { query } as Pick<Analytics, 'query'>,
    settings: { lookBackMs: 1000, maxGrants: 10 },
    isPlaceholder: (value) => value === '',
    ...{ log: silentLogger(), metrics },
  };
  const words = accounts.map((_, n): Label => ({
    ...{ id: `w${n}`, decisionId: `dec_e${n}`, label: 'confirmed', actor: 'bank' },
    ...{ reason: 'code 83', labelledAtMs: 1 },
  }));
  const [cause] = causesOfLabels('7-0', words, 10);
  const portions: number[] = [];
  for await (const grants of causedGrants(parts, cause!)) portions.push(grants.length);
  expect(portions).toEqual([50_000]);
  expect(await metrics.registry.metrics()).toMatch(/outcome="beyond_limit"} 1\n/);
});
