/** What judges now, for people: every detector and rule with its mode, and the bounds of the trial that runs. */

import type { Mode } from './detect/detector.ts';
import { RULE_MEASURE } from './detect/rule.ts';
import type { RolloutSettings } from './decide/rollout.ts';
import type { LiveConfig } from './reload/live-config.ts';

export interface JudgeView {
  readonly name: string;
  readonly kind: 'detector' | 'rule';
  readonly mode: Mode;
  /** One sentence: what it finds. */
  readonly summary: string;
}

export interface JudgingView {
  readonly judges: readonly JudgeView[];
  /** Of the trial; undefined while none runs. */
  readonly bounds: Pick<RolloutSettings, 'block' | 'review'> | undefined;
}

export function judgingView({ active, trial }: Pick<LiveConfig, 'active' | 'trial'>): JudgingView {
  const judges = active.catalogue.map(({ name, detector }) => ({
    name,
    kind: RULE_MEASURE in detector.measures ? ('rule' as const) : ('detector' as const),
    mode: active.sections[name]!.mode,
    summary: detector.summary,
  }));
  if (trial === undefined) return { judges, bounds: undefined };
  const { block, review } = trial.rollout.settings;
  return { judges, bounds: { block, review } };
}
