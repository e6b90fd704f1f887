import { expect, test } from 'vitest';
import { loadConfig } from '../../config/load.ts';
import { assembleDecoder, assembleEngine } from '../../pipeline/assemble.ts';
import { causesOf, type Cause } from '../../pipeline/decide/cause.ts';
import { discoverDetectors } from '../../pipeline/detect/discover.ts';
import { EventBatch, EventView } from '../../pipeline/event.ts';
import { keysOf } from '../../pipeline/keys.ts';

const config = await loadConfig('config', await discoverDetectors());
const START_MS = Date.UTC(2026, 10, 20, 3);

/** Whose rewards are looked at again when accounts log in, each with its own device and the next one's. */
function namedBy(accounts: readonly string[], device: (n: number) => string): readonly string[] {
  const { engine } = assembleEngine(config);
  const decoder = assembleDecoder(config, keysOf(Buffer.alloc(32, 3)));
  const batch = new EventBatch(64);
  const logins = accounts.flatMap((accountId, n) => [
    { accountId, deviceId: device(n) },
    { accountId, deviceId: device(n + 1) },
  ]);
  for (const [n, login] of logins.entries()) {
    const occurredAt = new Date(START_MS + n * 1000).toISOString();
    const event = { id: `e${n}`, type: 'login', occurredAt, ...login };
    expect(decoder.decode(Buffer.from(JSON.stringify(event)), START_MS, batch)).toBeUndefined();
  }
  const causes: Cause[] = [];
  for (const [row, judgement] of engine.judge(batch).judgements.entries()) {
    if (judgement.kind === 'decided')
      causesOf(new EventView(batch, row), judgement.decision, causes);
  }
  return [...new Set(causes.flatMap(({ accountIds }) => accountIds))].sort();
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
