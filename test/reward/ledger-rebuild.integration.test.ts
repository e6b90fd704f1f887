import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Ledger } from '../../pipeline/reward/ledger.ts';
import { rebuild, recover } from '../../pipeline/reward/rebuild.ts';
import { verify } from '../../pipeline/reward/verify.ts';
import { emptyLedger, ledger, useLedger } from './ledger-fixture.ts';
import { Table, wholeState } from './ledger-state.ts';
import { story } from './ledger-story.ts';

useLedger();

/** As the first batch after a start does: the journal does not hold what the clock was told. */
async function tellTime(before: Record<string, unknown>, to = ledger): Promise<void> {
  const { watermark } = before['state'] as { watermark: string };
  await to.apply([{ kind: 'advance', occurredAtMs: Number(watermark) }]);
}

test('for any story, rebuilt at any point with any part of it drained, the ledger is what it was and answers all that follows as if nothing had been', async () => {
  await fc.assert(
    fc.asyncProperty(story, fc.nat(), fc.nat(300), async (list, cut, drained) => {
      await emptyLedger();
      const expected = await ledger.apply(list);
      const end = await wholeState(ledger);
      await emptyLedger();
      const at = cut % (list.length + 1);
      await ledger.apply(list.slice(0, at));
      const table = new Table();
      await table.drain(ledger, Math.max(1, drained));
      const before = await wholeState(ledger);
      await rebuild(ledger, table);
      await tellTime(before);
      expect(await wholeState(ledger)).toEqual(before);
      expect(await verify(ledger, table)).toMatchObject({ differences: [], missing: 0 });
      expect(await ledger.apply(list.slice(at))).toEqual(expected.slice(at));
      expect(await wholeState(ledger)).toEqual(end);
    }),
    { numRuns: 100 },
  );
});

test('for any story, Redis lost whole comes back from what was drained', async () => {
  await fc.assert(
    fc.asyncProperty(story, fc.nat(), async (list, cut) => {
      await emptyLedger();
      const table = new Table();
      await ledger.apply(list.slice(0, cut % list.length));
      await table.drain(ledger, 100_000);
      await ledger.apply(list);
      await table.drain(ledger, 100_000);
      const before = await wholeState(ledger);
      await ledger.redis.flushall();
      const next = new Ledger(ledger.redis);
      if (await recover(next, table)) {
        await tellTime(before, next);
        expect(await wholeState(next)).toEqual(before);
      } else expect(await table.lastSequence()).toBe(0);
    }),
    { numRuns: 60 },
  );
});
