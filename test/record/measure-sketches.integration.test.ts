import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { MeasureSample, RELATIVE_ERROR } from '../../pipeline/detect/measure-sketch.ts';
import { temporaryAnalytics, type TemporaryAnalytics } from '../support/chdb.ts';
import { at, batchFrom } from '../support/events.ts';
import { startRecording } from './recording.ts';

let store: TemporaryAnalytics;
beforeAll(async () => {
  store = await temporaryAnalytics();
});
afterAll(() => store.close());
beforeEach(() => store.clear());

const HOUR = 3_600_000;

/** Events whose measures are their number, an hour of them after the other, under two configurations. */
async function record(events: number): Promise<void> {
  const { recorder } = await startRecording(store.analytics);
  const batch = batchFrom(
    Array.from({ length: events }, (_, i) => ({
      ...{ type: 'login', accountId: 'a', occurredAt: at((i % 2) * HOUR) },
    })),
  );
  const sample = new MeasureSample();
  for (let i = 0; i < events; i++) {
    sample.clear();
    sample.add('same-device.accounts', i + 1);
    sample.add('a.rule.with.dots', -i);
    sample.add('silent.measure', Number.NaN);
    recorder.addSample(batch, i, sample, i < events / 2 ? 'old' : 'new');
  }
  recorder.endBatch();
  await recorder.flush();
}

describe('the sketches of measures', () => {
  it('give each quantile within the stated error, a replay changing nothing', async () => {
    await record(1000);
    await record(1000);
    for (const [share, exact] of [
      [0.5, 500],
      [0.99, 990],
      [0.999, 999],
    ] as const) {
      const [row] = await store.analytics.query<{ value: number; total: number }>(
        `SELECT quantileExactWeighted({share:Float64})(value, samples) AS value,
           toUInt32(sum(samples)) AS total
         FROM measure_sketches WHERE detector = 'same-device' AND measure = 'accounts'`,
        { share },
      );
      expect(row!.total).toBe(1000);
      expect(Math.abs(row!.value - exact) / exact).toBeLessThan(RELATIVE_ERROR + 0.002);
    }
  });

  it('are kept by hour, configuration and measure, absent ones not at all', async () => {
    await record(100);
    const rows = await store.analytics.query(
      `SELECT detector, measure, config_version AS version, toUInt32(sum(samples)) AS samples,
         min(value) <= -98 * ${1 - RELATIVE_ERROR} AS negative
       FROM measure_sketches GROUP BY hour, detector, measure, version
       ORDER BY hour, detector, version`,
    );
    const each = (detector: string, measure: string, version: string, negative: number): unknown =>
      expect.objectContaining({ detector, measure, version, samples: 25, negative });
    const hour = [
      each('a.rule.with', 'dots', 'new', 1),
      each('a.rule.with', 'dots', 'old', 0),
      each('same-device', 'accounts', 'new', 0),
      each('same-device', 'accounts', 'old', 0),
    ];
    expect(rows.length).toBe(8);
    expect(rows.slice(0, 4)).toEqual(hour);
  });
});
