import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadConfig, type LoadedConfig } from '../../config/load.ts';
import {
  assembleDecoder,
  assembleEngine,
  assembleHistoryDecoder,
  type AssembledEngine,
} from '../../pipeline/assemble.ts';
import { keysOf } from '../../pipeline/keys.ts';
import { systemClock } from '../../pipeline/clock.ts';
import type { Command, CommandResult } from '../../pipeline/decide/account-action.ts';
import { discoverDetectors } from '../../pipeline/detect/discover.ts';
import { EventBatch } from '../../pipeline/event.ts';
import { LiveConfig } from '../../pipeline/reload/live-config.ts';
import { obey, type SettleOrder } from '../../pipeline/orders/obey.ts';
import { openHistory } from '../../pipeline/record/history.ts';
import type { LabelStanding } from '../../pipeline/record/label-history.ts';
import { restoreEngine } from '../../pipeline/restore.ts';
import { settle } from '../../pipeline/reward/evaluate.ts';
import { RewardProposals } from '../../pipeline/reward/proposal.ts';
import { LiveCampaigns } from '../../pipeline/reward/live-campaigns.ts';
import { simulate } from '../../pipeline/simulate/simulate.ts';
import { Metrics, silentLogger } from '../../pipeline/telemetry.ts';
import { META, startRecording, type Recording } from '../record/recording.ts';
import { temporaryAnalytics, type TemporaryAnalytics } from '../support/chdb.ts';

const KEYS = keysOf(Buffer.alloc(32, 7));
const START_MS = Date.UTC(2026, 2, 6, 1, 50);
const catalogue = await discoverDetectors();
const config = await loadConfig('config', catalogue);
const bodies = [
  ...simulate({ seed: 9, startMs: START_MS, minutes: 20, ratePerSecond: 2, attackShare: 0.2 }),
].map((event) => ({ json: JSON.stringify(event), atMs: Date.parse(event.occurredAt) }));
const half = Math.floor(bodies.length / 2);

let store: TemporaryAnalytics;
beforeAll(async () => {
  store = await temporaryAnalytics();
});
afterAll(() => store.close());

function decoded(from: number, to: number): EventBatch {
  const decoder = assembleDecoder(config, KEYS);
  const batch = new EventBatch(to - from);
  for (const { json, atMs } of bodies.slice(from, to)) {
    expect(decoder.decode(Buffer.from(json), atMs, batch)).toBeUndefined();
  }
  return batch;
}

/** Judges events and records what came of it, sealed or torn. */
function judge(
  { engine }: AssembledEngine,
  { recorder }: Recording,
  from: number,
  to: number,
): number {
  const batch = decoded(from, to);
  const { judgements, actions } = engine.judge(batch);
  judgements.forEach((judgement, row) => {
    if (judgement.kind === 'decided') recorder.addEvent(batch, row, judgement.decision, META);
  });
  for (const action of actions) recorder.addAccountAction(action);
  return recorder.endBatch();
}

async function restored(
  with_: LoadedConfig = config,
): Promise<AssembledEngine & { events: number }> {
  const assembled = assembleEngine(with_);
  const history = await openHistory(store.analytics, 'worker');
  const events = await restoreEngine(
    assembled.engine,
    history,
    assembleHistoryDecoder(with_, KEYS),
    assembled.horizonMs,
    { clock: systemClock, log: silentLogger(), signal: new AbortController().signal },
  );
  return { ...assembled, events };
}

describe('an engine restored from the record', () => {
  it('judges what follows as the one that never stopped, and knows what it has seen and frozen', async () => {
    await store.clear();
    const undisturbed = assembleEngine(config);
    const recording = await startRecording(store.analytics, {}, 'worker');
    const sealed = judge(undisturbed, recording, 0, half);
    recording.recorder.seal(sealed, {}, undisturbed.engine.watermarkMs);
    await recording.recorder.flush();
    expect(undisturbed.engine.freezing.size).toBeGreaterThan(0);

    const { engine, events, layers } = await restored();
    expect(events).toBe(half);
    expect(engine.freezing.size).toBe(undisturbed.engine.freezing.size);
    expect(engine.watermarkMs).toBe(undisturbed.engine.watermarkMs);
    expect(layers.stats().keys).toBe(undisturbed.layers.stats().keys);
    const repeats = engine.judge(decoded(0, half)).judgements;
    expect(new Set(repeats.map(({ kind }) => kind))).toEqual(new Set(['repeat']));
    const after = engine.judge(decoded(half, bodies.length));
    const expected = undisturbed.engine.judge(decoded(half, bodies.length));
    // Functions are equal to themselves alone; which version judged is compared by the rows.
    expect({ ...after, versionAt: undefined }).toEqual({ ...expected, versionAt: undefined });
    const verdicts = expected.judgements.map(
      (each) => each.kind === 'decided' && each.decision.verdict,
    );
    expect(new Set(verdicts)).toEqual(new Set(['allow', 'review', 'block']));
  });

  it('leaves out what was torn: rows beyond the last marker', async () => {
    await store.clear();
    const first = assembleEngine(config);
    const recording = await startRecording(store.analytics, {}, 'worker');
    const sealed = judge(first, recording, 0, 100);
    recording.recorder.seal(sealed, {}, first.engine.watermarkMs);
    judge(first, recording, 100, 200);
    await recording.recorder.flush();
    expect(await store.analytics.query('SELECT count() AS n FROM events')).toEqual([{ n: 200 }]);
    const { engine, events } = await restored();
    expect(events).toBe(100);
    const { judgements } = engine.judge(decoded(0, 200));
    expect(judgements.map(({ kind }) => kind)).toEqual([
      ...Array<string>(100).fill('repeat'),
      ...Array<string>(100).fill('decided'),
    ]);
  });

  it('takes history back in although the limits of ingest are narrower by now', async () => {
    await store.clear();
    const first = assembleEngine(config);
    const recording = await startRecording(store.analytics, {}, 'worker');
    const sealed = judge(first, recording, 0, 50);
    recording.recorder.seal(sealed, {}, first.engine.watermarkMs);
    await recording.recorder.flush();
    const ingest = { ...config.system.ingest, maxAmountMinor: 1, maxRecordBytes: 10 };
    const narrow = { ...config, system: { ...config.system, ingest } };
    expect((await restored(narrow)).events).toBe(50);
  });
});

