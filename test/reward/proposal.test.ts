import { describe, expect, it } from 'vitest';
import {
  proposalIdOf,
  RewardProposals,
  type ProposalKind,
  type ProposalState,
} from '../../pipeline/reward/proposal.ts';

const ABOUT = {
  grantId: 'g',
  campaignId: 'c',
  accountId: 'a',
  customerId: 'k',
  eventId: 'e',
  amountMinor: 1000,
  causeKind: 'freeze',
  causeId: 'f',
  evidence: '',
  actor: 'li',
  reason: '',
  occurredAtMs: 0,
} as const;

let steps = 0;
function after(...taken: readonly (readonly [ProposalKind, ProposalState])[]): RewardProposals {
  const proposals = new RewardProposals(10);
  for (const [kind, state] of taken) {
    proposals.apply({
      ...ABOUT,
      ...{ id: proposalIdOf(kind, 'g'), actionId: `${++steps}`, kind, state },
    });
  }
  return proposals;
}

describe('what a cause says of a reward', () => {
  it('is news once: not while it is proposed, and not when it was taken back', () => {
    expect(after().isNews('clawback', 'g', { byPerson: false })).toBe(true);
    expect(after(['clawback', 'open']).isNews('clawback', 'g', { byPerson: true })).toBe(false);
    expect(after(['clawback', 'approved']).isNews('clawback', 'g', { byPerson: true })).toBe(false);
    expect(after(['clawback', 'done']).isNews('clawback', 'g', { byPerson: true })).toBe(false);
  });

  it('is news again once the reward was made good after all, and the other way round, again and again', () => {
    const back = ['clawback', 'approved'] as const;
    const good = ['compensation', 'approved'] as const;
    expect(after(back, good).isNews('clawback', 'g', { byPerson: false })).toBe(true);
    expect(after(back, good).isNews('compensation', 'g', { byPerson: false })).toBe(false);
    expect(after(good, ['clawback', 'done']).isNews('compensation', 'g', { byPerson: false })).toBe(
      true,
    );
    expect(after(back, good, back).isNews('clawback', 'g', { byPerson: true })).toBe(false);
    expect(after(back, good, back, good).isNews('clawback', 'g', { byPerson: true })).toBe(true);
  });

  it('stays dismissed until a person speaks, whatever is proposed of the other kind', () => {
    const dismissed = ['clawback', 'dismissed'] as const;
    expect(after(dismissed).isNews('clawback', 'g', { byPerson: false })).toBe(false);
    expect(after(dismissed).isNews('clawback', 'g', { byPerson: true })).toBe(true);
    const proposed = after(dismissed, ['compensation', 'open'], ['compensation', 'dismissed']);
    expect(proposed.isNews('clawback', 'g', { byPerson: false })).toBe(false);
  });
});
