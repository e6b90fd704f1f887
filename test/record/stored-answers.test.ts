import { expect, test } from 'vitest';
import { rewardsOf } from '../../pipeline/rewards-of.ts';
import type { Analytics } from '../../pipeline/record/analytics.ts';
import { StoredAnswers } from '../../pipeline/record/stored-answers.ts';

/** What a ClickHouse server takes as one parameter. */
const SERVER_TAKES = 128 * 1024;
/** The longest that an event may have, of what has to be escaped. */
const ids = Array.from({ length: 1000 }, (_, n) => String(n).padEnd(256, "'"));

/** The sizes of the statements' parameters, and the ids that were asked for. */
function asking(): {
  readonly analytics: Analytics;
  readonly sizes: number[];
  readonly asked: Set<string>;
} {
  const sizes: number[] = [];
  const asked = new Set<string>();
  const query = (_sql: string, parameters: Record<string, readonly string[]>): Promise<never[]> => {
    for (const values of Object.values(parameters)) {
      const written = values.map((value) => `'${value.replaceAll("'", "\\'")}'`);
      sizes.push(Buffer.byteLength(`[${written.join(',')}]`));
      for (const value of values) asked.add(value);
    }
    return Promise.resolve([]);
  };
  return { analytics: { query } as unknown as Analytics, sizes, asked };
}

test('events with the longest ids are looked up whole, in statements that a server takes', async () => {
  const { analytics, sizes, asked } = asking();
  const answers = new StoredAnswers(analytics, '1', { find: () => undefined });
  await answers.standing(ids.map((eventId) => ({ eventId, bodyHash: 1 })));
  expect(asked.size).toBe(ids.length);
  asked.clear();
  await answers.storedDecisions(ids);
  expect(asked.size).toBe(ids.length);
  expect(Math.max(...sizes)).toBeLessThan(SERVER_TAKES);
});

test('and so are their rewards', async () => {
  const { analytics, sizes, asked } = asking();
  await rewardsOf({ caughtUp: () => Promise.resolve(true) }, analytics)(ids);
  expect(asked.size).toBe(ids.length);
  expect(Math.max(...sizes)).toBeLessThan(SERVER_TAKES);
});
