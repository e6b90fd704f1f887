import { describe, expect, it } from 'vitest';
import { campaignSchema } from '../../config/campaign-schema.ts';
import type { CampaignChange } from '../../pipeline/reward/adjustments.ts';
import { LiveCampaigns } from '../../pipeline/reward/live-campaigns.ts';

const CAMPAIGN = campaignSchema.parse({
  id: 'spring',
  title: 'Spring',
  timezone: 'Asia/Shanghai',
  currency: 'CNY',
  window: { from: '2026-01-01T00:00:00+08:00', to: '2027-01-01T00:00:00+08:00' },
  lists: { malls: ['mall-1'] },
  budgets: {
    total: {
      limit: 1000,
      children: {
        reward: { limit: 700, children: { spend: { limit: 400 }, gifts: { limit: 200 } } },
        reserve: { limit: 300 },
      },
    },
  },
  offers: [
    {
      ...{ id: 'off', title: 'Off', budget: 'total.reward.spend' },
      tiers: [
        { atLeast: 100, off: 1, quota: 5 },
        { atLeast: 200, off: 2 },
      ],
    },
    { id: 'all', title: 'All', budget: 'total', atLeast: 1, off: 1, quota: { max: 9 } },
  ],
});

/** A change to the campaign, unless it names another. */
type Change = Readonly<Record<string, unknown>>;

/** What is said to the last of these changes, each of which is obeyed if it can be. */
function said(...changes: readonly Change[]): Said {
  return saidOf(new Map(), ...changes);
}

interface Said {
  readonly problem: string | undefined;
  readonly limitOf: (account: string) => number | undefined;
}

/** As `said`, where so much is spent or reserved already. */
function saidOf(spent: ReadonlyMap<string, number>, ...changes: readonly Change[]): Said {
  const live = new LiveCampaigns([CAMPAIGN]);
  const problems = changes.map((change, index) =>
    live.change(
      {
        ...{ id: `c${index}`, actor: 'li', reason: 'risk: tests', issuedAtMs: 0 },
        change: { campaignId: 'spring', ...change } as unknown as CampaignChange,
      },
      spent,
    ),
  );
  const limitOf = (account: string): number | undefined =>
    live.compiled.accounts.find((each) => each.account === account)?.limit;
  return { problem: problems.at(-1), limitOf };
}

const give = (from: string, by: number): Change => {
  return { kind: 'add_budget', line: 'total.reward.spend', from, by };
};

describe('a change that cannot be obeyed says why', () => {
  it.each<[Change, string]>([
    [{ kind: 'pause', campaignId: 'winter' }, 'there is no campaign "winter": there are spring'],
    [{ kind: 'pause', offerId: 'of' }, 'campaign spring has no offer "of"'],
    [
      { kind: 'add_quota', offerId: 'all', by: 0 },
      'a quota can only grow: what was promised is not taken back',
    ],
    [
      { kind: 'add_quota', offerId: 'off', by: 1 },
      'offer off has no quota of its own: its tiers have, name one',
    ],
    [
      { kind: 'add_quota', offerId: 'off', tier: 3, by: 1 },
      'offer off has no tier 3: the last is 2',
    ],
    [{ kind: 'add_quota', offerId: 'off', tier: 2, by: 1 }, 'tier 2 of offer off has no quota'],
    [
      { kind: 'add_budget', line: 'total', by: 0 },
      'a budget line can only grow; name the line that gives with "from"',
    ],
    [
      { kind: 'add_budget', line: 'total.promo', by: 1 },
      'campaign spring has no budget line "total.promo"',
    ],
    [give('total.promo', 1), 'campaign spring has no budget line "total.promo"'],
    [
      give('total.reserve', 301),
      'budget line total.reserve holds 300 of its own: it cannot give 301',
    ],
    // What the lines below a line have of it, it cannot give: not to others, nor to one of them.
    [give('total', 1), 'budget line total holds 0 of its own: it cannot give 1'],
    [
      give('total.reward', 101),
      'budget line total.reward holds 100 of its own: it cannot give 101',
    ],
    [
      { kind: 'merchant_list', list: 'shops', merchants: [] },
      'campaign spring has no list "shops"',
    ],
  ])('%j', (change, problem) => {
    expect(said(change).problem).toBe(problem);
  });

  it('what was given before is not there to give again, and a closed campaign takes no change', () => {
    expect(said(give('total.reserve', 200), give('total.reserve', 101)).problem).toBe(
      'budget line total.reserve holds 100 of its own: it cannot give 101',
    );
    expect(said({ kind: 'close' }, { kind: 'pause' }).problem).toBe(
      'campaign spring is closed for good',
    );
  });
});

describe('a change that takes from customers wants a reason of risk', () => {
  const live = (): LiveCampaigns => new LiveCampaigns([CAMPAIGN]);
  const problem = (campaigns: LiveCampaigns, change: Change, reason: string) =>
    campaigns.change(
      {
        ...{ id: `c-${reason} ${JSON.stringify(change)}`, actor: 'li', reason, issuedAtMs: 0 },
        change: { campaignId: 'spring', ...change } as unknown as CampaignChange,
      },
      new Map(),
    );
  const list = (...merchants: string[]): Change => ({
    kind: 'merchant_list',
    list: 'malls',
    merchants,
  });

  it.each<[Change]>([
    [{ kind: 'pause' }],
    [{ kind: 'close' }],
    [{ kind: 'restrict_instrument', instrument: 'credit' }],
    [list('mall-2')],
  ])('%j', (change) => {
    expect(problem(live(), change, 'slow sales')).toBe(
      `${String(change['kind'])} takes from customers what the terms of spring promise: only for a risk, with a reason such as "risk: organised abuse"`,
    );
    expect(problem(live(), change, 'risk: abuse')).toBeUndefined();
  });

  it('a list that only grows does not, and what came on it is not taken off without one', () => {
    const campaigns = live();
    expect(problem(campaigns, list('mall-1', 'mall-2'), 'another joined')).toBeUndefined();
    expect(problem(campaigns, list('mall-1'), 'it left')).toContain('only for a risk');
  });
});

