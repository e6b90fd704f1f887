/** Which rewards two dry runs over the same history end differently. A grant has the same id in both. */

import type { Grant } from '../reward/grant.ts';
import { byTruth, truthOf, type RewardChanges } from './comparison.ts';
import type { DryRun } from './dry-run.ts';

type Outcome = 'granted' | 'held' | 'voided' | 'none';

const NAMES = {
  granted: 'newlyGranted',
  held: 'newlyHeld',
  voided: 'newlyVoided',
  none: 'noLongerEarned',
} as const satisfies Readonly<Record<Outcome, keyof RewardChanges>>;

/** After both have reported. Their grants stay in Redis: memory here does not grow with them. */
export async function rewardChanges(base: DryRun, other: DryRun): Promise<RewardChanges> {
  const sums = () => byTruth(() => ({ grants: 0, minor: 0 }));
  const changes = {
    newlyGranted: sums(),
    newlyHeld: sums(),
    newlyVoided: sums(),
    noLongerEarned: sums(),
  };
  const count = (before: Grant | undefined, after: Grant | undefined, fraud?: boolean): void => {
    const outcome = outcomeOf(after);
    if (outcome === outcomeOf(before)) return;
    const sum = changes[NAMES[outcome]][truthOf(fraud)];
    sum.grants++;
    sum.minor += worthOf(outcome === 'none' ? before! : after!);
  };
  for await (const page of base.standing()) {
    const others = await Promise.all(page.map(({ grant }) => other.grant(grant.id)));
    page.forEach(({ grant, fraud }, index) => {
      count(grant, others[index], fraud);
    });
  }
  for await (const page of other.standing()) {
    const ids = page.map(({ grant }) => grant.id);
    const [stood, befores] = [
      await base.stood(ids),
      await Promise.all(ids.map((id) => base.grant(id))),
    ];
    page.forEach(({ grant, fraud }, index) => {
      // What was reserved under the first configuration too is counted above.
      if (stood[index] !== true) count(befores[index], grant, fraud);
    });
  }
  return changes;
}

function outcomeOf(grant: Grant | undefined): Outcome {
  if (grant === undefined || grant.reason === 'no_prize') return 'none';
  switch (grant.state) {
    case 'rejected':
    case 'forfeited':
      return 'none';
    case 'held':
    case 'voided':
      return grant.state;
    default:
      return 'granted';
  }
}

function worthOf({ amountMinor, clawedBackMinor }: Grant): number {
  return amountMinor - clawedBackMinor;
}
