/** Gives every feature a column, those included that only others are worked out from. */

import type { EventType } from '../event.ts';
import type { FeatureRequest } from './feature-plan.ts';
import { featureIdentity, operandsOf, type FeatureSpec } from './feature.ts';
import type { PlacedRatio } from './ratio-source.ts';

/** A request with its column. */
export interface PlacedRequest extends FeatureRequest {
  readonly column: number;
}

/**
 * Requests n stays in column n; behind them stand the operands that nobody requested. An operand is measured
 * wherever what is worked out from it is.
 */
export function placeFeatures(requests: readonly FeatureRequest[]): readonly PlacedRequest[] {
  const placed = requests.map(({ spec, measuredOn }, column) => {
    return { spec, measuredOn: [...measuredOn], column };
  });
  const byIdentity = new Map(placed.map((each) => [featureIdentity(each.spec), each]));
  const need = (spec: FeatureSpec, types: readonly EventType[]): void => {
    const identity = featureIdentity(spec);
    let operand = byIdentity.get(identity);
    if (operand === undefined) {
      operand = { spec, measuredOn: [], column: placed.length };
      placed.push(operand);
      byIdentity.set(identity, operand);
    }
    const known = operand.measuredOn;
    known.push(...types.filter((type) => !known.includes(type)));
    for (const further of operandsOf(spec)) need(further, types);
  };
  for (const { spec, measuredOn } of requests)
    for (const operand of operandsOf(spec)) need(operand, measuredOn);
  return placed;
}

/** The ratios among placed features, each behind those it is made of. */
export function placedRatios(placed: readonly PlacedRequest[]): readonly PlacedRatio[] {
  const columns = new Map(placed.map(({ spec, column }) => [featureIdentity(spec), column]));
  const columnOf = (spec: FeatureSpec): number => columns.get(featureIdentity(spec))!;
  return placed
    .flatMap(({ spec, column }) => (spec.kind === 'ratio' ? [{ spec, column }] : []))
    .sort((a, b) => depthOf(a.spec) - depthOf(b.spec))
    .map(({ spec, column }) => ({ of: columnOf(spec.of), to: columnOf(spec.to), column }));
}

function depthOf(spec: FeatureSpec): number {
  return 1 + Math.max(0, ...operandsOf(spec).map(depthOf));
}
