/** A feature in a few words, for those who wait until it knows enough. */

import { durationText } from '../../config/duration.ts';
import { burstKeys } from './burst-feature.ts';
import type { Aggregate, FeatureKey, FeatureSpec } from './feature.ts';

/** `distinct accountId per ip on payment within 1h`. */
export function featureText(spec: FeatureSpec): string {
  if (spec.kind === undefined) {
    const { aggregate, key, on, windowMs } = spec;
    return `${aggregateText(aggregate)} per ${keyText(key)} on ${on.join(', ')} within ${durationText(windowMs)}`;
  }
  switch (spec.kind) {
    case 'sequence': {
      const steps = spec.steps.map(({ on }) => on.join(' or ')).join(', then ');
      return `${steps} per ${keyText(spec.key)} within ${durationText(spec.withinMs)}`;
    }
    case 'absence': {
      const { of, without, key, withinMs } = spec;
      const missing = without.on.join(' or ');
      return `${of.on.join(' or ')} without ${missing} per ${keyText(key)} within ${durationText(withinMs)}`;
    }
    case 'lastSeen':
      return `last ${spec.on.join(', ')} per ${keyText(spec.key)} within ${durationText(spec.horizonMs)}`;
    case 'ratio':
      return `${featureText(spec.of)} / ${featureText(spec.to)}`;
    case 'burst': {
      const keys = burstKeys(spec).join(' and ');
      return `${spec.distinct ?? 'events'} per ${keys} on ${spec.on.join(', ')}`;
    }
    case 'ring':
      return `ring ${spec.value} by ${spec.links.map(({ field }) => field).join(', ')}`;
    case 'sharing':
      return `usual accounts per ${spec.field} within ${durationText(spec.windowMs)}`;
    case 'early':
      return `each ${spec.key} of the stream's beginning`;
    case 'network':
      return `network ${spec.read}`;
  }
}

function aggregateText(aggregate: Aggregate): string {
  if ('of' in aggregate) return `${aggregate.kind} ${aggregate.of}`;
  return aggregate.kind === 'gap' ? `gap ${aggregate.statistic}` : aggregate.kind;
}

function keyText(key: FeatureKey): string {
  return [key].flat().join(' and ');
}
