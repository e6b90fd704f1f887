import { beforeEach, describe, expect, it } from 'vitest';
import { systemClock, type Clock } from '../../pipeline/clock.ts';
import { Failure } from '../../pipeline/failure.ts';
import { hintFor } from '../../pipeline/hints.ts';
import { JournalDrain } from '../../pipeline/journal-drain.ts';
import type { Recorder } from '../../pipeline/record/recorder.ts';
import { Ledger } from '../../pipeline/reward/ledger.ts';
import { rewardsOf } from '../../pipeline/rewards-of.ts';
import { silentLogger } from '../../pipeline/telemetry.ts';
import { startRecording } from '../record/recording.ts';
import { campaigns, ops, refund } from '../reward/scenario.ts';
import { redis, store, useStores } from '../support/stores.ts';

/** However slow the machine: the end waits for the last drain. */
const PATIENT: Clock = {
  ...systemClock,
  sleep: (_ms, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted === true) resolve();
      signal?.addEventListener('abort', () => resolve(), { once: true });
    }),
};

const compiled = campaigns();
const accounts = () => compiled.accounts;
useStores({ durable: true });

let ledger: Ledger;
let recorder: Recorder;
let failures: unknown[];
let drains = 0;
beforeEach(async () => {
  failures = [];
  ledger = new Ledger(redis.connect());
  ({ recorder } = await startRecording(store.analytics, {}, `worker-${++drains}`));
});

function drain(clock = systemClock): JournalDrain {
  const parts = { ledger, recorder, accounts, clock, log: silentLogger() };
  return new JournalDrain({ ...parts, fail: (error) => failures.push(error) });
}

/** One grant each, of customers of their own. */
async function grant(...ids: string[]): Promise<void> {
  await ledger.apply(ids.flatMap((id) => ops(compiled, { id, customerId: `c-${id}` })));
}

async function counts(): Promise<unknown> {
  const [row] = await store.analytics.query(
    `SELECT (SELECT count() FROM grants FINAL) AS grants,
       (SELECT uniqExact(sequence) FROM ledger_entries FINAL) AS entries,
       (SELECT count() FROM ledger_entries) AS legs`,
  );
  return row;
}

