import { describe, expect, test } from 'vitest';
import { simulate } from '../../pipeline/simulate/simulate.ts';
import { START_MS, type PlainEvent } from '../support/events.ts';
import { changesOf, PAYMENTS, payments, type Reloading } from '../support/reloading.ts';
import { running, startWorker, store, useReloading } from './reloading-fixture.ts';

useReloading();

const stream: readonly PlainEvent[] = [
  ...simulate({ seed: 5, startMs: START_MS, minutes: 12, ratePerSecond: 3, attackShare: 0.2 }),
].map((event) => ({ ...event }));
const [first, second, third] = [0, 1, 2].map((n) =>
  stream.slice((n * stream.length) / 3, ((n + 1) * stream.length) / 3),
) as [PlainEvent[], PlainEvent[], PlainEvent[]];

describe('an edit', () => {
  test('of a threshold judges the next event by it, upon the windows that stand', async () => {
    await startWorker();
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
    await startWorker();
    await running.edit('detectors.yaml', PAYMENTS, 'payments: { review: 5 }');
    const [row, ...others] = await changesOf(running);
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
    await startWorker();
    const { version } = running.live.active;
    await running.edit('detectors.yaml', PAYMENTS, `${PAYMENTS} # as ever`);
    expect(running.live.status).toMatchObject({ version });
    expect(await changesOf(running)).toEqual([]);
  });

  test('of what is built in is told as needing a restart, and the rest is taken up', async () => {
    await startWorker();
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
    await startWorker(edits);
    const expected = [
      await running.decide(first),
      await running.decide(second),
      await running.decide(third),
    ][2]!;
    expect(expected.some((each) => each!.findings.length > 0)).toBe(true);
    await running.close();
    await store.clear();

    await startWorker();
    await running.decide(first);
    for (const [file, from, to] of edits) await running.edit(file, from, to);
    expect(running.assembled.layers.count).toBeGreaterThan(1);
    await running.decide(second);
    const got = await running.decide(third);
    expect(got.map((each) => each!.findings)).toEqual(expected.map((each) => each!.findings));
  });

  test('takes events that come while it is filled once', async () => {
    await startWorker(edits);
    const all = [...first, ...second, ...third];
    const expected = (await running.decide(all)).slice(-third.length);
    await running.close();
    await store.clear();

    await startWorker();
    await running.decide(first);
    const [one, two] = edits;
    await running.write('detectors.yaml', await edited(running, [one, two]));
    const looked = running.look();
    const warm: string[] = [];
    const { live } = running;
    live.onChange = () => warm.push(...live.warmingUp.map(({ feature }) => feature));
    for (let from = 0; from < second.length; from += 50) {
      await running.decide(second.slice(from, from + 50));
    }
    await looked;
    expect(warm.some((feature) => / per .* within (6|20)h$/.test(feature))).toBe(true);
    expect(live.status.warming).toBeUndefined();
    const got = await running.decide(third);
    expect(got.map((each) => each!.findings)).toEqual(expected.map((each) => each!.findings));
  });

  test('of many edits is measured in a bounded number of layers', async () => {
    await startWorker();
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
    await startWorker();
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

  test('by what only a restart takes up says so: the folder is sound by itself', async () => {
    await startWorker([['sheepdog.yaml', 'allowedLatenessMs: 10m', 'allowedLatenessMs: 2h']]);
    await running.write(
      'sheepdog.yaml',
      running.config.files['sheepdog.yaml']!.replace(
        'allowedLatenessMs: 2h',
        'allowedLatenessMs: 30m',
      ).replace('window: 24h', 'window: 1h'),
    );
    await running.look();
    expect(running.live.status.refused!.problems).toEqual([
      expect.stringMatching(
        /sheepdog\.yaml:\d+:\d+: hubs\.window: hubs\.window \(1h\) must .* \(2h\): /,
      ),
      expect.stringMatching(
        /: windows must wait for a restart, and the rest cannot go before: restart the worker$/,
      ),
    ]);
  });

  test('in a storm of edits does no harm: the last good content judges', async () => {
    await startWorker();
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
    expect((await changesOf(running)).length).toBeLessThanOrEqual(50);
  });
});
