import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { configAtStart } from '../../pipeline/config-at-start.ts';
import { loadConfig } from '../../config/load.ts';
import { assembleEngine } from '../../pipeline/assemble.ts';
import { Rollout } from '../../pipeline/decide/rollout.ts';
import { trialSoFar } from '../../pipeline/record/config-history.ts';
import { simulate } from '../../pipeline/simulate/simulate.ts';
import { silentLogger } from '../../pipeline/telemetry.ts';
import { temporaryAnalytics, type TemporaryAnalytics } from '../support/chdb.ts';
import { at, batchFrom, paymentOf, START_MS, type PlainEvent } from '../support/events.ts';
import { catalogue, startReloading, type Reloading } from '../support/reloading.ts';

let store: TemporaryAnalytics;
let running: Reloading;
beforeAll(async () => {
  store = await temporaryAnalytics();
});
afterEach(async () => {
  await running.close();
  await store.clear();
});
afterAll(() => store.close());

const PAYMENTS = 'payments: { review: 8, block: 20, conclusive: 40 }';
const stream: readonly PlainEvent[] = [
  ...simulate({ seed: 5, startMs: START_MS, minutes: 12, ratePerSecond: 3, attackShare: 0.2 }),
].map((event) => ({ ...event }));
const [first, second, third] = [0, 1, 2].map((n) =>
  stream.slice((n * stream.length) / 3, ((n + 1) * stream.length) / 3),
) as [PlainEvent[], PlainEvent[], PlainEvent[]];

/** Payments of one account, a minute apart, at merchants and places that nothing else speaks of. */
function payments(account: string, count: number, fromMinute = 0): PlainEvent[] {
  return Array.from({ length: count }, (_, n) =>
    paymentOf({
      id: `${account}-${fromMinute + n}`,
      accountId: account,
      customerId: account,
      cardId: account,
      deviceId: account,
      ip: undefined,
      occurredAt: at((fromMinute + n) * 3_600_000),
    }),
  );
}

async function changes(): Promise<readonly Record<string, unknown>[]> {
  await running.recorder.flush();
  return store.analytics.query(
    `SELECT * FROM config_changes WHERE kind != 'start' ORDER BY arrival`,
  );
}

describe('an edit', () => {
  test('of a threshold judges the next event by it, upon the windows that stand', async () => {
    running = await startReloading(store.analytics);
    const before = running.live.active.version;
    const early = await running.decide(payments('a', 4));
    expect(early.map((each) => each?.verdict)).toEqual(Array(4).fill('allow'));
    await running.edit('detectors.yaml', PAYMENTS, 'payments: { review: 5 }');
    const [decision] = await running.decide(payments('a', 1, 4));
    expect(decision?.findings[0]).toMatchObject({ detector: 'account-velocity', measure: 5 });
    expect(running.assembled.layers.count).toBe(1);
    expect(running.live.status.warming).toBeUndefined();
    await running.recorder.flush();
    const rows = await store.analytics.query<{ version: string; n: number }>(
      'SELECT config_version AS version, count() AS n FROM decisions GROUP BY version ORDER BY n DESC',
    );
    expect(rows).toEqual([
      { version: before, n: 4 },
      { version: running.live.active.version, n: 1 },
    ]);
  });

  test('is on record with who, what it changed and its files', async () => {
    running = await startReloading(store.analytics);
    await running.edit('detectors.yaml', PAYMENTS, 'payments: { review: 5 }');
    const [row, ...others] = await changes();
    expect(others).toEqual([]);
    expect(row).toMatchObject({
      ...{ kind: 'reload', actor: 'test', paths: ['detectors.yaml'], share: 1 },
      version: running.live.active.version,
    });
    expect(row!['diff']).toContain(`-    ${PAYMENTS}\n+    payments: { review: 5 }`);
    const stored = await store.analytics.query<{ text: string }>(
      `SELECT files['detectors.yaml'] AS text FROM config_versions ORDER BY activated_at DESC`,
    );
    expect(stored[0]!.text).toContain('payments: { review: 5 }');
  });

  test('of comments changes nothing', async () => {
    running = await startReloading(store.analytics);
    const { version } = running.live.active;
    await running.edit('detectors.yaml', PAYMENTS, `${PAYMENTS} # as ever`);
    expect(running.live.status).toMatchObject({ version });
    expect(await changes()).toEqual([]);
  });

  test('of what is built in is told as needing a restart, and the rest is taken up', async () => {
    running = await startReloading(store.analytics);
    const { version } = running.live.active;
    await running.edit('sheepdog.yaml', 'allowedLatenessMs: 10m', 'allowedLatenessMs: 20m');
    expect(running.live.status).toMatchObject({ version, needsRestart: ['windows'] });
    await running.edit('sheepdog.yaml', 'independentFindings: 2', 'independentFindings: 3');
    expect(running.live.active.system.policy.independentFindings).toBe(3);
    expect(running.live.active.system.windows.allowedLatenessMs).toBe(600_000);
  });
});

