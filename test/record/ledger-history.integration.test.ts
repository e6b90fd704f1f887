import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ledgerHistory } from '../../pipeline/record/ledger-history.ts';
import type { Recorder } from '../../pipeline/record/recorder.ts';
import { ledgerRowsOf } from '../../pipeline/reward/journal.ts';
import { Ledger } from '../../pipeline/reward/ledger.ts';
import { recover } from '../../pipeline/reward/rebuild.ts';
import { verify } from '../../pipeline/reward/verify.ts';
import { wholeState } from '../reward/ledger-state.ts';
import { story } from '../reward/ledger-story.ts';
import { temporaryAnalytics, type TemporaryAnalytics } from '../support/chdb.ts';
import { startTestRedis, type TestRedis } from '../support/redis.ts';
import { startRecording } from './recording.ts';

let store: TemporaryAnalytics;
let server: TestRedis;
beforeAll(async () => {
  store = await temporaryAnalytics();
  server = await startTestRedis();
});
afterAll(async () => {
  await server.close();
  await store.close();
});

/** As the journal's drain does. */
async function carry(ledger: Ledger, recorder: Recorder): Promise<void> {
  const entries = await ledger.drain(0);
  for (const entry of entries) {
    for (const row of ledgerRowsOf(entry)) recorder.addLedgerEntry(row);
    recorder.addGrant(entry.grant);
    if (entry.voucher !== undefined) recorder.addVoucher(entry.voucher);
  }
  await recorder.flush();
  await ledger.trim(entries.at(-1)?.sequence ?? 0);
}

test('a ledger that Redis lost comes back whole from the tables: options, deadlines, vouchers, debts and all', async () => {
  const redis = server.connect();
  let ledger = new Ledger(redis);
  const { recorder } = await startRecording(store.analytics);
  const list = fc.sample(story, { numRuns: 8, seed: 11 }).flat();
  for (const op of list) {
    await ledger.apply([op]);
    // In parts, so that the tables hold every revision and not only the last.
    if ((await ledger.waiting()) >= 25) await carry(ledger, recorder);
  }
  await carry(ledger, recorder);
  const before = await wholeState(ledger);
  const answers = await ledger.apply(list);
  await redis.flushall();
  ledger = new Ledger(redis);
  const history = ledgerHistory(store.analytics);
  expect(await recover(ledger, history)).toBe(true);
  expect(await wholeState(ledger)).toEqual(before);
  expect(Object.keys(before['vouchers'] as object).length).toBeGreaterThan(1);
  expect(await ledger.apply(list)).toEqual(answers);
  expect(await verify(ledger, history)).toMatchObject({ differences: [], missing: 0 });
});
