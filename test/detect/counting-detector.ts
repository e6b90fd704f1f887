/** A detector that counts payments, and what is found where its features have given values. */

import { z } from 'zod';
import {
  defineDetector,
  type Detector,
  type NamedDetector,
} from '../../pipeline/detect/detector.ts';
import { compileDetectors, type CompiledDetectors } from '../../pipeline/detect/evaluate.ts';
import type { FeatureSpec } from '../../pipeline/detect/feature.ts';
import { detectorsSchema } from '../../pipeline/detect/section.ts';
import { EventView } from '../../pipeline/event.ts';
import { batchFrom, paymentOf } from '../support/events.ts';

export const PAYMENTS: FeatureSpec = {
  key: 'accountId',
  on: ['payment'],
  windowMs: 60_000,
  aggregate: { kind: 'count' },
};

/** A detector that passes one feature on. */
export function counting(overrides: Partial<Detector<unknown, 'payments'>> = {}): Detector {
  return defineDetector({
    summary: 'Counts.',
    cannotSee: 'Anything else.',
    on: ['payment'],
    config: z.strictObject({}),
    features: () => ({ payments: PAYMENTS }),
    measures: {
      payments: {
        about: 'payments',
        unit: 'payments',
        direction: 'atLeast',
        subject: 'accountId',
        bands: { review: 3, block: 5, conclusive: 7 },
        windowMs: () => 60_000,
        of: (_event, features) => features.payments,
      },
    },
    examples: [],
    ...overrides,
  });
}

export function compile(
  detectors: Readonly<Record<string, Detector>>,
  config: Readonly<Record<string, unknown>> = {},
): CompiledDetectors {
  const named: NamedDetector[] = Object.entries(detectors).map(([name, detector]) => ({
    name,
    detector,
  }));
  return compileDetectors(named, detectorsSchema(named).parse(config));
}

/** What is found at one payment whose features have these values, column by column. */
export function at(
  compiled: CompiledDetectors,
  values: readonly number[],
  event: Readonly<Record<string, unknown>> = paymentOf(),
): ReturnType<CompiledDetectors['evaluate']> {
  compiled.bind({ width: values.length, values: Float64Array.from(values) });
  return compiled.evaluate(new EventView(batchFrom([event]), 0));
}
