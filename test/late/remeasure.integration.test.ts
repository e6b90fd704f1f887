/** What came late and would have changed an earlier decision, from the event to the proposal, on a real record. */

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadConfig, type LoadedConfig } from '../../config/load.ts';
import type { NewCommand } from '../../pipeline/act/commands.ts';
import { assembleEngine } from '../../pipeline/assemble.ts';
import { systemClock } from '../../pipeline/clock.ts';
import type { LateEvents } from '../../pipeline/decide/cause.ts';
import type { Engine } from '../../pipeline/decide/engine.ts';
import { discoverDetectors } from '../../pipeline/detect/discover.ts';
import { EventBatch } from '../../pipeline/event.ts';
import { JournalDrain } from '../../pipeline/journal-drain.ts';
import { LateKeys } from '../../pipeline/late/late-keys.ts';
import { MeasuringAgain } from '../../pipeline/late/measure-again.ts';
import type { ObeyParts } from '../../pipeline/orders/obey.ts';
import { rescore } from '../../pipeline/orders/obey-rescore.ts';
import { remeasurer, type RemeasureParts } from '../../pipeline/late/remeasure.ts';
import { Ledger } from '../../pipeline/reward/ledger.ts';
import { RewardProposals } from '../../pipeline/reward/proposal.ts';
import { silentLogger } from '../../pipeline/telemetry.ts';
import { META, startRecording, type Recording } from '../record/recording.ts';
import { campaigns, ops } from '../reward/scenario.ts';
import { paymentOf, testDecoder } from '../support/events.ts';
import { redis, store, useStores } from '../support/stores.ts';

const shipped = await loadConfig('config', await discoverDetectors());
const velocity = (payments: Readonly<Record<string, number>>): LoadedConfig => ({
  ...shipped,
  sections: {
    ...shipped.sections,
    'account-velocity': {
      ...shipped.sections['account-velocity']!,
      bands: { ...shipped.sections['account-velocity']!.bands, payments },
    },
  },
});
/** Three payments of an account within its window block for certain. */
const BLOCKING = velocity({ block: 3, conclusive: 3 });
const FRIDAY_MS = Date.parse('2026-11-20T13:00:00+08:00');
const MINUTE_MS = 60_000;
const compiled = campaigns({
  offer: { hold: { timeout: '30d', onTimeout: 'manual_review' }, limits: [] },
});
const decoder = testDecoder({ maxFutureMs: Infinity });

useStores();

let starts = 0;
let config: LoadedConfig;
let recording: Recording;
let engine: Engine;
let ledger: Ledger;
let lateKeys: LateKeys;
let proposals: RewardProposals;
let late: LateEvents['events'][number][];
beforeEach(async () => {
  recording = await startRecording(store.analytics, {}, `worker-${++starts}`);
  config = BLOCKING;
  ({ engine } = assembleEngine(config));
  ledger = new Ledger(redis.connect());
  lateKeys = new LateKeys(-Infinity);
  proposals = new RewardProposals(100);
  late = [];
});
afterEach(() => recording.recorder.close());

interface Payment {
  readonly id: string;
  readonly account: string;
  readonly minute: number;
  readonly device?: string;
  readonly ip?: string;
  /** The reward waits for a person. */
  readonly held?: boolean;
}

/** Decided, recorded and rewarded as they come. */
async function come(...payments: readonly Payment[]): Promise<void> {
  const { recorder } = recording;
  for (const { id, account, minute, device = `d-${account}`, ip, held = false } of payments) {
    const occurredAtMs = FRIDAY_MS + minute * MINUTE_MS;
    const batch = new EventBatch(1);
    const who = { accountId: account, customerId: `c-${account}`, cardId: `k-${account}` };
    const event = paymentOf({
      ...{ id, ...who, deviceId: device, ip, merchantId: `m-${id}` },
      occurredAt: new Date(occurredAtMs).toISOString(),
    });
    decoder.decode(Buffer.from(JSON.stringify(event)), FRIDAY_MS + 86_400_000, batch);
    const [judgement] = engine.judge(batch).judgements;
    if (judgement?.kind !== 'decided') throw new Error(`${id} came before`);
    const { decision } = judgement;
    recorder.addEvent(batch, 0, decision, META);
    const verdict = held ? 'review' : decision.verdict;
    const due = ops(compiled, { id, ...who, occurredAtMs }, verdict);
    if (lateKeys.isLate(batch, 0, due)) late.push({ eventId: id, occurredAtMs });
    await ledger.apply(due);
    recorder.seal(recorder.endBatch(), {}, occurredAtMs);
  }
}

