import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { endAll, newFolder, startIn } from '../support/cli.ts';
import { payment } from './running.ts';

const CALLERS = 16;
afterAll(endAll);

interface Answer {
  readonly status: number;
  readonly decisionId: string;
  readonly verdict: string;
  readonly duplicate: boolean;
}

describe('a worker that is killed while it answers', () => {
  it('answers every event it had answered the same way again, as a repeat', async () => {
    const data = join(await newFolder(), 'data');
    const answered = new Map<number, Answer>();
    let next = 0;
    for (const killAfter of [150, 400]) {
      const worker = startIn(data);
      const address = await worker.ready();
      const goal = answered.size + killAfter;
      const caller = async (): Promise<void> => {
        while (answered.size < goal) {
          const i = next++;
          const answer = await post(address, i).catch(() => undefined);
          if (answer === undefined) return;
          if (answer.status === 200) answered.set(i, answer);
        }
      };
      // Killed in the middle: the other callers have requests on their way.
      const callers = Array.from({ length: CALLERS }, caller);
      await Promise.race(callers);
      await worker.kill();
      await Promise.all(callers);
    }
    const address = await startIn(data).ready();
    const again = new Map<number, Answer>();
    const asked = answered.keys();
    // Side by side, as they were asked at first: each answer is looked up in the record.
    const asker = async (): Promise<void> => {
      for (const i of asked) again.set(i, await post(address, i));
    };
    await Promise.all(Array.from({ length: CALLERS }, asker));
    expect(answered.size).toBeGreaterThanOrEqual(550);
    expect([...again].filter(([, { duplicate }]) => !duplicate)).toEqual([]);
    const verdicts = (answers: ReadonlyMap<number, Answer>): unknown =>
      [...answers]
        .sort(([a], [b]) => a - b)
        .map(([i, { decisionId, verdict }]) => [i, decisionId, verdict]);
    expect(verdicts(again)).toEqual(verdicts(answered));
    expect(new Set([...answered.values()].map(({ verdict }) => verdict)).size).toBeGreaterThan(1);
  });
});

/** Nine accounts share a device and an address, so that verdicts depend on what came before. */
function bodyOf(i: number): string {
  return payment(`e${i}`, {
    occurredAt: new Date(Date.parse('2026-10-01T02:00:00Z') + i * 1000).toISOString(),
    accountId: `acc-${i % 3 === 0 ? i % 27 : i}`,
    deviceId: i % 3 === 0 ? 'dev-shared' : `dev-${i}`,
    ip: i % 3 === 0 ? '203.0.113.7' : `198.51.${(i >> 8) & 255}.${i & 255}`,
  });
}

async function post(address: string, i: number): Promise<Answer> {
  const answer = await fetch(`${address}/v1/events`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: bodyOf(i),
  });
  return (await answer.json()) as Answer;
}
