/** Own limits of an exclusion: detector → measure → bands. What is left out reaches no band. */

import { z } from 'zod';
import type { Bands, NamedDetector } from './detector.ts';
import { wrongBands, type Sections } from './section.ts';

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
