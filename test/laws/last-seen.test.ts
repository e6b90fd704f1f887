/** How long keys had been quiet, against a filter over all events; fast-check prints the seed of a failure. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { layFeatures, type FeatureLayout } from '../../pipeline/detect/feature-layout.ts';
import type { LastSeenFeature } from '../../pipeline/detect/feature.ts';
import type { EventBatch } from '../../pipeline/event.ts';
import { batchOf, type Row } from '../support/batches.ts';
import { matches } from './step-oracle.ts';
import { DAY, HOUR, LAW_LATENESS_MS, MEASURED, SECOND, SHAPES, rowsOf } from './window-arrivals.ts';

const KEPT = 6;
const PAID = { kind: 'lastSeen', on: ['payment', 'instalment'] } as const;
const SPECS: readonly LastSeenFeature[] = [
  { ...PAID, key: 'accountId', horizonMs: SECOND },
  { ...PAID, key: 'accountId', horizonMs: 50 * DAY },
  { ...PAID, key: ['ip', 'deviceId'], horizonMs: HOUR },
  { ...PAID, key: 'ip', horizonMs: DAY, where: [{ field: 'amountMinor', atLeast: 500 }] },
  { kind: 'lastSeen', on: ['login'], key: 'deviceId', horizonMs: 400 * DAY },
];

function lay(): FeatureLayout {
  return layFeatures(
    SPECS.map((spec) => ({ spec, measuredOn: MEASURED })),
    { allowedLatenessMs: LAW_LATENESS_MS, maxKeys: 100_000, maxEntries: 100_000 },
  );
}

function measured({ store, sources, width }: FeatureLayout, batch: EventBatch): number[] {
  const out = { width, values: new Float64Array(width * batch.length) };
  store.measure(batch, 0, batch.length, out);
  for (const source of sources) source.measure(batch, 0, batch.length, out);
  return [...out.values];
}

function keyOf(spec: LastSeenFeature, row: Row): string | undefined {
  const parts = [spec.key].flat().map((field) => row[field]);
  return parts.includes(undefined) ? undefined : parts.join(' ');
}

function wanted(rows: readonly Row[]): number[] {
  const stored: Row[] = [];
  let watermarkMs = -Infinity;
  return rows.flatMap((row) => {
    watermarkMs = Math.max(watermarkMs, row.occurredAtMs);
    const late = row.occurredAtMs < watermarkMs - LAW_LATENESS_MS;
    const answers = SPECS.map((spec) => {
      const key = keyOf(spec, row);
      if (late || key === undefined) return Number.NaN;
      const gaps = stored
        .filter((other) => keyOf(spec, other) === key && matches(other, spec))
        .map(({ occurredAtMs }) => row.occurredAtMs - occurredAtMs)
        .sort((a, b) => a - b)
        .slice(0, KEPT);
      const gap = gaps.find((each) => each >= 0);
      return gap !== undefined && gap < spec.horizonMs ? gap : Number.NaN;
    });
    if (!late) stored.push(row);
    return answers;
  });
}

describe('the time since a key was last seen', () => {
  for (const [title, shape] of Object.entries(SHAPES)) {
    it(`is what a filter over all events says: ${title}`, () => {
      fc.assert(
        fc.property(rowsOf(shape), (rows) => {
          expect(measured(lay(), batchOf(rows))).toEqual(wanted(rows));
        }),
        { numRuns: 20 },
      );
    });
  }

  it('is the same after the same set of events, whatever their order, and after a restart', () => {
    const recent = rowsOf(SHAPES['out of order within the lateness']!).chain((rows) => {
      const last = Math.max(...rows.map(({ occurredAtMs }) => occurredAtMs));
      const inTime = rows.filter(({ occurredAtMs }) => occurredAtMs > last - LAW_LATENESS_MS);
      return fc.tuple(
        fc.constant(inTime),
        fc.shuffledSubarray(inTime, { minLength: inTime.length }),
        fc.constant(last),
      );
    });
    fc.assert(
      fc.property(recent, ([rows, shuffled, last]) => {
        const probes = batchOf(
          rows.map((row, i) => ({ ...row, id: `probe-${i}`, occurredAtMs: last - i })),
        );
        const [ordered, other, restored] = [lay(), lay(), lay()];
        measured(ordered, batchOf(rows));
        measured(other, batchOf(shuffled));
        const batch = batchOf(shuffled);
        restored.store.restore(batch, 0, batch.length);
        for (const source of restored.sources) source.restore(batch, 0, batch.length);
        const answers = measured(ordered, probes);
        expect(measured(other, probes)).toEqual(answers);
        expect(measured(restored, probes)).toEqual(answers);
      }),
      { numRuns: 50 },
    );
  });

  it('holds no more keys than it may, and lets go of those beyond the horizon', () => {
    const layout = layFeatures([{ spec: SPECS[0]!, measuredOn: MEASURED }], {
      allowedLatenessMs: SECOND,
      maxKeys: 100,
      maxEntries: 100,
    });
    const row = (i: number, occurredAtMs: number): Row => {
      return { id: `e-${i}`, type: 'payment', accountId: `a-${i}`, occurredAtMs };
    };
    const [source] = layout.sources;
    measured(layout, batchOf(Array.from({ length: 150 }, (_, i) => row(i, 1000))));
    expect(source!.stats()).toMatchObject({ keys: 100, capped: 50 });
    for (let i = 0; i < 200; i++) measured(layout, batchOf([row(i, HOUR + i)]));
    expect(source!.stats().keys).toBe(100);
    for (let i = 200; i < 400; i++) measured(layout, batchOf([row(i, i * HOUR)]));
    // A round of the hand over a hundred places takes fifty events.
    expect(source!.stats().keys).toBeLessThan(60);
  });
});
