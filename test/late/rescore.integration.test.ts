/** From a cause to what becomes of earlier rewards, on a real Redis and a real record, either of them away in between. */

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CommandLog } from '../../pipeline/act/commands.ts';
import { RESCORE_QUEUES, RescoreQueue } from '../../pipeline/act/rescore-queue.ts';
import { systemClock } from '../../pipeline/clock.ts';
import type { Command, Label } from '../../pipeline/decide/account-action.ts';
import { causesOfLabels, type Cause } from '../../pipeline/decide/cause.ts';
import { JournalDrain } from '../../pipeline/journal-drain.ts';
import type { ObeyParts } from '../../pipeline/orders/obey.ts';
import { rescore } from '../../pipeline/orders/obey-rescore.ts';
import { AnalyticsError, type Analytics } from '../../pipeline/record/analytics.ts';
import { proposalSteps } from '../../pipeline/record/proposal-history.ts';
import { Ledger } from '../../pipeline/reward/ledger.ts';
import { RewardProposals } from '../../pipeline/reward/proposal.ts';
import { rescorer } from '../../pipeline/late/rescore.ts';
import { silentLogger } from '../../pipeline/telemetry.ts';
import { until } from '../act/delivering.ts';
import { record, startRecording, type Recording } from '../record/recording.ts';
import { payments } from '../record/sample-batch.ts';
import { campaigns, FRIDAY_NOON_MS, ops, SPEND } from '../reward/scenario.ts';
import { redis, store, useStores } from '../support/stores.ts';

const DAY_MS = 86_400_000;
const compiled = campaigns({
  offer: { hold: { timeout: '30d', onTimeout: 'manual_review' }, limits: [] },
});
const CAUSE: Cause = {
  ...{ id: 'freeze_dec_9', kind: 'freeze', accountIds: ['a'], decisionId: '' },
  ...{ atMs: FRIDAY_NOON_MS + DAY_MS, byPerson: false, evidence: 'same-device' },
};
const REVIEWED: Cause = { ...CAUSE, id: 'label_1', kind: 'label', byPerson: true };

useStores({ durable: true });

interface Life {
  readonly recording: Recording;
  readonly queue: RescoreQueue;
  readonly proposals: RewardProposals;
  readonly obeyed: Command[];
  readonly stop: () => Promise<void>;
}

let starts = 0;
let ledger: Ledger;
let lives: Life[] = [];
beforeEach(() => {
  ledger = new Ledger(redis.connect());
  lives = [];
});
afterEach(async () => {
  for (const life of lives) await life.stop();
});

/** A worker's part in it: causes are followed, and the orders they lead to obeyed and recorded. */
async function live(
  settings: { automatic?: boolean; maxGrants?: number; maxOpen?: number; lockMs?: number } = {},
  analytics: Pick<Analytics, 'query'> = store.analytics,
): Promise<Life> {
  const recording = await startRecording(store.analytics, {}, `worker-${++starts}`);
  const { recorder, history, metrics } = recording;
  const shared = { clock: systemClock, log: silentLogger() };
  const fail = (error: unknown): never => {
    throw error as Error;
  };
  const journal = new JournalDrain({
    ...{ ledger, recorder, accounts: () => [], fail, ...shared },
  });
  const proposals = new RewardProposals(settings.maxOpen ?? 1000);
  for await (const page of proposalSteps(store.analytics, history.condition)) {
    for (const step of page) proposals.apply(step);
  }
  const commands = new CommandLog(redis);
  const stopping = new AbortController();
  const obeyed: Command[] = [];
  const caseWork = {
    ...{ proposals, automatic: settings.automatic ?? false },
    earnAnew: () => Promise.resolve(undefined),
  };
  const following = (async () => {
    for await (const command of commands.follow('0-0', stopping.signal)) {
      if (command.kind !== 'rescore') continue;
      obeyed.push(command);
      const config = { isJudging: () => true };
      const change = (work: () => void): Promise<void> => {
        work();
        recorder.seal(recorder.endBatch(), {}, FRIDAY_NOON_MS);
        return Promise.resolve();
      };
      const parts = { caseWork, recorder, metrics, config, change } as unknown as ObeyParts;
      const settled: Promise<unknown>[] = [];
      const { answer } = rescore(parts, command, ({ ops: list = [] }) => {
        const done = ledger.apply(list);
        settled.push(done);
        return done;
      });
      await Promise.all(settled);
      recorder.seal(recorder.endBatch(), {}, FRIDAY_NOON_MS);
      await recorder.flush();
      await commands.answer(await answer);
    }
  })().catch(() => undefined);
  const queue = new RescoreQueue({
    ...{ name: RESCORE_QUEUES.causes, redis, ...shared, pauseMs: 20 },
    ...(settings.lockMs !== undefined && { lockMs: settings.lockMs }),
  });
  queue.start(
    rescorer({
      ...{ analytics, recorder, journal, ledger, commands, metrics, ...shared },
      settings: { lookBackMs: 30 * DAY_MS, maxGrants: settings.maxGrants ?? 1000 },
      isPlaceholder: (value) => value === '' || value === 'unknown',
      signal: stopping.signal,
    }),
  );
  const life = {
    ...{ recording, queue, proposals, obeyed },
    stop: async () => {
      stopping.abort();
      await queue.close();
      commands.close();
      await following;
      await recorder.close();
    },
  };
  lives.push(life);
  return life;
}

