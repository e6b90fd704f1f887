import { describe, expect, test } from 'vitest';
import { Adjustments, type CampaignChange } from '../../pipeline/reward/adjustments.ts';
import type { CompiledCampaigns } from '../../pipeline/reward/campaign.ts';
import type { ReserveOp } from '../../pipeline/reward/ledger-op.ts';
import { campaigns, ops } from './scenario.ts';

describe('changes while a campaign runs', () => {
  const changed = (
    change: object,
    settings: Parameters<typeof campaigns>[0] = {},
  ): CompiledCampaigns => {
    const adjustments = new Adjustments();
    adjustments.apply({
      ...{ id: '1-0', actor: 'ann', reason: 'seen', issuedAtMs: 1 },
      change: { campaignId: 'bills', ...change } as CampaignChange,
    });
    return campaigns({ ...settings, adjustments });
  };

  test('pause an offer, a campaign, or close it for good', () => {
    for (const change of [
      { kind: 'pause', offerId: 'off' },
      { kind: 'pause' },
      { kind: 'close' },
    ]) {
      expect(ops(changed(change), { id: 'p' }), JSON.stringify(change)).toEqual([]);
    }
    expect(ops(changed({ kind: 'pause', offerId: 'other' }), { id: 'p' })).toHaveLength(1);
  });

  test('add to quota and budget', () => {
    const quota = changed(
      { kind: 'add_quota', offerId: 'off', part: 'from-30000', by: 5 },
      { quota: 10 },
    );
    const [op] = ops(quota, { id: 'p' }) as [ReserveOp];
    expect(op.choices[0]!.units).toEqual([{ account: 'quota/bills/off/from-30000', limit: 15 }]);
    const budget = changed({ kind: 'add_budget', line: 'total.spend', by: 7 }, { total: 100 });
    const [paid] = ops(budget, { id: 'p' }) as [ReserveOp];
    expect(paid.choices[0]!.values.slice(0, 2).map(({ limit }) => limit)).toEqual([107, 107]);
    expect(budget.accounts.map(({ limit }) => limit)).toEqual([107, 107, 1_000_000]);
  });

  test('leave an instrument out, and replace a list of merchants for conditions and expressions', () => {
    const restricted = changed({ kind: 'restrict_instrument', instrument: 'prepaid' });
    expect(ops(restricted, { id: 'p', instrument: 'prepaid' })).toEqual([]);
    expect(ops(restricted, { id: 'p', instrument: 'credit' })).toHaveLength(1);
    const change = { kind: 'merchant_list', list: 'partners', merchants: ['shop-2'] };
    const campaign = { lists: { partners: ['shop-1'] } };
    for (const offer of [
      { when: { merchant: { list: 'partners' } } },
      { eligible: 'listed(event.merchantId, "partners")' },
    ]) {
      const compiled = changed(change, { offer, campaign });
      expect(ops(compiled, { id: 'p', merchantId: 'shop-1' })).toEqual([]);
      expect(ops(compiled, { id: 'p', merchantId: 'shop-2' })).toHaveLength(1);
    }
  });

  test('a draft is never granted', () => {
    expect(ops(campaigns({ campaign: { status: 'draft' } }), { id: 'p' })).toEqual([]);
  });
});