describe('a new feature', () => {
  const edits = [
    ['detectors.yaml', '  deviceWindow: 24h', '  deviceWindow: 6h'],
    ['detectors.yaml', 'window: 24h', 'window: 20h'],
  ] as const;

  test('is filled from history: decisions are those of a worker that always had it', async () => {
    running = await startReloading(store.analytics, edits);
    const expected = [
      await running.decide(first),
      await running.decide(second),
      await running.decide(third),
    ][2]!;
    expect(expected.some((each) => each!.findings.length > 0)).toBe(true);
    await running.close();
    await store.clear();

    running = await startReloading(store.analytics);
    await running.decide(first);
    for (const [file, from, to] of edits) await running.edit(file, from, to);
    expect(running.assembled.layers.count).toBeGreaterThan(1);
    await running.decide(second);
    const got = await running.decide(third);
    expect(got.map((each) => each!.findings)).toEqual(expected.map((each) => each!.findings));
  });

  test('takes events that come while it is filled once', async () => {
    running = await startReloading(store.analytics, edits);
    const all = [...first, ...second, ...third];
    const expected = (await running.decide(all)).slice(-third.length);
    await running.close();
    await store.clear();

    running = await startReloading(store.analytics);
    await running.decide(first);
    const [one, two] = edits;
    await running.write('detectors.yaml', await edited(running, [one, two]));
    const looked = running.look();
    for (let from = 0; from < second.length; from += 50) {
      await running.decide(second.slice(from, from + 50));
    }
    await looked;
    const got = await running.decide(third);
    expect(got.map((each) => each!.findings)).toEqual(expected.map((each) => each!.findings));
  });

  test('of many edits is measured in a bounded number of layers', async () => {
    running = await startReloading(store.analytics);
    await running.decide(first);
    let window = 24;
    for (let n = 0; n < 8; n++) {
      await running.edit(
        'detectors.yaml',
        `deviceWindow: ${window}h`,
        `deviceWindow: ${--window}h`,
      );
      expect(running.assembled.layers.count).toBeLessThanOrEqual(4);
      await running.decide(second.slice(n * 10, n * 10 + 10));
    }
    expect(running.live.status.refused).toBeUndefined();
  });
});

async function edited(
  { config }: Reloading,
  edits: readonly (readonly [string, string, string])[],
): Promise<string> {
  return Promise.resolve(
    edits.reduce((text, [, from, to]) => text.replace(from, to), config.files['detectors.yaml']!),
  );
}