async function pay(id: string, accountId: string, more: object = {}): Promise<void> {
  const facts = { id, accountId, customerId: `c-${accountId}`, ...more };
  await ledger.apply(ops(compiled, facts));
}

async function hold(id: string, accountId: string): Promise<void> {
  await ledger.apply(ops(compiled, { id, accountId, customerId: `c-${accountId}` }, 'review'));
}

async function followed({ queue }: Life): Promise<void> {
  await until(async () => (await queue.waiting()) === 0);
}

async function standings(): Promise<string[]> {
  const ids = Object.keys(await ledger.redis.hgetall(ledger.keys.grants));
  const grants = await Promise.all(ids.map((id) => ledger.grant(id)));
  return grants.map((grant) => `${grant!.eventId} ${grant!.state} ${grant!.reason}`).sort();
}

const about = ({ proposals }: Life): string[] =>
  [...proposals.all()].map(({ eventId, amountMinor }) => `${eventId} ${amountMinor}`).sort();

describe('what is caused', () => {
  it('by the policy: what waits goes on waiting, what was given is proposed, others are left alone', async () => {
    const life = await live();
    await pay('p1', 'a');
    await hold('h1', 'a');
    await pay('p2', 'b');
    await pay('old', 'a', { occurredAtMs: FRIDAY_NOON_MS - 40 * DAY_MS });
    await life.queue.enqueue([CAUSE]);
    await followed(life);
    expect(about(life)).toEqual(['p1 1000']);
    expect(await standings()).toEqual([
      'h1 held held_for_review',
      'old posted granted',
      'p1 posted granted',
      'p2 posted granted',
    ]);
  });

  it('by a person: what waits is given up; a dismissal stands until a person speaks again', async () => {
    const life = await live();
    await pay('p1', 'a');
    await hold('h1', 'a');
    await life.queue.enqueue([CAUSE]);
    await followed(life);
    const [open] = [...life.proposals.all()];
    life.proposals.apply({ ...open!, state: 'dismissed' });
    await life.queue.enqueue([{ ...CAUSE, id: 'freeze_dec_10' }]);
    await followed(life);
    expect(about(life)).toEqual([]);
    await life.queue.enqueue([REVIEWED]);
    await followed(life);
    expect(about(life)).toEqual(['p1 1000']);
    expect(await standings()).toEqual(['h1 voided review_rejected', 'p1 posted granted']);
  });

  it('is taken back without a person only where that is set, and then once', async () => {
    const life = await live({ automatic: true });
    await pay('p1', 'a');
    await life.queue.enqueue([CAUSE, { ...CAUSE, id: 'freeze_dec_10' }]);
    await followed(life);
    expect(await standings()).toEqual(['p1 clawed_back late_truth']);
    expect(await ledger.balances([SPEND])).toMatchObject([{ posted: 0, pending: 0 }]);
  });

  it('by a trial is taken back without a person nowhere, and known as the trial’s after a restart', async () => {
    const first = await live({ automatic: true });
    await pay('p1', 'a');
    await first.queue.enqueue([{ ...CAUSE, trial: 'judging-2' }]);
    await followed(first);
    expect(await standings()).toEqual(['p1 posted granted']);
    await first.stop();
    const second = await live({ automatic: true });
    expect(second.proposals.ofTrial('judging-2')).toMatchObject([{ eventId: 'p1' }]);
    expect(second.proposals.ofTrial('judging-3')).toEqual([]);
  });

  it('by a trial only proposes about what waits, and that is over once a person gives it up', async () => {
    const life = await live();
    await hold('h1', 'a');
    const before = await ledger.sequence();
    await life.queue.enqueue([{ ...CAUSE, trial: 'judging-2' }]);
    await followed(life);
    expect(about(life)).toEqual(['h1 1000']);
    expect(await ledger.sequence()).toBe(before);
    const [open] = [...life.proposals.all()];
    await life.queue.enqueue([REVIEWED]);
    await followed(life);
    expect(await standings()).toEqual(['h1 voided review_rejected']);
    await until(() => life.proposals.size === 0);
    expect(life.proposals.stateOf(open!.id)).toBe('done');
  });

  it('by a late review is asked of a person, whatever is set', async () => {
    const life = await live({ automatic: true });
    await pay('p1', 'a');
    await hold('h1', 'a');
    await life.queue.enqueue([{ ...CAUSE, kind: 'late_review' }]);
    await followed(life);
    expect(about(life)).toEqual(['p1 1000']);
    expect(await standings()).toEqual(['h1 held held_for_review', 'p1 posted granted']);
  });

  it('by a label that comes months later reaches the rewards around the event that it is about', async () => {
    const life = await live();
    const [sample] = payments(1);
    const facts = { id: 'fraud', accountId: 'a', customerId: 'c-a', occurredAtMs: FRIDAY_NOON_MS };
    await record(life.recording.recorder, [{ ...sample!, ...facts }]);
    await pay('p1', 'a');
    await pay('old', 'a', { occurredAtMs: FRIDAY_NOON_MS - 40 * DAY_MS });
    const said = { accountIds: [], decisionId: 'dec_fraud', atMs: FRIDAY_NOON_MS + 90 * DAY_MS };
    await life.queue.enqueue([{ ...REVIEWED, ...said }]);
    await followed(life);
    expect(about(life)).toEqual(['p1 1000']);
  });

  it('by a file of labels reaches the rewards around each event, named by its own label', async () => {
    const life = await live();
    const [sample] = payments(1);
    const fraud = (id: string, accountId: string, day: number) => ({
      ...{ ...sample!, id, accountId, customerId: `c-${accountId}` },
      occurredAtMs: FRIDAY_NOON_MS + day * DAY_MS,
    });
    await record(life.recording.recorder, [
      fraud('f-a', 'a', 0),
      fraud('f-b', 'b', -60),
      fraud('f-none', 'unknown', 0),
    ]);
    await pay('p-a', 'a');
    await hold('h-a', 'a');
    await pay('old-a', 'a', { occurredAtMs: FRIDAY_NOON_MS - 40 * DAY_MS });
    await pay('p-b', 'b', { occurredAtMs: FRIDAY_NOON_MS - 40 * DAY_MS });
    await pay('p-c', 'c');
    await pay('p-unknown', 'unknown', { customerId: 'unknown' });
    const words = ['f-a', 'f-b', 'f-none', 'not on record'].map((id): Label => ({
      ...{ id, decisionId: `dec_${id}`, label: 'confirmed', actor: 'bank' },
      ...{ reason: id === 'f-b' ? 'code 10' : 'code 83', labelledAtMs: 1 },
    }));
    const causes = causesOfLabels('7-0', words, FRIDAY_NOON_MS + 90 * DAY_MS);
    expect(causes).toHaveLength(1);
    await life.queue.enqueue(causes);
    await followed(life);
    expect(about(life)).toEqual(['p-a 1000', 'p-b 1000']);
    const said = [...life.proposals.all()].map(({ causeId, evidence }) => [causeId, evidence]);
    expect(said.sort()).toEqual([
      ['labels_7-0_dec_f-a', 'bank: code 83'],
      ['labels_7-0_dec_f-b', 'bank: code 10'],
    ]);
    expect(await standings()).toContain('h-a voided review_rejected');
    expect(life.obeyed.map(({ kind }) => kind)).toEqual(['rescore']);
  });

  it('never reaches those who share a name with nobody in particular', async () => {
    const life = await live();
    await pay('p1', 'unknown');
    await life.queue.enqueue([{ ...CAUSE, accountIds: ['unknown'] }]);
    await followed(life);
    expect(about(life)).toEqual([]);
    expect(life.obeyed).toEqual([]);
  });

  it('is bounded: the newest rewards of a cause', async () => {
    const few = await live({ maxGrants: 2 });
    for (let n = 0; n < 4; n++) await pay(`p${n}`, 'a', { occurredAtMs: FRIDAY_NOON_MS + n });
    await few.queue.enqueue([CAUSE]);
    await followed(few);
    expect(about(few)).toEqual(['p2 1000', 'p3 1000']);
  });

  it('is bounded: what finds no room is counted, and found again by its next cause', async () => {
    const narrow = await live({ maxOpen: 1 });
    for (let n = 0; n < 4; n++) await pay(`p${n}`, 'a');
    await narrow.queue.enqueue([CAUSE]);
    await followed(narrow);
    expect(narrow.proposals.size).toBe(1);
    const text = await narrow.recording.metrics.registry.metrics();
    expect(text).toContain('sheepdog_rewards_rescored_total{cause="freeze",outcome="no_room"} 3');
    const [open] = [...narrow.proposals.all()];
    narrow.proposals.apply({ ...open!, state: 'approved' });
    await narrow.queue.enqueue([{ ...CAUSE, id: 'freeze_dec_10' }]);
    await followed(narrow);
    expect(about(narrow)).not.toEqual([`${open!.eventId} 1000`]);
    expect(narrow.proposals.size).toBe(1);
  });
});

