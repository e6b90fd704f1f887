/**
 * What a detector looks at, apart from how far back and at which limit: two detectors, or a rule and a detector,
 * that look at the same thing are one witness heard twice.
 */

import type { NamedDetector } from './detector.ts';
import { burstKeys } from './burst-feature.ts';
import { operandsOf, type FeatureKey, type FeatureSpec } from './feature.ts';
import type { Sections } from './section.ts';

/** By the detector's name: what its features measure, `deviceId: distinct accountId`. */
export function basesOf(
  catalogue: readonly NamedDetector[],
  sections: Sections,
): ReadonlyMap<string, ReadonlySet<string>> {
  const bases = new Map<string, ReadonlySet<string>>();
  for (const { name, detector } of catalogue) {
    const section = sections[name];
    if (section === undefined || section.mode === 'off') continue;
    bases.set(name, new Set(Object.values(detector.features(section)).flatMap(basisOf)));
  }
  return bases;
}

function basisOf(spec: FeatureSpec): readonly string[] {
  if (spec.kind === undefined) {
    const { aggregate, key } = spec;
    const of = 'of' in aggregate ? ` ${aggregate.of}` : '';
    return [`${keyText(key)}: ${aggregate.kind}${of}`];
  }
  switch (spec.kind) {
    case 'ratio':
      return operandsOf(spec).flatMap(basisOf);
    case 'burst':
      return [measured(burstKeys(spec), spec.distinct)];
    case 'ring':
      // Who shares a value is counted by its distinct accounts, and linked by the same accounts.
      return spec.links.map(({ field }) => measured([field], 'accountId'));
    case 'sharing':
      return [measured([spec.field], 'accountId')];
    case 'early':
      return [];
    case 'network':
      return [spec.read];
    default:
      return [`${keyText(spec.key)}: ${spec.kind}`];
  }
}

function measured(keys: readonly string[], distinct: string | undefined): string {
  return `${keyText(keys)}: ${distinct === undefined ? 'count' : `distinct ${distinct}`}`;
}

function keyText(key: FeatureKey | readonly string[]): string {
  return [...[key].flat()].sort().join(' ');
}