describe('the journal of the ledger', () => {
  it('becomes rows, is trimmed only then, and writes nothing twice', async () => {
    await grant('a', 'b');
    const journal = drain();
    await journal.drainNow();
    const first = await counts();
    expect(first).toMatchObject({ grants: 2, entries: 2 });
    expect(await ledger.waiting()).toBe(0);
    await journal.drainNow();
    expect(await counts()).toEqual(first);
  });

  it('drained again by another start, after a crash before the trim, leaves the same rows', async () => {
    await grant('a', 'b');
    const entries = await redis.connect().xrange(ledger.keys.journal, '-', '+');
    await drain().drainNow();
    const before = await store.analytics.query('SELECT * EXCEPT recorded_at FROM grants FINAL');
    // As if the trim had not happened.
    for (const [id, fields] of entries)
      await redis
        .connect()
        .xadd(ledger.keys.journal, id, ...fields)
        .catch(() => undefined);
    await drain().drainNow();
    expect(await counts()).toMatchObject({ grants: 2, entries: 2 });
    const after = await store.analytics.query('SELECT * EXCEPT recorded_at FROM grants FINAL');
    expect(after).toEqual(before);
  });

  it('is carried by itself once started, and to the end when closed', async () => {
    const journal = drain(PATIENT);
    journal.start();
    await grant('a');
    await journal.close();
    expect(await counts()).toMatchObject({ grants: 1, entries: 1 });
    expect(journal.balances.find(({ account }) => account.includes('total'))).toMatchObject({
      posted: 1000,
      limit: 1_000_000_000,
    });
    expect(failures).toEqual([]);
  });

  it('tells a refund again what is to be deducted from it', async () => {
    const preauth = campaigns({ offer: { on: ['payment.authorising'], settle: 'preauth' } });
    await ledger.apply([
      ...ops(preauth, { id: 'till', type: 'payment.authorising' }),
      ...ops(preauth, { id: 'paid', attributes: { authorisationId: 'till' } }),
      ...refund(preauth, 'half', 'paid', 15_000),
    ]);
    const found = (await rewardsOf(drain(), store.analytics)(['half']))!;
    expect(found.get('half')).toMatchObject([{ clawedBackMinor: 500, deductMinor: 500 }]);
  });

  it('tells an event its rewards as soon as they were granted, and that it cannot while Redis is away', async () => {
    const journal = drain();
    const rewards = rewardsOf(journal, store.analytics);
    await grant('a', 'b');
    const many = Array.from({ length: 700 }, (_, n) => `nobody-${n}`);
    const found = await rewards(['a', ...many, 'b', 'a']);
    const earned = { campaignId: 'bills', offerId: 'off', state: 'posted', amountMinor: 1000 };
    expect([...found!.keys()]).toEqual(['a', 'b']);
    expect([...found!.values()]).toMatchObject([[earned], [earned]]);
    // A refund is answered with what it reached, as its first answer was; one that names no payment, with why.
    await ledger.apply(refund(compiled, 'back', 'a', 10_000));
    await ledger.apply(refund(compiled, 'lost', '', 10_000));
    const again = (await rewards(['back', 'lost']))!;
    expect(again.get('back')).toMatchObject([{ ...earned, clawedBackMinor: 333 }]);
    expect(hintFor(again.get('lost')!)).toContain('refundOf');
    await grant('c');
    await redis.kill();
    expect(await rewards(['c'])).toBeUndefined();
    // What cannot be drained now waits; the end does not.
    await journal.close();
    await redis.start();
    ledger = new Ledger(redis.connect());
    await drain().drainNow();
    expect(await counts()).toMatchObject({ grants: 4 });
    expect(failures).toEqual([]);
  });

  it('tells what is left of budgets and quotas also while a drain goes on and on', async () => {
    await grant('a');
    let letGo = (): void => undefined;
    const held = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    const parts = { ledger, recorder, accounts, clock: systemClock, log: silentLogger() };
    const delivering = { recordsOf: () => [], take: () => held };
    const fail = (error: unknown): void => void failures.push(error);
    const journal = new JournalDrain({ ...parts, delivering, fail });
    journal.start();
    await expect.poll(() => journal.balances.length, { timeout: 100_000 }).toBeGreaterThan(0);
    expect(journal.balances.find(({ account }) => account.includes('total'))!.posted).toBe(1000);
    letGo();
    await journal.close();
    expect(failures).toEqual([]);
  });

  it('leaves word of raised limits for who reads balances beside it', async () => {
    const [account] = compiled.accounts;
    const raised = [
      { ...account!, added: 7 },
      { ...account!, account: 'other', added: 0 },
    ];
    const parts = { ledger, recorder, clock: systemClock, log: silentLogger() };
    const fail = (error: unknown): void => void failures.push(error);
    await new JournalDrain({ ...parts, accounts: () => raised, fail }).drainNow();
    expect([...(await ledger.added())]).toEqual([[account!.account, 7]]);
    expect(failures).toEqual([]);
  });

  it('ends in one line when Redis lost it, and leaves what another life wrote there', async () => {
    await grant('a', 'b');
    const journal = drain();
    await journal.drainNow();
    const first = await counts();
    await redis.connect().flushall();
    const stranger = new Ledger(redis.connect());
    await stranger.apply(ops(compiled, { id: 'c', customerId: 'c-c' }));
    await expect(drain().close()).rejects.toThrow('went back from entry 2 to 1');
    journal.start();
    await journal.close();
    expect(failures).toHaveLength(1);
    expect(failures[0]).toBeInstanceOf(Failure);
    expect(await stranger.waiting()).toBe(1);
    expect(await counts()).toEqual(first);
  });
});
