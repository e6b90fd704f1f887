/** Detectors and rules that ask for autonomous systems where no file says which addresses are in one. */

import type { NamedDetector } from '../pipeline/detect/detector.ts';
import { burstKeys } from '../pipeline/detect/burst-feature.ts';
import { operandsOf, type FeatureSpec } from '../pipeline/detect/feature.ts';
import { NetworkSet, type Network } from '../pipeline/detect/networks.ts';
import type { Sections } from '../pipeline/detect/section.ts';
import type { YamlFile } from './yaml-file.ts';

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

/** The shared networks of detectors that name operators. */
export function operatorSets(sections: Sections): readonly NetworkSet<Network>[] {
  return Object.values(sections)
    .flatMap((section) => Object.values(section))
    .filter((value) => value instanceof NetworkSet)
    .filter((set) => set.namesOperators);
}

/** Entries for operators in the file of shared networks, where no file says which addresses are whose. */
export function unknownOperators(file: YamlFile): string[] {
  const networks = (file.content as { readonly networks?: unknown } | null)?.networks;
  if (!Array.isArray(networks)) return [];
  return networks.flatMap((entry: unknown, index): string[] => {
    const asn = (entry as { readonly asn?: unknown } | null)?.asn;
    return asn === undefined
      ? []
      : [
          `${file.locate(['networks', index, 'asn'])}: networks.${index}.asn: no address is known to be in an autonomous system, so this holds for nobody: name a file of them in sheepdog.yaml, networks.asnDatabase`,
        ];
  });
}

function needsAsn(spec: FeatureSpec): boolean {
  if (spec.kind === 'burst') return burstKeys(spec).includes('asn');
  return spec.kind === 'network' || operandsOf(spec).some(needsAsn);
}