it('money moves from line to line, and the lines above both stay as they are', () => {
  const { problem, limitOf } = said(give('total.reserve', 300), give('total.reward', 100));
  expect(problem).toBeUndefined();
  const lines = ['total', 'total.reserve', 'total.reward', 'total.reward.spend'];
  expect(lines.map((line) => limitOf(`budget/spring/${line}`))).toEqual([1000, 0, 1000, 800]);
});

describe('money that is spent or reserved is not there to give', () => {
  const spent = new Map([
    ['budget/spring/total.reward', 650],
    ['budget/spring/total.reward.gifts', 120],
  ]);

  it.each([
    ['total.reward.gifts', 'total.reward.spend', 80, undefined],
    [
      'total.reward.gifts',
      'total.reward.spend',
      81,
      'of budget line total.reward.gifts, 120 of 200 is spent or reserved: it cannot give 81',
    ],
    ['total.reward.gifts', 'total.reserve', 50, undefined],
    // What stands above it was spent on as a whole.
    [
      'total.reward.gifts',
      'total.reserve',
      51,
      'of budget line total.reward, 650 of 700 is spent or reserved: it cannot give 51',
    ],
  ])('%s to %s, %i', (from, line, by, problem) => {
    expect(saidOf(spent, { ...give(from, by), line }).problem).toBe(problem);
  });

  it('and an order that was obeyed is not judged again by what was spent since', () => {
    const live = new LiveCampaigns([CAMPAIGN]);
    const action = {
      ...{ id: 'c', actor: 'li', reason: 'tests', issuedAtMs: 0 },
      change: { campaignId: 'spring', ...give('total.reserve', 300) } as unknown as CampaignChange,
    };
    expect(live.lowers(action.change)).toEqual(['budget/spring/total.reserve']);
    expect(live.change(action, new Map())).toBeUndefined();
    expect(live.change(action, new Map([['budget/spring/total.reserve', 300]]))).toBeUndefined();
  });
});

it('what was added to a tier stays with it when another takes its place in the file', () => {
  const change = {
    campaignId: 'spring',
    kind: 'add_quota',
    offerId: 'off',
    tier: 1,
    by: 3,
  } as const;
  const named = new LiveCampaigns([CAMPAIGN]).named(change);
  expect(named).toEqual({ ...change, part: 'from-100' });
  const [off, ...others] = CAMPAIGN.offers;
  const lower = { ...off!.tiers[0]!, atLeast: 50, quota: 5 };
  const reordered = {
    ...CAMPAIGN,
    offers: [{ ...off!, tiers: [lower, ...off!.tiers] }, ...others],
  };
  const live = new LiveCampaigns([reordered]);
  const who = { id: 'c1', actor: 'li', reason: 'tests', issuedAtMs: 0 };
  live.restore([{ ...who, change: named }]);
  const limits = live.compiled.accounts.filter(({ account }) => account.includes('/off/'));
  expect(limits.map(({ account, limit }) => [account, limit])).toEqual([
    ['quota/spring/off/from-50', 5],
    ['quota/spring/off/from-100', 8],
  ]);
});

describe('a campaign comes to its end by itself', () => {
  const DAY_MS = 86_400_000;
  const END_MS = CAMPAIGN.window.to;
  const statusAt = (atMs: number, keys: object = {}): string =>
    new LiveCampaigns([{ ...CAMPAIGN, ...keys }]).statuses(atMs)[0]!.status;

  it('ended with its window, closed when its grace has passed', () => {
    expect(statusAt(END_MS - 1)).toBe('live');
    expect(statusAt(END_MS)).toBe('ended');
    expect(statusAt(END_MS + 30 * DAY_MS - 1)).toBe('ended');
    expect(statusAt(END_MS + 30 * DAY_MS)).toBe('closed');
    expect(statusAt(END_MS + DAY_MS, { closeAfter: DAY_MS })).toBe('closed');
  });

  it('claims, choices and captures come before the grace', () => {
    const [off, ...others] = CAMPAIGN.offers;
    const claim = {
      anchor: 'campaign_end',
      within: { days: 10, working: false },
      onMiss: 'forfeit',
    };
    const claimed = { offers: [{ ...off!, claim }, ...others] };
    expect(statusAt(END_MS + 40 * DAY_MS - 1, claimed)).toBe('ended');
    expect(statusAt(END_MS + 40 * DAY_MS, claimed)).toBe('closed');
    const reserved = { offers: [{ ...off!, settle: 'preauth' }, ...others] };
    expect(statusAt(END_MS + 31 * DAY_MS - 1, reserved)).toBe('ended');
    expect(statusAt(END_MS + 31 * DAY_MS, reserved)).toBe('closed');
  });
});
