import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { loadConfig, type LoadedConfig } from '../../config/load.ts';
import { assembleEngine } from '../../pipeline/assemble.ts';
import { runBacktest } from '../../pipeline/backtest/backtest.ts';
import { fixedClock, seededRandom } from '../../pipeline/clock.ts';
import type { Bands } from '../../pipeline/detect/detector.ts';
import { discoverDetectors } from '../../pipeline/detect/discover.ts';
import type { Source } from '../../pipeline/ingest/source.ts';
import { measuringConfig } from '../../pipeline/cli/tune.ts';
import { tune, type TuneOptions, type TuneReport } from '../../pipeline/tune/tune.ts';
import { at, paymentOf, START_MS, testDecoder, type PlainEvent } from '../support/events.ts';

const CONFIG = fileURLToPath(new URL('../../config/', import.meta.url));
const catalogue = await discoverDetectors();
const shipped = await loadConfig(CONFIG, catalogue);

function sourceOf(events: readonly PlainEvent[]): Source {
  const records = events.map((event, index) => ({
    bytes: Buffer.from(JSON.stringify(event)),
    receivedAtMs: START_MS + 7 * 86_400_000,
    position: String(index + 1),
  }));
  return { name: 'test', run: (deliver) => deliver({ source: 'test', records }) };
}

/** Payments of a handful of accounts, devices and places, in bursts; a third is fraud. */
function history(seed: number, labelled = true): PlainEvent[] {
  const random = seededRandom(seed);
  const pick = (count: number): number => Math.floor(random() * count);
  let ms = 0;
  return Array.from({ length: 600 }, (_, i) => {
    ms += pick(5) === 0 ? 3_600_000 : 20_000;
    // Two in five events are a new account and its first payment, for what measures that.
    const account = i % 5 < 2 ? 100 + i - (i % 5) : pick(30);
    return paymentOf({
      ...(i % 5 === 0 && { type: 'account.opened' }),
      id: `p-${String(i)}`,
      accountId: account === 0 ? 'unknown' : `a-${String(account)}`,
      deviceId: `d-${String(pick(8))}`,
      occurredAt: at(ms),
      geo: { lat: 20 + pick(20), lon: 100 + pick(20) },
      label: !labelled || pick(10) === 0 ? undefined : account % 30 < 10 ? 'fraud' : 'honest',
    });
  });
}

const bandsOf = (detector: string, measure: string): Bands =>
  shipped.sections[detector]!.bands[measure]!;

function tuned(
  [detector, measure]: readonly [string, string],
  events: readonly PlainEvent[],
  more: Partial<TuneOptions> = {},
): Promise<TuneReport> {
  const named = shipped.catalogue.find(({ name }) => name === detector)!.detector;
  const { direction, about, unit } = named.measures[measure]!;
  return tune({
    source: sourceOf(events),
    decoder: testDecoder(),
    engine: assembleEngine(measuringConfig(shipped, detector, measure)).engine,
    ...{ detector, measure, direction, about, unit, configVersion: 'v' },
    present: bandsOf(detector, measure),
    target: 0.05,
    clock: fixedClock(0),
    ...more,
  });
}

/** What a backtest says of the detector alone with a band at the threshold. */
async function judgedAt(
  [detector, measure]: readonly [string, string],
  threshold: number,
  events: readonly PlainEvent[],
) {
  const alone = measuringConfig(shipped, detector, measure);
  const section = alone.sections[detector]!;
  const bands = { ...section.bands, [measure]: { review: threshold } };
  const config: LoadedConfig = { ...alone, sections: { [detector]: { ...section, bands } } };
  const { engine, detectors } = assembleEngine(config);
  const report = await runBacktest({
    source: sourceOf(events),
    decoder: testDecoder(),
    clock: fixedClock(0),
    candidate: { configVersion: 'v', engine, detectors },
  });
  return report.detectors[detector]!;
}

const DEVICE = ['same-device', Object.keys(shipped.sections['same-device']!.bands)[0]!] as const;
/** All but rules that want more of an event than these have. */
const atMost = shipped.catalogue.flatMap(({ name, detector }) =>
  Object.entries(detector.measures)
    .filter(() => name !== 'machine-regular')
    .filter(([, { direction }]) => direction === 'atMost')
    .map(([measure]) => [name, measure] as const),
);

describe('a curve', () => {
  it.each([['rapid-payments', 'payments'] as const, DEVICE, ...atMost])(
    'of %s.%s says of every threshold what a backtest with that band says',
    async (...about) => {
      const events = history(7);
      const report = await tuned(about, events);
      const step = Math.ceil(report.curve.length / 6);
      for (const point of report.curve.filter((_, index) => index % step === 0)) {
        const judged = await judgedAt(about, point.threshold, events);
        expect(point).toMatchObject({ ...judged });
      }
    },
  );

  it('has an atMost measure to prove that smaller can be worse', () => {
    expect(atMost.length).toBeGreaterThan(0);
  });
});

describe('a proposal', () => {
  it('is the mildest threshold within the target, and what is set now stands beside it', async () => {
    const events = history(9);
    const report = await tuned(['rapid-payments', 'payments'], events, { target: 0.1 });
    const { review } = report.proposed;
    expect(review!.falsePositiveRate).toBeLessThanOrEqual(0.1);
    const milder = report.curve.filter(({ threshold }) => threshold < review!.threshold);
    expect(milder.length).toBeGreaterThan(0);
    for (const point of milder) expect(point.falsePositiveRate).toBeGreaterThan(0.1);
    for (const [band, limit] of Object.entries(bandsOf('rapid-payments', 'payments'))) {
      const now = report.present[band];
      const judged = await judgedAt(['rapid-payments', 'payments'], Number(limit), events);
      if (now === null) expect(judged.flagged).toBe(0);
      else expect(now).toMatchObject({ threshold: Number(limit), ...judged });
    }
  });

  it('counts an honest account once a day, however often it is flagged', async () => {
    const events = [0, 1, 2, 3].map((minute) =>
      paymentOf({
        id: `h-${String(minute)}`,
        accountId: 'h',
        occurredAt: at(minute * 60_000),
        label: 'honest',
      }),
    );
    const report = await tuned(['rapid-payments', 'payments'], events);
    expect(report.curve.map(({ accountsADay }) => accountsADay)).toEqual(report.curve.map(() => 1));
    expect(report.proposed['review']).toBeNull();
    expect(report.notes.join('\n')).toContain('even the strictest value is beyond it');
  });

  it('without labels is of the share that is flagged, and says so', async () => {
    const report = await tuned(['rapid-payments', 'payments'], history(3, false), { target: 0.05 });
    expect(report.basis).toBe('flaggedShare');
    expect(report.notes[0]).toMatch(/^No honest event has a label/);
    const { review } = report.proposed;
    expect(review!.flaggedShare).toBeLessThanOrEqual(0.05);
    expect(review).toMatchObject({ precision: null, recall: null, falsePositiveRate: null });
  });

  it('takes labels of a file above those of the events', async () => {
    const events = history(5);
    const labels = new Map(events.map((event) => [String(event['id']), false]));
    const report = await tuned(['rapid-payments', 'payments'], events, { labels });
    expect(report).toMatchObject({ positives: 0, negatives: 600 });
  });
});