describe('a bad file', () => {
  test('is refused with all its errors; what judged goes on judging', async () => {
    running = await startReloading(store.analytics);
    const { version } = running.live.active;
    await running.write('lists/block.yaml', 'accounts: 3\n');
    await running.edit('detectors.yaml', PAYMENTS, 'payments: { review: 9, block: 2 }');
    expect(running.live.status).toMatchObject({ version });
    expect(running.live.status.refused!.problems).toEqual([
      expect.stringMatching(/block\.yaml:1:11: accounts/),
      expect.stringMatching(/detectors\.yaml:\d+:\d+: account-velocity\.bands\.payments\.block/),
    ]);
    const text = await running.shared.metrics.registry.metrics();
    expect(text).toContain('sheepdog_config_reload_total{result="refused"} 1');
    await running.write('lists/block.yaml', running.config.files['lists/block.yaml']!);
    await running.write('detectors.yaml', running.config.files['detectors.yaml']!);
    await running.look();
    expect(running.live.status.refused).toBeUndefined();
  });

  test('in a storm of edits does no harm: the last good content judges', async () => {
    running = await startReloading(store.analytics);
    const looks: Promise<void>[] = [];
    for (let n = 1; n <= 100; n++) {
      const band = n % 2 === 0 ? `payments: { review: ${n} }` : 'payments: [';
      const text = running.config.files['detectors.yaml']!.replace(PAYMENTS, band);
      await running.write('detectors.yaml', text);
      looks.push(running.look());
    }
    await Promise.all(looks);
    expect(running.live.active.sections['account-velocity']!.bands).toMatchObject({
      payments: { review: 100 },
    });
    expect(running.live.status.refused).toBeUndefined();
    expect((await changes()).length).toBeLessThanOrEqual(50);
  });
});

describe('a change on trial', () => {
  const ROLLOUT = ['sheepdog.yaml', '  share: 1 ', '  share: 0.5 '] as const;
  const QUICK = ['sheepdog.yaml', 'minimumEvents: 1000', 'minimumEvents: 40'] as const;
  const accounts = Array.from({ length: 60 }, (_, n) => `acc-${n}`);
  /** One payment of every account; `minute` tells them apart. */
  const round = (minute: number): PlainEvent[] =>
    accounts.map((account) => payments(account, 1, minute)[0]!);

  test('judges a share of the accounts, always the same ones', async () => {
    running = await startReloading(store.analytics, [ROLLOUT]);
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
    running = await startReloading(store.analytics, [ROLLOUT, QUICK]);
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
    const rows = await changes();
    expect(rows.map(({ kind }) => kind)).toEqual(['canary', 'rolled_back']);
    expect(rows[1]!['reason']).toMatch(/blocks, at most 0\.10 % are in bounds/);
    await running.write('lists/allow.yaml', 'accounts: [{ value: vip, reason: board }]\n');
    await running.look();
    expect(running.live.trial).toBeUndefined();
    expect(running.live.active.allowList.accounts).toHaveLength(1);
    expect(running.live.status.refused!.problems[0]).toContain('was rolled back');
  });

  test('is promoted when its time is over in bounds', async () => {
    running = await startReloading(store.analytics, [ROLLOUT, QUICK]);
    await running.edit('detectors.yaml', PAYMENTS, 'payments: { review: 900 }');
    const { version } = running.live.trial!.config;
    for (let minute = 0; minute < 3; minute++) await running.decide(round(minute));
    expect(running.live.status).toMatchObject({ version, actor: 'rollout' });
    const { reason } = (await changes())[1]!;
    expect(reason).toMatch(
      /^in bounds for its time: 0 blocks and 0 reviews in \d+ events on trial/,
    );
  });

  test('goes on after a restart: everybody by stored files, the share by the folder', async () => {
    running = await startReloading(store.analytics, [ROLLOUT]);
    const stable = running.live.active.version;
    await running.edit('detectors.yaml', PAYMENTS, 'payments: { review: 9 }');
    await running.decide(round(0));
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
    expect(canary.events).toBeGreaterThan(0);
    expect(soFar).toEqual({ canary, stable: beside, latestMs });
    const { engine, trial } = assembleEngine(start.active, config);
    engine.tryOut({ ruling: trial!, rollout: new Rollout(start.trial!.settings, latestMs) });
    const { versionAt } = engine.judge(batchFrom(round(1)));
    const versions = new Set(accounts.map((_, row) => versionAt(row)));
    expect(versions).toEqual(new Set([stable, config.version]));
  });

  test('ends at a word: promoted or rolled back, once', async () => {
    running = await startReloading(store.analytics, [ROLLOUT]);
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