describe("an analyst's order", () => {
  const by = { actor: 'li', reason: 'seen', issuedAtMs: START_MS };

  it('freezes and unfreezes once, says so when nothing changes, and settles every time', async () => {
    const { engine, orders, obeyed } = await obeying();
    const { freezing } = engine;
    const freeze: Command = { ...by, id: '1-0', kind: 'freeze', accountId: 'x' };
    const result = await obeyed(freeze);
    expect(result).toMatchObject({ commandId: '1-0', accepted: true });
    expect(freezing.isFrozen('x', START_MS)).toBe(true);
    const again = await obeyed({ ...freeze, id: '2-0' });
    expect(again.message).toBe(
      'account x was frozen already; your word is kept; no event of it is on record yet: check its id',
    );
    await obeyed({ ...freeze, id: '3-0', kind: 'unfreeze' });
    expect(freezing.isFrozen('x', START_MS)).toBe(false);
    const free = await obeyed({ ...freeze, id: '4-0', kind: 'unfreeze' });
    expect(free.message).toBe('account x was not frozen; your word is kept');
    expect(orders.actions).toEqual([
      [expect.objectContaining({ kind: 'freeze', accountId: 'x', actor: 'li', reason: 'seen' })],
      // Who said so too stays on record.
      [expect.objectContaining({ id: 'freeze_2-0', kind: 'freeze' })],
      [expect.objectContaining({ id: 'unfreeze_3-0', kind: 'unfreeze', accountId: 'x' })],
      [expect.objectContaining({ id: 'unfreeze_4-0', kind: 'unfreeze' })],
    ]);
  });

  it('labels a decision, which releases or voids its rewards, and refuses an unknown one', async () => {
    const { orders, recording, obeyed } = await obeying();
    judge(assembleEngine(config), recording, 0, 1);
    const { id } = JSON.parse(bodies[0]!.json) as { id: string };
    const label = { ...by, kind: 'label', label: 'confirmed' } as const;
    const known = await obeyed({ ...label, id: '1-0', decisionId: `dec_${id}` });
    expect(known).toMatchObject({
      accepted: true,
      message: `decision dec_${id} (allow) is labelled confirmed`,
    });
    expect(orders.ops[0]).toMatchObject([{ kind: 'settle', eventId: id, to: 'voided' }]);
    const unknown = await obeyed({ ...label, id: '2-0', decisionId: 'dec_no' });
    expect(unknown).toEqual({
      commandId: '2-0',
      accepted: false,
      message: 'there is no decision dec_no',
    });
    // It settles all the same, so that it is not read again at the next start.
    expect(orders.ops).toHaveLength(2);
    await recording.recorder.flush();
    expect(await store.analytics.query('SELECT decision_id, label FROM labels')).toEqual([
      { decision_id: `dec_${id}`, label: 'confirmed' },
    ]);
  });

  it('labels of a file are dated by the file and told now', async () => {
    const { orders, obeyed } = await obeying();
    const labelledAtMs = START_MS - 1000;
    const labels = [{ decisionId: 'dec_e', label: 'confirmed', labelledAtMs }] as const;
    const standing = { decided: new Set(['e']), known: new Set<string>() };
    expect(await obeyed({ ...by, id: '1-0', kind: 'labels', labels }, standing)).toMatchObject({
      accepted: true,
    });
    expect(orders.ops).toMatchObject([
      [{ kind: 'settle', eventId: 'e', occurredAtMs: labelledAtMs, toldAtMs: START_MS }],
    ]);
  });

  async function obeying() {
    await store.clear();
    const recording = await startRecording(store.analytics, {}, 'worker');
    const { engine } = assembleEngine(config);
    const { history, recorder } = recording;
    const actions: unknown[] = [];
    const ops: unknown[] = [];
    const settleOrder: SettleOrder = (follows) => {
      actions.push(follows.actions ?? []);
      ops.push(follows.ops ?? []);
      return Promise.resolve([]);
    };
    const campaigns = new LiveCampaigns(config.campaigns, { drawKey: Buffer.from('draws') });
    const keys = assembleDecoder(config, KEYS);
    const spentOn = () => Promise.resolve(new Map<string, number>());
    const live = new LiveConfig(
      {
        ...recording,
        engine,
        history,
        recorder,
        clock: systemClock,
        log: silentLogger(),
        metrics: new Metrics(),
      },
      config,
    );
    const parts = {
      ...{ engine, history, recorder, campaigns, rewardsOfLabel: settle, spentOn, keys },
      config: live,
      metrics: new Metrics(),
      clock: systemClock,
      change: (work: () => void) => Promise.resolve().then(work),
      caseWork: {
        proposals: new RewardProposals(10),
        automatic: false,
        earnAnew: () => Promise.resolve(undefined),
      },
    };
    const obeyed = async (command: Command, standing?: LabelStanding): Promise<CommandResult> =>
      (await obey(parts, command, settleOrder, standing)).answer;
    return { engine, recording, obeyed, orders: { actions, ops } };
  }
});
