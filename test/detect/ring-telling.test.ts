import { expect, test } from 'vitest';
import { loadConfig } from '../../config/load.ts';
import { assembleDecoder, assembleEngine } from '../../pipeline/assemble.ts';
import { causesOf, type Cause } from '../../pipeline/decide/cause.ts';
import type { Engine } from '../../pipeline/decide/engine.ts';
import { discoverDetectors } from '../../pipeline/detect/discover.ts';
import { EventBatch, EventView } from '../../pipeline/event.ts';
import { keysOf } from '../../pipeline/keys.ts';

const config = await loadConfig('config', await discoverDetectors());
const START_MS = Date.UTC(2026, 10, 20, 3);

interface Login {
  readonly accountId: string;
  readonly deviceId: string;
}

/** Each account on its own device and the next one's. */
function gangOf(accounts: readonly string[], device: (n: number) => string): readonly Login[] {
  return accounts.flatMap((accountId, n) => [
    { accountId, deviceId: device(n) },
    { accountId, deviceId: device(n + 1) },
  ]);
}

/** Judges logins, a second apart, and tells whose rewards are to be looked at again. */
function loginsAt(engine: Engine): (startMs: number, logins: readonly Login[]) => string[] {
  const decoder = assembleDecoder(config, keysOf(Buffer.alloc(32, 3)));
  return (startMs, logins) => {
    const batch = new EventBatch(64);
    for (const [n, login] of logins.entries()) {
      const occurredAt = new Date(startMs + n * 1000).toISOString();
      const event = { id: `e${startMs}-${n}`, type: 'login', occurredAt, ...login };
      expect(decoder.decode(Buffer.from(JSON.stringify(event)), startMs, batch)).toBeUndefined();
    }
    const causes: Cause[] = [];
    for (const [row, judgement] of engine.judge(batch).judgements.entries()) {
      if (judgement.kind === 'decided')
        causesOf(new EventView(batch, row), judgement.decision, causes);
    }
    return [...new Set(causes.flatMap(({ accountIds }) => accountIds))].sort();
  };
}

function namedBy(accounts: readonly string[], device: (n: number) => string): readonly string[] {
  return loginsAt(assembleEngine(config).engine)(START_MS, gangOf(accounts, device));
}

test('nobody is drawn into a ring by how somebody else calls a device or an account', () => {
  const gang = ['a0', 'a1', 'a2', 'a3', 'a4', 'a5', 'a6'];
  const plain = namedBy(gang, (n) => `d${n}`);
  expect(plain).toEqual(gang.filter((each) => plain.includes(each)));
  expect(plain.length).toBeGreaterThan(5);
  expect(namedBy(gang, (n) => `d${n}: victim, neighbour; cardId c${n}`)).toEqual(plain);
  expect(namedBy(gang, (n) => `: victim, d${n}: `)).toEqual(plain);
  const odd = gang.map((each) => `${each}, victim; 100%20, :`).sort();
  expect(namedBy(odd, (n) => `d${n}`)).toEqual(odd.filter((_, n) => plain.includes(gang[n]!)));
});

test('a ring is told by its own names where it takes the places of one that is forgotten', () => {
  const judge = loginsAt(assembleEngine(config).engine);
  const gang = (name: string): readonly string[] => [0, 1, 2, 3, 4, 5, 6].map((n) => `${name}${n}`);
  const first = judge(
    START_MS,
    gangOf(gang('a'), (n) => `d${n}`),
  );
  expect(first.length).toBeGreaterThan(5);
  const laterMs = START_MS + 60 * 86_400_000;
  const idle = { accountId: 'idle', deviceId: 'idle' };
  expect(judge(laterMs, new Array<Login>(30).fill(idle))).toEqual([]);
  const second = judge(
    laterMs + 60_000,
    gangOf(gang('b'), (n) => `d${n}`),
  );
  expect(second).toEqual(first.map((name) => name.replace('a', 'b')));
});