let orders = 0;
/** Follows what came late so far, on record unless said otherwise, the orders it leads to obeyed at once. */
async function follow({
  sinceMs = systemClock.now(),
  clock = systemClock,
  written = true,
} = {}): Promise<boolean> {
  const { recorder, metrics } = recording;
  if (written) await recorder.flush();
  const shared = { clock, log: silentLogger(), metrics };
  const fail = (error: unknown): never => {
    throw error as Error;
  };
  const caseWork = { proposals, automatic: false, earnAnew: () => Promise.resolve(undefined) };
  const commands = {
    append: async (command: NewCommand) => {
      const id = `${++orders}-0`;
      if (command.kind !== 'rescore') throw new Error(command.kind);
      const parts = { caseWork, recorder, metrics } as unknown as ObeyParts;
      let done: Promise<unknown> = Promise.resolve();
      rescore(parts, { ...command, id }, ({ ops: list = [] }) => {
        const applied = ledger.apply(list);
        done = applied;
        return applied;
      });
      await done;
      return id;
    },
    wait: (commandId: string) => Promise.resolve({ commandId, accepted: true, message: '' }),
  };
  const parts: RemeasureParts = {
    ...{ analytics: store.analytics, ledger, commands, ...shared },
    journal: new JournalDrain({ ledger, recorder, accounts: () => [], fail, ...shared }),
    settings: { lookBackMs: 1, maxGrants: 1 },
    isPlaceholder: (value) => value === '' || value === 'unknown',
    signal: new AbortController().signal,
    measuring: new MeasuringAgain({ active: () => config, decoderOf: () => decoder, engine }),
  };
  return await remeasurer(parts)({ id: 'late_1', events: late, sinceMs });
}

async function standings(): Promise<string[]> {
  const ids = Object.keys(await ledger.redis.hgetall(ledger.keys.grants));
  const grants = await Promise.all(ids.map((id) => ledger.grant(id)));
  return grants.map((grant) => `${grant!.eventId} ${grant!.state} ${grant!.reason}`).sort();
}

const about = (): string[] => [...proposals.all()].map(({ kind, eventId }) => `${kind} ${eventId}`);

