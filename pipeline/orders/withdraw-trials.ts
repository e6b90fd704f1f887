/** What a configuration proposed on trial goes with it when the trial is taken back; its freezes are the engine's. */

import { POLICY } from '../decide/freezing.ts';
import type { ObeyParts } from './obey.ts';

const REASON = 'the configuration on trial that proposed it was taken back';

/** Rewards and exclusions that nobody has judged yet; called wherever something is about to be recorded. */
export function withdrawTrials({
  config,
  engine: { exclusions, watermarkMs },
  caseWork: { proposals },
  recorder,
}: Pick<ObeyParts, 'config' | 'engine' | 'caseWork' | 'recorder'>): void {
  for (const judging of config.takeDisowned()) {
    const said = { actor: POLICY, reason: REASON, occurredAtMs: Math.max(0, watermarkMs) };
    for (const open of proposals.ofTrial(judging)) {
      const step = { ...open, ...said, actionId: `withdraw_${open.actionId}` };
      const withdrawn = { ...step, state: 'withdrawn' as const };
      proposals.apply(withdrawn);
      recorder.addRewardProposal(withdrawn);
    }
    for (const open of exclusions.proposals) {
      if (open.trial !== judging) continue;
      const withdrawn = { ...open, ...said, id: `withdraw_${open.id}`, op: 'remove' as const };
      exclusions.apply(withdrawn);
      recorder.addExclusionChange(withdrawn);
    }
  }
}
