/** What detectors declare so that most events need no call of them, checked against what they measure. */

import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { discoverDetectors } from '../../pipeline/detect/discover.ts';
import { FeatureColumns } from '../../pipeline/detect/feature-columns.ts';
import { detectorsSchema } from '../../pipeline/detect/section.ts';
import { EventView } from '../../pipeline/event.ts';
import { batchFrom } from '../support/events.ts';

const catalogue = await discoverDetectors();
const sections = detectorsSchema(catalogue).parse({});
const screened = catalogue.flatMap(({ name, detector }) =>
  Object.entries(detector.measures)
    .filter(([, { ceiling, needs }]) => ceiling !== undefined || needs !== undefined)
    .map(([key, measure]) => ({ title: `${name}.${key}`, name, detector, measure })),
);
const number = fc.oneof(
  fc.constant(NaN),
  fc.nat({ max: 12 }),
  fc.nat(),
  fc.double({ min: 0, max: 2e15, noNaN: true }),
);

describe.each(screened)('$title', ({ name, detector, measure }) => {
  const section = sections[name]!;
  const names = Object.keys(detector.features(section));
  const events = detector.examples.flatMap((example) => example.events);
  const batch = batchFrom(events);

  it('never exceeds its ceiling, and measures nothing without what it needs', () => {
    fc.assert(
      fc.property(
        fc.array(number, { minLength: names.length, maxLength: names.length }),
        fc.nat({ max: batch.length - 1 }),
        (values, row) => {
          const features = Object.fromEntries(names.map((key, n) => [key, values[n]!]));
          const value = measure.of(new EventView(batch, row), features, section);
          const screen = features[(measure.ceiling ?? measure.needs)!]!;
          const spared = Number.isNaN(screen) ? Number.isNaN(value) : !(value > screen);
          expect(measure.ceiling === undefined && !Number.isNaN(screen) ? true : spared).toBe(true);
        },
      ),
    );
  });
});

describe('a wrong declaration is refused', () => {
  const spec = {
    key: 'accountId',
    on: ['payment'],
    windowMs: 1000,
    aggregate: { kind: 'count' },
  } as const;
  const columns = new FeatureColumns({ values: new Float64Array(1), base: 0 });
  columns.accessors({ payments: spec }, ['payment']);
  const measure = catalogue[0]!.detector.measures['payments']!;

  it.each([
    ['an unknown feature', { ceiling: 'purchases' }],
    ['a ceiling beside a need', { needs: 'payments' }],
  ])('%s', (_what, wrong) => {
    expect(() =>
      columns.screenOf('x', { ...measure, ...wrong }, { payments: spec }, ['payment'], 1),
    ).toThrow(TypeError);
  });
});
