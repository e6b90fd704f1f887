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
  it('says what a refund has to be short of', () => {
    expect(rewardsOf(parts, [grant])).toMatchObject([{ amountMinor: 1000, clawedBackMinor: 333 }]);
  });

  it('is silent about it while nothing was taken back', () => {
    const [answer] = rewardsOf(parts, [{ ...grant, clawedBackMinor: 0 }]);
    expect(Object.keys(answer!)).not.toContain('clawedBackMinor');
  });
});
