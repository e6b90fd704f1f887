/** Bands that a hub softens before they are reached: whoever wrote them believes that they block. */

import type { Measure, NamedDetector } from '../pipeline/detect/detector.ts';
import { EXCLUSION_FIELDS } from '../pipeline/detect/exclusion.ts';
import type { FeatureSpec } from '../pipeline/detect/feature.ts';
import { hubKindCountedBy, type HubKind } from '../pipeline/detect/hub.ts';
import { RULE_MEASURE } from '../pipeline/detect/rule.ts';
import type { Sections } from '../pipeline/detect/section.ts';
import { sharedFields } from '../pipeline/detect/shared-value.ts';
import type { ConfigReading } from './config-files.ts';
import type { ReadRules } from './read-rules.ts';
import type { SystemConfig } from './schema.ts';

type Hubs = SystemConfig['hubs'];

/**
 * Bands that would be softened, in detectors.yaml and in rules.
 * @param coded sections of the detectors; those that were wrong are left out.
 */
export function softenedBands(
  reading: ConfigReading,
  detectors: readonly NamedDetector[],
  coded: Sections,
  rules: ReadRules,
  hubs: Hubs,
): string[] {
  const written = reading.yamls.find(({ path }) => path === reading.nameOf('detectors.yaml'));
  return [
    ...problemsOf(detectors, coded, hubs, (name, path) => written!.locate([name, ...path])),
    ...rules.sources.flatMap(({ named, placeOf }) =>
      problemsOf([named], rules.sections, hubs, (_name, path) => placeOf(path)),
    ),
  ];
}

/**
 * What is wrong with bands above the least limit of the hubs of the values that they count. A hub is told by more
 * than that only where what is usual says so, and blocks only once a person has dismissed it.
 * @param placeOf file:line:column of a place inside the section of a detector, or inside a rule.
 */
function problemsOf(
  detectors: readonly NamedDetector[],
  sections: Sections,
  hubs: Hubs,
  placeOf: (name: string, path: readonly string[]) => string,
): string[] {
  return detectors.flatMap(({ name, detector }): string[] => {
    const section = sections[name];
    if (section === undefined || section.mode === 'off') return [];
    const features = detector.features(section);
    return Object.entries(detector.measures).flatMap(([measureName, measure]): string[] => {
      const kind = hubKindOf(measure, features, hubs);
      if (kind === undefined) return [];
      const limit = hubs[kind];
      return (['block', 'conclusive'] as const).flatMap((band): string[] => {
        const written = section.bands[measureName]![band];
        if (written === undefined || written <= limit) return [];
        const path = ['bands', measureName, band].filter((key) => key !== RULE_MEASURE);
        const at = `${placeOf(name, path)}: ${[name, ...path].join('.')}`;
        return [
          `${at}: ${written} is hardly ever reached: a value of more than ${limit} accounts is held to join strangers, and reviews: write at most ${limit}, or raise hubs.${kind} in sheepdog.yaml`,
        ];
      });
    });
  });
}

/** The kind of hub that a value is wherever the measure passes that kind's least limit. */
function hubKindOf(
  measure: Measure,
  features: Readonly<Record<string, FeatureSpec>>,
  hubs: Hubs,
): HubKind | undefined {
  const { ceiling, direction, countsNew } = measure;
  if (ceiling === undefined || direction === 'atMost' || countsNew === true) return undefined;
  const kind = hubKindCountedBy(features[ceiling]!, hubs.window);
  if (kind === undefined || hubs[kind] === 0) return undefined;
  return sharedFields(measure).includes(EXCLUSION_FIELDS[kind]) ? kind : undefined;
}
