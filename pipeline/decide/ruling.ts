/** A configuration made ready to judge, and one that judges a share of the accounts first. */

import type { CompiledDetectors } from '../detect/evaluate.ts';
import type { ExclusionFile } from '../detect/exclusion.ts';
import type { FreezeSettings } from './freezing.ts';
import type { FileLists } from './lists.ts';
import type { PolicySettings } from './policy.ts';
import type { Rollout, RolloutEnd } from './rollout.ts';

/** One configuration, compiled: what answers an event once it is measured. */
export interface Ruling {
  /** The configuration's version, which every decision carries. */
  readonly version: string;
  /** Hash of the part that can be tried: the same through versions that differ in other parts. */
  readonly judging: string;
  readonly detectors: CompiledDetectors;
  readonly policy: PolicySettings;
  readonly freezing: FreezeSettings;
  readonly lists: FileLists;
  readonly exclusions: ExclusionFile;
}

/** A changed configuration that judges a share of the accounts. */
export interface Trial {
  readonly ruling: Ruling;
  readonly rollout: Rollout;
}

/** A trial that ended at an event of a batch. */
export interface EndedTrial extends RolloutEnd {
  readonly trial: Trial;
}
