import { expect, test } from 'vitest';
import { changeInWords } from '../../pipeline/orders/change-in-words.ts';
import type { CampaignChange } from '../../pipeline/reward/adjustments.ts';

const account = (name: string, limit: number) => ({
  ...{ account: name, campaignId: 'card', limit, added: 0 },
});
const BEFORE = [
  account('budget/card/total', 500_000),
  account('budget/card/total.spend', 100_000),
  account('quota/card/friday-off/all', 5000),
];

test.each<[Record<string, unknown> & { kind: CampaignChange['kind'] }, string]>([
  [{ kind: 'pause' }, 'the whole campaign is paused and gives nothing'],
  [{ kind: 'pause', offerId: 'friday-off' }, 'offer friday-off is paused and gives nothing'],
  [{ kind: 'resume', offerId: 'friday-off' }, 'offer friday-off gives rewards again'],
  [
    { kind: 'restrict_instrument', instrument: 'credit' },
    'credit takes no part in the whole campaign',
  ],
  [
    { kind: 'allow_instrument', instrument: 'credit', offerId: 'mall' },
    'credit takes part in offer mall again',
  ],
  [
    { kind: 'merchant_list', list: 'malls', merchants: ['a', 'b'] },
    'the list malls holds 2 merchants',
  ],
])('%j says what holds now', (change, words) => {
  const given = { campaignId: 'card', ...change } as CampaignChange;
  expect(changeInWords(given, BEFORE, BEFORE)).toBe(
    `campaign card: ${words} from the next event on`,
  );
});

test('more budget or quota names every limit that changed, money in major units', () => {
  const after = [BEFORE[0]!, account('budget/card/total.spend', 250_050), BEFORE[2]!];
  const change = { kind: 'add_budget', campaignId: 'card', line: 'total.spend', by: 1 } as const;
  expect(changeInWords(change, BEFORE, after)).toBe(
    'campaign card: the limits are budget/card/total.spend 1,000.00 → 2,500.50 from the next event on',
  );
  const more = [...BEFORE.slice(0, 2), account('quota/card/friday-off/all', 10_000)];
  expect(changeInWords({ ...change, kind: 'add_quota', offerId: 'friday-off' }, BEFORE, more)).toBe(
    'campaign card: the limits are quota/card/friday-off/all 5,000 → 10,000 from the next event on',
  );
});
