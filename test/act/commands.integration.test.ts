import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { CommandLog, LOG_START, type NewCommand } from '../../pipeline/act/commands.ts';
import type { Command } from '../../pipeline/decide/account-action.ts';
import { startTestRedis, type TestRedis } from '../support/redis.ts';

let server: TestRedis;
let log: CommandLog;

beforeAll(async () => {
  server = await startTestRedis({ durable: true });
  log = new CommandLog(server);
});
afterAll(async () => {
  log.close();
  await server.close();
});
beforeEach(() => server.connect().flushall());

const freeze = (accountId: string): NewCommand => ({
  kind: 'freeze',
  accountId,
  actor: 'ann',
  reason: 'seen it',
  issuedAtMs: 7,
});

test('commands are read in the order they were given, from any position', async () => {
  const first = await log.append(freeze('a'));
  const second = await log.append({
    kind: 'label',
    decisionId: 'dec_1',
    label: 'confirmed',
    actor: 'bo',
    reason: 'called',
    issuedAtMs: 8,
  });
  expect(await log.read(LOG_START)).toEqual([
    { ...freeze('a'), id: first },
    expect.objectContaining({ id: second, kind: 'label', decisionId: 'dec_1', label: 'confirmed' }),
  ]);
  expect(await log.read(first)).toHaveLength(1);
  expect(await log.read(second)).toEqual([]);
  await log.trim(first);
  expect((await log.read(LOG_START)).map(({ id }) => id)).toEqual([second]);
});

test('a follower sees earlier and later commands, waits through a restart of Redis, and stops when told', async () => {
  const stop = new AbortController();
  const seen: Command[] = [];
  const reached = (count: number): Promise<void> =>
    vi.waitFor(() => expect(seen).toHaveLength(count), { timeout: 120_000, interval: 5 });
  await log.append(freeze('a'));
  const following = (async () => {
    for await (const command of log.follow(LOG_START, stop.signal)) {
      seen.push(command);
    }
  })();
  await reached(1);
  await log.append(freeze('b'));
  await reached(2);
  await server.kill();
  await server.start();
  const again = new CommandLog(server);
  await again.append(freeze('c'));
  again.close();
  await reached(3);
  stop.abort();
  await following;
  expect(seen).toMatchObject(['a', 'b', 'c'].map((accountId) => ({ kind: 'freeze', accountId })));
});

test('who waits gets the answer, whether it came before or after; who waits in vain hears nothing', async () => {
  const id = await log.append(freeze('a'));
  const waiting = log.wait(id, 120_000);
  const result = { commandId: id, accepted: true, message: 'account a is frozen' };
  await log.answer(result);
  expect(await waiting).toEqual(result);
  await log.answer(result);
  await log.answer(result);
  expect(await log.wait(id, 120_000)).toEqual(result);
  expect(await log.wait('9-9', 10)).toBeUndefined();
});
