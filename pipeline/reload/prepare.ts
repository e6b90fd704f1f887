/** Compiles a configuration beside the one that runs: nothing of it is read until it is adopted. */

import type { LoadedConfig } from '../../config/load.ts';
import { rulingOf } from '../assemble.ts';
import type { Ruling } from '../decide/ruling.ts';
import {
  NOTHING_STANDING,
  withRequests,
  type StandingFeatures,
} from '../detect/feature-columns.ts';
import { MAX_LAYERS, type FeatureLayers } from '../detect/feature-layers.ts';
import type { FeatureRequest } from '../detect/feature-plan.ts';
import type { AsnOf } from '../detect/networks.ts';

/** Who judges everybody, and who a share of the accounts. */
export interface Rulings {
  readonly stable: Ruling;
  readonly trial: Ruling | undefined;
  /** Features that no layer measures, in the order of their columns. */
  readonly requests: readonly FeatureRequest[];
  /** The requests are all features of both: their layer takes the place of every other one. */
  readonly anew: boolean;
}

/**
 * @param stable a ruling that judges already, or the configuration of another one.
 * @param asnOf as the running engine tells operators: limits and features must not read two files.
 */
export function prepare(
  layers: FeatureLayers,
  stable: { readonly config: LoadedConfig; readonly ruling?: Ruling | undefined },
  trial: LoadedConfig | undefined,
  asnOf: AsnOf | undefined,
): Rulings {
  const beside = compile(layers.standing, stable, trial, asnOf);
  if (beside.requests.length === 0 || layers.count < MAX_LAYERS) return { ...beside, anew: false };
  return { ...compile(NOTHING_STANDING, { config: stable.config }, trial, asnOf), anew: true };
}

function compile(
  standing: StandingFeatures,
  { config, ruling }: Parameters<typeof prepare>[1],
  trial: LoadedConfig | undefined,
  asnOf: AsnOf | undefined,
): Omit<Rulings, 'anew'> {
  const stable = ruling ?? rulingOf(config, standing, asnOf);
  const requests = ruling === undefined ? stable.detectors.requests : [];
  if (trial === undefined) return { stable, trial, requests };
  const onTop = rulingOf(trial, withRequests(standing, requests), asnOf);
  return { stable, trial: onTop, requests: [...requests, ...onTop.detectors.requests] };
}