describe('an event that comes late', () => {
  it('opens a clawback for the very reward that would not have been given, and leaves all others', async () => {
    await come(
      { id: 'p1', account: 'a', minute: 0 },
      { id: 'p2', account: 'a', minute: 4 },
      { id: 'other', account: 'b', minute: 4 },
      { id: 'late', account: 'a', minute: 2 },
    );
    expect(late.map(({ eventId }) => eventId)).toEqual(['late']);
    expect(await follow()).toBe(true);
    expect(about()).toEqual(['clawback p2']);
    expect([...proposals.all()][0]).toMatchObject({
      causeKind: 'late_block',
      evidence: expect.stringMatching(/^account-velocity.*, with what came late: late$/) as string,
    });
  });

  it('keeps what still waits waiting, also when it is too late for the windows', async () => {
    await come(
      { id: 'p1', account: 'a', minute: 56 },
      { id: 'h1', account: 'a', minute: 58, held: true },
      { id: 'clock', account: 'z', minute: 120 },
      { id: 'late', account: 'a', minute: 57 },
    );
    expect(await follow()).toBe(true);
    expect(about()).toEqual([]);
    expect(await standings()).toContain('h1 held held_for_review');
    const rows = recording.metrics.registry;
    expect(await rows.metrics()).toContain(
      'sheepdog_rewards_rescored_total{cause="late_block",outcome="hold_done"} 1',
    );
  });

  it('says nothing where it changes nothing, and nothing twice', async () => {
    await come({ id: 'p1', account: 'a', minute: 4 }, { id: 'late', account: 'a', minute: 2 });
    expect(await follow()).toBe(true);
    expect(about()).toEqual([]);
    await come({ id: 'p3', account: 'a', minute: 6 }, { id: 'later', account: 'a', minute: 1 });
    expect(await follow()).toBe(true);
    expect(about()).toEqual(['clawback p1']);
    const [open] = [...proposals.all()];
    proposals.apply({ ...open!, state: 'dismissed' });
    expect(await follow()).toBe(true);
    expect(about()).toEqual([]);
  });

  it('that would have one reward reviewed and another blocked says of each what it is', async () => {
    config = velocity({ review: 2, block: 3, conclusive: 3 });
    await come(
      { id: 'p1', account: 'a', minute: 2 },
      { id: 'p2', account: 'a', minute: 4 },
      { id: 'late', account: 'a', minute: 1 },
    );
    expect(await follow()).toBe(true);
    const kinds = [...proposals.all()].map(({ eventId, causeKind }) => [eventId, causeKind]);
    expect(kinds.sort()).toEqual([
      ['p1', 'late_review'],
      ['p2', 'late_block'],
    ]);
  });

  it('is not blamed for what the rules of now say without it as well', async () => {
    await come(
      { id: 'p1', account: 'a', minute: 1, held: true },
      { id: 'p2', account: 'a', minute: 2, held: true },
      { id: 'p3', account: 'a', minute: 3, held: true },
      { id: 'late', account: 'b', minute: 2, device: 'd-a' },
    );
    expect(late).toHaveLength(1);
    expect(await follow()).toBe(true);
    const counted = await recording.metrics.registry.metrics();
    expect(counted).toContain('cause="late_event",outcome="measured_again"} 1');
    expect(counted).not.toContain('cause="late_block"');
  });

  it.each([
    ['before what came late for them', 1],
    ['after it, and after those it is nearer to', 310],
  ])(
    'is measured with the decisions next to it, however many of others lie %s',
    async (_, from) => {
      const crowd = Array.from({ length: 220 }, (__, n) => ({
        ...{ id: `crowd-${n}`, account: `c-${n}`, device: 'shop', held: true },
        minute: from + n / 100,
      }));
      await come(
        ...crowd,
        { id: 'p1', account: 'a', minute: 300 },
        { id: 'p2', account: 'a', minute: 304 },
        { id: 'q1', account: 'q', minute: 1 },
        { id: 'z1', account: 'z', device: 'shop', minute: 330, held: true },
        { id: 'late-q', account: 'q', minute: 0 },
        { id: 'late-z', account: 'z', device: 'shop', minute: 309 },
        { id: 'late', account: 'a', minute: 302 },
      );
      expect(late.map(({ eventId }) => eventId)).toEqual(['late-q', 'late-z', 'late']);
      expect(await follow()).toBe(true);
      expect(about()).toEqual(['clawback p2']);
    },
  );

  it('is no nearer to those who share a name with nobody in particular', async () => {
    const nobody = { device: 'unknown', ip: '203.0.113.7' };
    const crowd = Array.from({ length: 220 }, (_, n) => ({
      ...{ id: `crowd-${n}`, account: `c-${n}`, held: true, ...nobody },
      minute: 2 + n / 1000,
    }));
    await come(
      { id: 'p1', account: 'a', minute: 0 },
      ...crowd,
      { id: 'p2', account: 'a', minute: 4 },
      { id: 'late', account: 'a', minute: 1, ...nobody },
    );
    expect(late.map(({ eventId }) => eventId)).toEqual(['late']);
    expect(await follow()).toBe(true);
    expect(about()).toEqual(['clawback p2']);
  });

  it('is waited for without having the record written for it, and followed by a rest', async () => {
    await come({ id: 'p1', account: 'a', minute: 4 }, { id: 'late', account: 'a', minute: 2 });
    const { recorder } = recording;
    const rests: number[] = [];
    const sleep = (ms: number): Promise<void> => {
      rests.push(ms);
      return Promise.resolve();
    };
    const clock = { ...systemClock, sleep };
    const waiting = recorder.bufferedRows;
    expect(waiting).toBeGreaterThan(0);
    expect(await follow({ clock, written: false })).toBe(false);
    expect(recorder.bufferedRows).toBe(waiting);
    expect(rests).toEqual([]);
    late = [{ eventId: 'p1', occurredAtMs: FRIDAY_MS + 4 * MINUTE_MS }];
    expect(await follow({ clock })).toBe(true);
    expect(await recording.metrics.registry.metrics()).not.toContain('measured_again');
    expect(rests).toEqual([expect.any(Number)]);
    expect(rests[0]).toBeGreaterThan(0);
  });

  it('is waited for until it is on record, and not for ever', async () => {
    await come({ id: 'p1', account: 'a', minute: 4 });
    late.push({ eventId: 'not yet', occurredAtMs: FRIDAY_MS });
    expect(await follow()).toBe(false);
    expect(await follow({ sinceMs: systemClock.now() - 3_600_000 })).toBe(true);
  });
});
