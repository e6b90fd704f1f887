/** What is asked for when a person's word makes good a reward that was kept back as abuse. */

import type { RewardProposal, RewardProposals } from '../reward/proposal.ts';
import { earnedIdOf } from '../reward/grant-id.ts';
import type { LedgerOp, ReserveOp } from '../reward/ledger-op.ts';

/**
 * @param ops what the event earns by now.
 * @param anew the word by which it is given.
 * @returns the reward, and what rests on it after it: a share of what an exchange spends comes back with the exchange that
 *   it was lost with. Undefined: the event does not earn it any more.
 */
export function askedAnew(
  ops: readonly LedgerOp[],
  grantId: string,
  anew: NonNullable<ReserveOp['anew']>,
): readonly ReserveOp[] | undefined {
  const earned = earnedIdOf(grantId);
  const reservations = ops.filter((op) => op.kind === 'reserve');
  const own = reservations.find((op) => op.grantId === earned);
  if (own === undefined) return undefined;
  const resting = reservations.filter(({ needs }) => needs?.includes(earned));
  const along = { ...anew, along: 'base_missing' as const };
  return [{ ...own, anew }, ...resting.map((op) => ({ ...op, anew: along }))].map((op) => ({
    ...op,
    ...(op.intent === 'posted' && { reason: 'compensated' as const }),
  }));
}

/** What is asked for along, whatever kept it back: it is proposed, too, and approved with what it rests on. */
export function askedToo(op: ReserveOp): ReserveOp {
  return { ...op, anew: { ...op.anew!, along: 'any' } };
}

/** The open proposals to make good any of these rewards, under whichever of their ids. */
export function openCompensations(
  proposals: Pick<RewardProposals, 'all'>,
  earnedIds: readonly string[],
): readonly RewardProposal[] {
  if (earnedIds.length === 0) return [];
  const asked = new Set(earnedIds);
  return [...proposals.all()].filter(
    ({ kind, grantId }) => kind === 'compensation' && asked.has(earnedIdOf(grantId)),
  );
}
