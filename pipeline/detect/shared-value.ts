/**
 * The shared values that a measure speaks about. A rule may tell of an account what was counted over its telephone:
 * an exclusion of the telephone then speaks for that finding as one of a device does for a finding about the device.
 */

import { burstKeys } from './burst-feature.ts';
import type { Measure } from './detector.ts';
import { EXCLUSION_FIELDS, type ExclusionKind } from './exclusion.ts';
import { operandsOf, type FeatureSpec } from './feature.ts';

/** A field whose values can be excluded. */
export type SharedField = (typeof EXCLUSION_FIELDS)[ExclusionKind];

const SHARED: ReadonlySet<string> = new Set(Object.values(EXCLUSION_FIELDS));
/** A key with one of these joins nobody with anybody: payments of an account at a merchant, say. */
const OWN: ReadonlySet<string> = new Set(['accountId', 'customerId']);

/** The fields that a measure's findings are about or are counted over, the subject first. */
export function sharedFields({
  subject,
  over = [],
}: Pick<Measure, 'subject' | 'over'>): readonly SharedField[] {
  return [...new Set([subject, ...over])].filter(isShared);
}

/** The fields over whose values such features count. */
export function countedOver(specs: readonly FeatureSpec[]): readonly SharedField[] {
  return [...new Set(specs.flatMap(sharedIn))];
}

function sharedIn(spec: FeatureSpec): readonly SharedField[] {
  const keys = keysOf(spec);
  return keys.some((key) => OWN.has(key)) ? [] : keys.filter(isShared);
}

function keysOf(spec: FeatureSpec): readonly string[] {
  switch (spec.kind) {
    case 'ratio':
      return countedOver(operandsOf(spec));
    case 'burst':
      return burstKeys(spec);
    // A ring does not walk through what is excluded; the others count over nothing.
    case 'ring':
    case 'sharing':
    case 'early':
    case 'network':
      return [];
    default:
      return [spec.key].flat();
  }
}

function isShared(field: string): field is SharedField {
  return SHARED.has(field);
}
