import { describe, expect, it } from 'vitest';
import { Adjustments, type CampaignChange } from '../../pipeline/reward/adjustments.ts';

let ids = 0;
function after(...changes: readonly CampaignChange[]): Adjustments {
  const adjustments = new Adjustments();
  for (const change of changes) {
    adjustments.apply({
      id: `c${++ids}`,
      change,
      actor: 'li',
      reason: 'organised abuse',
      issuedAtMs: 0,
    });
  }
  return adjustments;
}

const campaignId = 'spring';

describe('changes to a running campaign', () => {
  it('are obeyed once, however often the command log is read', () => {
    const adjustments = new Adjustments();
    const change = { kind: 'add_quota', campaignId, offerId: 'a', by: 5 } as const;
    const action = { id: '1-0', change, actor: 'li', reason: 'more', issuedAtMs: 0 };
    expect([adjustments.apply(action), adjustments.apply(action)]).toEqual([true, false]);
    expect(adjustments.addedQuota(campaignId, 'a')).toBe(5);
  });

  it('add up for an offer and for each of its tiers apart', () => {
    const adjustments = after(
      { kind: 'add_quota', campaignId, offerId: 'a', by: 5 },
      { kind: 'add_quota', campaignId, offerId: 'a', by: 2 },
      { kind: 'add_quota', campaignId, offerId: 'a', part: 'from-9', by: 9 },
    );
    expect(adjustments.addedQuota(campaignId, 'a')).toBe(7);
    expect(adjustments.addedQuota(campaignId, 'a', 'from-9')).toBe(9);
    expect(adjustments.addedQuota(campaignId, 'a', 'from-1')).toBe(0);
    expect(adjustments.addedQuota('autumn', 'a')).toBe(0);
  });

  it('raise a budget line and every line above it', () => {
    const adjustments = after({
      kind: 'add_budget',
      campaignId,
      line: 'total.reward.spend',
      by: 7,
    });
    const added = ['total', 'total.reward', 'total.reward.spend', 'total.promotion'].map((line) =>
      adjustments.addedBudget(campaignId, line),
    );
    expect(added).toEqual([7, 7, 7, 0]);
  });

  it('move money between lines without raising the line above both', () => {
    const line = 'total.reward.spend';
    const adjustments = after({
      kind: 'add_budget',
      campaignId,
      line,
      by: 7,
      from: 'total.reserve',
    });
    const added = ['total', 'total.reward', line, 'total.reserve'].map((path) =>
      adjustments.addedBudget(campaignId, path),
    );
    expect(added).toEqual([0, 7, 7, -7]);
  });

  it('pause one offer or all of them, until they are resumed', () => {
    const one = after({ kind: 'pause', campaignId, offerId: 'a' });
    expect(['a', 'b'].map((offer) => one.isPaused(campaignId, offer))).toEqual([true, false]);
    const all = after({ kind: 'pause', campaignId });
    expect(['a', 'b'].map((offer) => all.isPaused(campaignId, offer))).toEqual([true, true]);
    const resumed = after({ kind: 'pause', campaignId }, { kind: 'resume', campaignId });
    expect(resumed.isPaused(campaignId, 'a')).toBe(false);
  });

  it('restrict an instrument in one offer or everywhere, and allow it again', () => {
    const adjustments = after(
      { kind: 'restrict_instrument', campaignId, instrument: 'credit' },
      { kind: 'restrict_instrument', campaignId, offerId: 'a', instrument: 'wallet' },
    );
    expect([...adjustments.restrictedInstruments(campaignId, 'a')]).toEqual(['credit', 'wallet']);
    expect([...adjustments.restrictedInstruments(campaignId, 'b')]).toEqual(['credit']);
    const allowed = after(
      { kind: 'restrict_instrument', campaignId, instrument: 'credit' },
      { kind: 'allow_instrument', campaignId, instrument: 'credit' },
    );
    expect([...allowed.restrictedInstruments(campaignId, 'a')]).toEqual([]);
  });

  it('replace a merchant list, the last word standing', () => {
    const adjustments = after(
      { kind: 'merchant_list', campaignId, list: 'partners', merchants: ['m1'] },
      { kind: 'merchant_list', campaignId, list: 'partners', merchants: ['m2', 'm3'] },
    );
    expect(adjustments.merchantList(campaignId, 'partners')).toEqual(['m2', 'm3']);
    expect(adjustments.merchantList(campaignId, 'malls')).toBeUndefined();
  });
});
