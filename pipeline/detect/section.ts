/** What config/detectors.yaml may say: one section a detector, checked whole before anything runs. */

import { z } from 'zod';
import type { Bands, Detector, DetectorSettings, Measure, NamedDetector } from './detector.ts';

const BAND_NAMES = ['review', 'block', 'conclusive'] as const;

const limit = z.number().min(0).optional();
const bands = z.strictObject({ review: limit, block: limit, conclusive: limit });

/** A parsed section: mode and bands of every measure, beside the detector's own settings. */
export type Section = DetectorSettings & Readonly<Record<string, unknown>>;

/** Parsed sections by detector name. */
export type Sections = Readonly<Record<string, Section>>;

/**
 * The schema of one detector's section. Beside the shape it refuses bands out of order, bands that the
 * measure could never hold, and a detector that is on but can reach no band at all.
 */
export function sectionSchema(detector: Detector): z.ZodType<Section> {
  const measures = Object.entries(detector.measures);
  return detector.config
    .extend({
      mode: z.enum(['live', 'shadow', 'off']).default(detector.mode ?? 'live'),
      bands: z
        .strictObject(
          Object.fromEntries(
            measures.map(([name, measure]) => [name, bands.default(measure.bands)]),
          ),
        )
        .prefault({}),
    })
    .check(({ value, issues }) => {
      if (issues.length > 0) return;
      const section = value as unknown as Section;
      for (const [name, measure] of measures) {
        for (const { band, message } of wrongBands(measure, section.bands[name]!, section)) {
          issues.push({ code: 'custom', path: ['bands', name, band], message, input: value });
        }
      }
      const armed = measures.some(
        ([name, measure]) => weakestOfAll(name, measure, section) !== undefined,
      );
      if (section.mode !== 'off' && !armed) {
        const message = 'no measure has a band, so it can never fire: give it one or set mode: off';
        issues.push({ code: 'custom', path: ['bands'], message, input: value });
      }
    }) as unknown as z.ZodType<Section>;
}

/** The schema of the whole file; a detector without a section runs with its defaults. */
export function detectorsSchema(detectors: readonly NamedDetector[]): z.ZodType<Sections> {
  return z.strictObject(
    Object.fromEntries(
      detectors.map(({ name, detector }) => [
        name,
        // Sections are objects whose every key has a default, so nothing at all is a section too.
        (sectionSchema(detector) as z.ZodType<Section, object>).prefault({}),
      ]),
    ),
  );
}

/** The band of a measure that is the first to be reached by anybody; undefined: nobody reaches one. */
export function weakestOfAll(name: string, measure: Measure, section: Section): number | undefined {
  const own = measure.allBandsFor?.(section) ?? [];
  const limits = [section.bands[name]!, ...own]
    .flatMap((bands) => BAND_NAMES.map((band) => bands[band]))
    .filter((limit) => limit !== undefined);
  if (limits.length === 0) return undefined;
  return measure.direction === 'atLeast' ? Math.min(...limits) : Math.max(...limits);
}

/** What is wrong with the bands of a measure: beyond what it can take, or in no order. */
export function wrongBands(
  measure: Measure,
  bands: Bands,
  section: Section,
): { band: (typeof BAND_NAMES)[number]; message: string }[] {
  const wrong: { band: (typeof BAND_NAMES)[number]; message: string }[] = [];
  const largest = measure.largest?.(section) ?? Infinity;
  let before: { band: string; limit: number } | undefined;
  for (const band of BAND_NAMES) {
    const limit = bands[band];
    if (limit === undefined) continue;
    if (limit > largest) {
      wrong.push({ band, message: `beyond ${largest}, the largest value the measure can take` });
    }
    const weaker =
      before !== undefined &&
      (measure.direction === 'atLeast' ? limit < before.limit : limit > before.limit);
    if (weaker) {
      const side = measure.direction === 'atLeast' ? 'at least' : 'at most';
      wrong.push({ band, message: `must be ${side} ${before!.limit}, the ${before!.band} band` });
    }
    before = { band, limit };
  }
  return wrong;
}
