/** Own limits of an exclusion: detector → measure → bands. What is left out reaches no band. */

import { z } from 'zod';
import type { Bands, Measure, NamedDetector } from './detector.ts';
import { weakestOfAll, wrongBands, type Sections } from './section.ts';

const limit = z.number().min(0).optional();
const bands = z.strictObject({ review: limit, block: limit, conclusive: limit });

/** The shape alone: what it names is asked by `misnamedBands`. */
export const ownBands = z.record(z.string(), z.record(z.string(), bands));

export type OwnBands = Readonly<Record<string, Readonly<Record<string, Bands>>>>;

/** What own limits may name. */
export interface Limited {
  readonly catalogue: readonly NamedDetector[];
  /** Those of detectors whose settings were wrong are left out, and their bands are not looked at. */
  readonly sections: Sections;
}

/** The weakest of the own limits of many values, by measure: what is short of it reaches none of them. */
export class WeakestLimits {
  readonly #sets = new Map<string, { readonly least: number; readonly most: number }>();

  add(own: OwnBands): void {
    for (const [detector, measures] of Object.entries(own)) {
      for (const [measure, { review, block, conclusive }] of Object.entries(measures)) {
        const name = `${detector}.${measure}`;
        for (const limit of [review, block, conclusive]) {
          if (limit === undefined) continue;
          const known = this.#sets.get(name);
          const least = Math.min(known?.least ?? limit, limit);
          this.#sets.set(name, { least, most: Math.max(known?.most ?? limit, limit) });
        }
      }
    }
  }

  /** @param name `detector.measure`. @returns undefined where no value has a limit of its own. */
  of(name: string, direction: Measure['direction']): number | undefined {
    const limits = this.#sets.get(name);
    return direction === 'atLeast' ? limits?.least : limits?.most;
  }
}

interface Misnamed {
  /** Detector, measure and band. */
  readonly path: readonly string[];
  readonly message: string;
}

/** A name that nothing has would exempt the value from everything, and so would bands in no order. */
export function misnamedBands(
  own: OwnBands,
  { catalogue, sections }: Limited,
): readonly Misnamed[] {
  return Object.entries(own).flatMap(([name, measures]): readonly Misnamed[] => {
    const detector = catalogue.find((each) => each.name === name)?.detector;
    if (detector === undefined) {
      return [{ path: [name], message: `there is no detector or rule ${name}` }];
    }
    const section = sections[name];
    return Object.entries(measures).flatMap(([measureName, limits]): readonly Misnamed[] => {
      const path = [name, measureName];
      const measure = detector.measures[measureName];
      if (measure === undefined) {
        const known = Object.keys(detector.measures).join(', ');
        return [{ path, message: `${name} measures no ${measureName}: write one of ${known}` }];
      }
      if (section === undefined) return [];
      return wrongBands(measure, limits, section).map(({ band, message }) => ({
        path: [...path, band],
        message,
      }));
    });
  });
}

/** Limits of measures that have no band for anybody: nothing is measured there, so they would never be reached. */
export function unmeasuredBands(
  own: OwnBands,
  { catalogue, sections }: Limited,
): readonly Misnamed[] {
  return Object.entries(own).flatMap(([name, measures]) => {
    const detector = catalogue.find((each) => each.name === name)?.detector;
    const section = sections[name];
    if (detector === undefined || section === undefined || section.mode === 'off') return [];
    return Object.keys(measures).flatMap((measureName): readonly Misnamed[] => {
      const measure = detector.measures[measureName];
      if (measure === undefined || weakestOfAll(measureName, measure, section) !== undefined) {
        return [];
      }
      const message =
        'the measure has no band, so it is never taken: give it one in detectors.yaml';
      return [{ path: [name, measureName], message }];
    });
  });
}

/** `same-device.accounts.review=300`, as orders write it. */
export function bandsText(own: OwnBands): string {
  return Object.entries(own)
    .flatMap(([detector, measures]) =>
      Object.entries(measures).flatMap(([measure, bands]) =>
        Object.entries(bands)
          .filter(([, limit]) => limit !== undefined)
          .map(([band, limit]) => `${detector}.${measure}.${band}=${limit}`),
      ),
    )
    .join(', ');
}
