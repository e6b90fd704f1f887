/** Detectors and rules that ask for autonomous systems where no file says which addresses are in one. */

import type { NamedDetector } from '../pipeline/detect/detector.ts';
import { burstKeys } from '../pipeline/detect/burst-feature.ts';
import { operandsOf, type FeatureSpec } from '../pipeline/detect/feature.ts';
import type { Sections } from '../pipeline/detect/section.ts';

/**
 * What would be silent for ever without `networks.asnDatabase`.
 * @param placeOf file:line:column of a detector or rule.
 */
export function asnProblems(
  detectors: readonly NamedDetector[],
  sections: Sections,
  placeOf: (name: string) => string,
): string[] {
  return detectors
    .filter(({ name, detector }) => {
      const section = sections[name]!;
      return section.mode !== 'off' && Object.values(detector.features(section)).some(needsAsn);
    })
    .map(
      ({ name }) =>
        `${placeOf(name)}: ${name}: asks for autonomous systems, so it can never fire: name a file of them in sheepdog.yaml, networks.asnDatabase`,
    );
}

function needsAsn(spec: FeatureSpec): boolean {
  if (spec.kind === 'burst') return burstKeys(spec).includes('asn');
  return spec.kind === 'network' || operandsOf(spec).some(needsAsn);
}
