import { describe, expect, test } from 'vitest';
import { loadConfig } from '../../config/load.ts';
import { assembleEngine } from '../../pipeline/assemble.ts';
import { configAtStart } from '../../pipeline/reload/config-at-start.ts';
import { Rollout } from '../../pipeline/decide/rollout.ts';
import { trialSoFar } from '../../pipeline/record/config-history.ts';
import { silentLogger } from '../../pipeline/telemetry.ts';
import { batchFrom, START_MS, type PlainEvent } from '../support/events.ts';
import { catalogue, changesOf, PAYMENTS, payments } from '../support/reloading.ts';
import { running, startWorker, store, useReloading } from './reloading-fixture.ts';

useReloading();

describe('a change on trial', () => {
  const ROLLOUT = ['sheepdog.yaml', '  share: 1 ', '  share: 0.5 '] as const;
  const QUICK = ['sheepdog.yaml', 'minimumEvents: 1000', 'minimumEvents: 40'] as const;
  const accounts = Array.from({ length: 60 }, (_, n) => `acc-${n}`);
  /** One payment of every account; `minute` tells them apart. */
  const round = (minute: number): PlainEvent[] =>
    accounts.map((account) => payments(account, 1, minute)[0]!);

  test('judges a share of the accounts, always the same ones', async () => {
    await startWorker([ROLLOUT]);
    const stable = running.live.active.version;
    await running.decide(round(0));
    await running.edit('detectors.yaml', PAYMENTS, 'payments: { review: 9 }');
    const canary = running.live.trial!.config.version;
    expect(running.live.active.version).toBe(stable);
    await running.decide(round(1));
    await running.decide(round(2));
    await running.recorder.flush();
    const rows = await store.analytics.query<{ account: string; versions: string[] }>(
      `SELECT account_id AS account, groupUniqArray(config_version) AS versions FROM decisions
       WHERE occurred_at > toDateTime64('2026-03-02 02:30:00', 3, 'UTC') GROUP BY account`,
    );
    expect(new Set(rows.map(({ versions }) => versions.length))).toEqual(new Set([1]));
    const inIt = rows.filter(({ versions }) => versions[0] === canary).length;
    expect(inIt).toBeGreaterThan(15);
    expect(inIt).toBeLessThan(45);
  });

  test('that leaves its bounds is rolled back by itself, and the same content is refused', async () => {
    await startWorker([ROLLOUT, QUICK]);
    const stable = running.live.active.version;
    await running.edit(
      'detectors.yaml',
      PAYMENTS,
      'payments: { review: 0, block: 1, conclusive: 1 }',
    );
    const bad = running.live.trial!.config.version;
    for (let minute = 0; minute < 4; minute++) await running.decide(round(minute));
    expect(running.live.trial).toBeUndefined();
    expect(running.live.status).toMatchObject({ version: stable });
    expect(running.live.status.refused!.problems[0]).toContain(`${bad} was rolled back: `);
    const rows = await changesOf(running);
    expect(rows.map(({ kind }) => kind)).toEqual(['canary', 'rolled_back']);
    expect(rows[1]!['reason']).toMatch(/blocks, at most 0\.10 % are in bounds/);
    await running.write('lists/allow.yaml', 'accounts: [{ value: vip, reason: board }]\n');
    await running.look();
    expect(running.live.trial).toBeUndefined();
    expect(running.live.active.allowList.accounts).toHaveLength(1);
    expect(running.live.status.refused!.problems[0]).toContain('was rolled back');
  });

  test('is promoted when its time is over in bounds', async () => {
    await startWorker([ROLLOUT, QUICK]);
    await running.edit('detectors.yaml', PAYMENTS, 'payments: { review: 900 }');
    const { version } = running.live.trial!.config;
    for (let minute = 0; minute < 3; minute++) await running.decide(round(minute));
    expect(running.live.status).toMatchObject({ version, actor: 'rollout' });
    const { reason } = (await changesOf(running))[1]!;
    expect(reason).toMatch(
      /^in bounds for its time: 0 blocks and 0 reviews in \d+ events on trial/,
    );
  });

  test('goes on after a restart: everybody by stored files, the share by the folder', async () => {
    await startWorker([ROLLOUT]);
    const stable = running.live.active.version;
    const conclusive = 'payments: { review: 0, block: 1, conclusive: 1 }';
    await running.edit('detectors.yaml', PAYMENTS, conclusive);
    await running.decide(round(0));
    await running.decide(round(1));
    await running.recorder.flush();
    const start = await configAtStart(await loadConfig(running.folder, catalogue), {
      ...{ catalogue, analytics: store.analytics, history: running.history },
      log: silentLogger(),
    });
    expect(start.active.version).toBe(stable);
    expect(start.trial!.config.version).toBe(running.live.trial!.config.version);
    const { config, since } = start.trial!;
    expect(since).toMatchObject({ kind: 'canary', share: 0.5 });
    const { condition } = running.history;
    const soFar = await trialSoFar(store.analytics, condition, config.version, since!.arrival);
    const { canary, stable: beside, latestMs } = running.live.trial!.rollout;
    // Blocked twice, an account counts once.
    expect(canary.events).toBe(2 * canary.blocks);
    const { blocked, ...counts } = soFar;
    expect(counts).toEqual({ canary, stable: beside, latestMs });
    expect(blocked).toHaveLength(canary.blocks);
    const { engine, trial } = assembleEngine(start.active, config);
    engine.tryOut({ ruling: trial!, rollout: new Rollout(start.trial!.settings, latestMs) });
    const { versionAt } = engine.judge(batchFrom(round(2)));
    const versions = new Set(accounts.map((_, row) => versionAt(row)));
    expect(versions).toEqual(new Set([stable, config.version]));
  });

  test('that is rolled back at a word takes back at once what it proposed', async () => {
    await startWorker([ROLLOUT]);
    const conclusive = 'payments: { review: 0, block: 1, conclusive: 1 }';
    await running.edit('detectors.yaml', PAYMENTS, conclusive);
    await running.decide(round(0));
    const { freezing } = running.assembled.engine;
    const proposed = freezing.cases.open.freeze;
    expect(proposed).toBeGreaterThan(15);
    const order = { kind: 'config', actor: 'li', reason: 'wrong', issuedAtMs: START_MS } as const;
    await running.pipeline.obey({ ...order, id: '1-0', to: 'rolled_back' });
    expect(freezing.cases.open.freeze).toBe(0);
    await running.recorder.flush();
    const rows = await store.analytics.query<{ kind: string; n: number }>(
      'SELECT toString(kind) AS kind, count() AS n FROM account_actions GROUP BY kind ORDER BY kind',
    );
    expect(rows.map(({ kind, n }) => [kind, n])).toEqual([
      ['dismiss', proposed],
      ['propose', proposed],
    ]);
  });

  test('ends at a word: promoted or rolled back, once', async () => {
    await startWorker([ROLLOUT]);
    await running.edit('detectors.yaml', PAYMENTS, 'payments: { review: 9 }');
    const { version } = running.live.trial!.config;
    const order = {
      kind: 'config',
      actor: 'li',
      reason: 'looks good',
      issuedAtMs: START_MS,
    } as const;
    const promoted = await running.pipeline.obey({ ...order, id: '1-0', to: 'promoted' });
    expect(promoted).toMatchObject({ accepted: true });
    expect(running.live.status).toMatchObject({ version, actor: 'li' });
    const again = await running.pipeline.obey({ ...order, id: '2-0', to: 'promoted' });
    expect(again).toMatchObject({ accepted: false, message: 'no configuration is on trial' });
    const back = await running.pipeline.obey({ ...order, id: '3-0', to: 'rolled_back' });
    expect(back).toMatchObject({ accepted: true });
    await running.reloader.idle();
    expect(running.live.active.sections['account-velocity']!.bands).toMatchObject({
      payments: { review: 8 },
    });
  });
});
