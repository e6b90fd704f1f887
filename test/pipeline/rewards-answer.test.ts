import { describe, expect, it } from 'vitest';
import { rewardsOf } from '../../pipeline/answers.ts';
import type { EarnedGrant } from '../../pipeline/rewards-of.ts';

const parts = { currencyOf: () => 'CNY' };
const grant: EarnedGrant = {
  id: 'g_1',
  campaignId: 'bill-payment',
  offerId: 'bill-off',
  label: '',
  state: 'posted',
  reason: 'partly_refunded',
  amountMinor: 1000,
  clawedBackMinor: 333,
  award: [{ kind: 'discount', amountMinor: 1000 }],
  deadlineMs: 0,
};

describe('the answer about a reward', () => {
  it('says what was taken back, and what of it a refund has to be short of', () => {
    expect(rewardsOf(parts, [{ ...grant, deductMinor: 100 }])).toMatchObject([
      { amountMinor: 1000, clawedBackMinor: 333, deductMinor: 100 },
    ]);
  });

  it('asks for no deduction where a delivery takes it back', () => {
    for (const deductMinor of [undefined, 0]) {
      const [answer] = rewardsOf(parts, [
        { ...grant, ...(deductMinor !== undefined && { deductMinor }) },
      ]);
      expect(Object.keys(answer!)).not.toContain('deductMinor');
    }
  });

  it('says why a refund took nothing back, until it has', () => {
    const refused = { ...grant, id: 'refund_r', offerId: '', state: 'rejected' } as const;
    expect(rewardsOf(parts, [{ ...refused, reason: 'payment_not_found' }])).toMatchObject([
      { grantId: 'refund_r', offerId: '', reason: 'payment_not_found' },
    ]);
    expect(rewardsOf(parts, [{ ...refused, reason: 'refund_applied' }])).toEqual([]);
  });

  it('is silent about it while nothing was taken back', () => {
    const [answer] = rewardsOf(parts, [{ ...grant, clawedBackMinor: 0 }]);
    expect(Object.keys(answer!)).not.toContain('clawedBackMinor');
  });
});