describe('with something away', () => {
  it('the record: the cause waits, and is followed once afterwards', async () => {
    let away = true;
    let asked = 0;
    const analytics: Pick<Analytics, 'query'> = {
      query: (sql, parameters) => {
        asked++;
        if (away) return Promise.reject(new AnalyticsError('gone', undefined, undefined));
        return store.analytics.query(sql, parameters);
      },
    };
    const life = await live({}, analytics);
    await pay('p1', 'a');
    await life.queue.enqueue([CAUSE]);
    await until(() => asked >= 3);
    expect(life.obeyed).toEqual([]);
    away = false;
    await followed(life);
    expect(life.obeyed).toHaveLength(1);
    expect(about(life)).toEqual(['p1 1000']);
  });

  it('Redis, killed: what was taken in is followed afterwards, and a repeat of it changes nothing', async () => {
    // A job whose end was not noted is missed soon; nothing here counts how often it is done.
    const life = await live({ lockMs: 500 });
    await pay('p1', 'a');
    await life.queue.enqueue([CAUSE]);
    await redis.kill();
    await redis.start();
    await until(() => life.proposals.size === 1);
    await life.queue.enqueue([{ ...CAUSE, id: 'freeze_dec_10' }]);
    await followed(life);
    expect(about(life)).toEqual(['p1 1000']);
  });

  it('the worker, killed before it noted that it was done: the next one does nothing twice', async () => {
    const first = await live({ automatic: true });
    await pay('p1', 'a');
    await hold('h1', 'a');
    await first.queue.enqueue([CAUSE]);
    await followed(first);
    const before = await ledger.sequence();
    await first.stop();
    // The orders stand in the log still, and the cause comes again: as after a kill before the marker.
    const second = await live({ automatic: true });
    await second.queue.enqueue([CAUSE, { ...CAUSE, id: 'freeze_dec_10' }]);
    await followed(second);
    await until(() => second.obeyed.length >= 1);
    expect(await ledger.sequence()).toBe(before);
    const [{ n }] = (await store.analytics.query<{ n: number }>(
      "SELECT count() AS n FROM reward_proposals FINAL WHERE kind = 'clawback'",
    )) as [{ n: number }];
    expect(n).toBe(1);
  });
});
