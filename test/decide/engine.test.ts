import { expect, test } from 'vitest';
import { loadConfig } from '../../config/load.ts';
import { assembleDecoder, assembleEngine } from '../../pipeline/assemble.ts';
import { discoverDetectors } from '../../pipeline/detect/discover.ts';
import { EventBatch } from '../../pipeline/event.ts';
import { keysOf } from '../../pipeline/keys.ts';

const config = await loadConfig('config', await discoverDetectors());
const NOON_MS = Date.UTC(2026, 10, 20, 12);
const MINUTE_MS = 60_000;

/** What is decided and done about an account whose freeze ends at noon, the stream being cut as it is. */
function outcomeOf(batches: readonly (readonly number[])[]) {
  const { engine } = assembleEngine(config);
  const decoder = assembleDecoder(config, keysOf(Buffer.alloc(32, 3)));
  engine.freezing.apply({
    ...{ id: 'freeze_dec_0', kind: 'freeze', accountId: 'a', actor: 'policy', reason: 'x' },
    ...{ decisionId: 'dec_0', occurredAtMs: NOON_MS - 60 * MINUTE_MS, expiresAtMs: NOON_MS },
  });
  const judged = batches.map((minutes) => {
    const batch = new EventBatch(8);
    for (const minute of minutes) {
      const occurredAt = new Date(NOON_MS + minute * MINUTE_MS).toISOString();
      const event = { id: `e${minute}`, type: 'login', occurredAt, accountId: 'a' };
      decoder.decode(Buffer.from(JSON.stringify(event)), NOON_MS, batch);
    }
    return engine.judge(batch);
  });
  return {
    judgements: judged.flatMap(({ judgements }) => judgements),
    actions: judged.flatMap(({ actions }) => actions),
  };
}

test('a freeze ends at the first event past its end: one that comes out of order meets it no more, wherever the batch was cut', () => {
  const whole = outcomeOf([[-2, 1, -1]]);
  expect(outcomeOf([[-2], [1], [-1]])).toEqual(whole);
  expect(outcomeOf([[-2, 1], [-1]])).toEqual(whole);
  expect(whole.judgements).toMatchObject([
    { decision: { verdict: 'block', reasons: ['account_frozen'] } },
    { decision: { verdict: 'allow' } },
    { decision: { verdict: 'allow' } },
  ]);
  expect(whole.actions).toMatchObject([{ kind: 'expire', accountId: 'a', occurredAtMs: NOON_MS }]);
});
