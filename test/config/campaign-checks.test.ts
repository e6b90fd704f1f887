import { describe, expect, test } from 'vitest';
import { EVERYTHING, problemsOf, problemsWith, type Row } from './campaign-file.ts';

test('a campaign with every mechanic is read', () => {
  expect(problemsOf(EVERYTHING)).toEqual([]);
});

describe('what the parts mean to each other, with the place and what to write', () => {
  test.each<Row>([
    [
      'budget lines fit into the line above',
      ['limit: 100000000', 'limit: 99999999'],
      [
        'c.yaml:19:12: budgets.total.limit: is 99999999, but the lines below it add up to 100000000',
      ],
    ],
    [
      'the budget line exists',
      ['budget: total.spend', 'budget: total.spent'],
      [
        'c.yaml:34:13: offers.0.budget: no budget line is called "total.spent": there are total, total.spend, total.gifts',
      ],
    ],
    [
      'the budget line is no property of an object',
      ['budget: total.spend', 'budget: __proto__'],
      [
        'c.yaml:34:13: offers.0.budget: no budget line is called "__proto__": there are total, total.spend, total.gifts',
      ],
    ],
    [
      'offers have ids of their own',
      ['id: gift', 'id: bill-off', 'excludedBy: [gift]', 'excludedBy: []'],
      ['c.yaml:44:9: offers.1.id: "bill-off" is used twice'],
    ],
    [
      'an excluding offer exists',
      ['excludedBy: [gift]', 'excludedBy: [gifts]'],
      ['c.yaml:36:18: offers.0.excludedBy.0: no offer of this campaign is called "gifts"'],
    ],
    [
      'an offer does not close itself',
      ['excludedBy: [gift]', 'excludedBy: [bill-off]'],
      ['c.yaml:36:18: offers.0.excludedBy.0: an offer cannot close itself'],
    ],
    [
      'an excluding offer counts its customers',
      ['excludedBy: [gift]', 'excludedBy: [cash]'],
      [
        'c.yaml:36:18: offers.0.excludedBy.0: "cash" does not say who took part: give it a limit { per: [customer], period: campaign, max: 1 }',
      ],
    ],
    [
      'an excluding offer counts them over the whole campaign',
      [
        'limits: [{ per: [customer], max: 1 }]\n    delivery',
        'limits: [{ per: [customer], period: day, max: 1 }]\n    delivery',
      ],
      [
        'c.yaml:36:18: offers.0.excludedBy.0: "gift" does not say who took part: give it a limit { per: [customer], period: campaign, max: 1 }',
      ],
    ],
    [
      'what closes an offer is judged before it',
      ['priority: -5', 'priority: 1'],
      [
        'c.yaml:36:18: offers.0.excludedBy.0: "gift" has the priority 0 and is judged after this offer, which has 1: one event could earn both. Give "gift" a higher one',
      ],
    ],
    [
      'what closes an offer is judged before it, wherever it stands in the file',
      ['priority: -5', 'priority: 0'],
      [
        'c.yaml:36:18: offers.0.excludedBy.0: "gift" has the priority 0 and is judged after this offer, which has 0: one event could earn both. Give "gift" a higher one',
      ],
    ],
    [
      'what is reserved at the till is closed at the till',
      [
        '    budget: total.spend\n    when:',
        '    budget: total.spend\n    on: [payment.authorising]\n    settle: preauth\n    when:',
      ],
      [
        'c.yaml:38:18: offers.0.excludedBy.0: "gift" is granted with the payment, when this offer was reserved for it already: write settle: preauth in both, or in none',
      ],
    ],
    [
      'a voucher that runs longer is one that is given',
      ['extend: { vouchers: [mall]', 'extend: { vouchers: [mall, maul]'],
      [
        'c.yaml:146:32: offers.12.extend.vouchers.1: no offer of this campaign gives a voucher called "maul": there are phone-topup, jd, mall, any',
      ],
    ],
    [
      'points that an event names are brought in by the bank',
      ['lucky, ppm: 199000, points: 500', 'lucky, ppm: 199000, points: { of: attributes.points }'],
      [
        'c.yaml:61:45: offers.2.draw.prizes.2.points: points that an event says were given are brought in by the bank alone: write on: [points.credited], not payment',
        'c.yaml:61:45: offers.2.draw.prizes.2.points: points that an event says were given are brought in by the bank alone: write on: [points.credited], not instalment',
      ],
    ],
    [
      'a choice falls to no lower tier',
      ['    choice:\n', '    onTierExhausted: next_lower\n    choice:\n'],
      [
        'c.yaml:82:22: offers.4.onTierExhausted: a choice is of one tier: write onTierExhausted: none, or give what is below it without a choice',
      ],
    ],
    [
      'a phase exists',
      ['phase: wrapup\n    window', 'phase: wrapped\n    window'],
      ['c.yaml:132:12: offers.11.phase: no phase is called "wrapped": there are warmup, wrapup'],
    ],
    [
      'preauth is for authorisations',
      ['on: [payment.authorising]', 'on: [payment]'],
      [
        'c.yaml:104:10: offers.7.on.0: preauth reserves at the authorisation: write on: [payment.authorising], not payment',
      ],
    ],
    [
      'an authorisation earns by preauth',
      ['    settle: preauth\n', ''],
      [
        'c.yaml:104:10: offers.7.on.0: an authorisation pays nothing yet: write settle: preauth, or on: [payment]',
      ],
    ],
    [
      'what the payment takes off waits for no approval',
      ['    settle: preauth\n', '    settle: preauth\n    review: always\n'],
      [
        'c.yaml:106:13: offers.7.review: what is taken off with the payment cannot wait for an approval: write settle: rebate, or leave it out',
      ],
    ],
    [
      'an authorisation is waited for where there is one',
      ['    title: New user\n', '    title: New user\n    authorisation: 30m\n'],
      [
        'c.yaml:46:20: offers.1.authorisation: nothing is reserved at an authorisation: write settle: preauth, or leave it out; how long a review may last is told by hold',
      ],
    ],
    [
      'a right is counted once',
      [
        'limits: [{ per: [card], period: day, max: 1 }]',
        'limits: [{ per: [card], period: day, max: 2 }, { per: [card], period: occurrence, max: 1 }]',
      ],
      [
        'c.yaml:111:52: offers.7.limits.1: counts what a limit before it counts: keep the one with the lower max',
      ],
    ],
    [
      'a right is counted once, in whatever order it is written',
      [
        'limits: [{ per: [customer, category], max: 1 }]',
        'limits: [{ per: [customer, category], max: 2 }, { per: [category, customer], max: 1 }]',
      ],
      [
        'c.yaml:41:53: offers.0.limits.1: counts what a limit before it counts: keep the one with the lower max',
      ],
    ],
    [
      'a list exists',
      ['merchant: { list: partners }', 'merchant: { list: partner }'],
      ['c.yaml:35:55: offers.0.when.merchant.list: no list is called "partner": write it in lists'],
    ],
    [
      'what counts anew gives fixed amounts',
      ['below: revoke', 'below: reprice'],
      [
        'c.yaml:43:38: offers.0.refund.below: counts fixed amounts anew: write off or cashback as an amount in every tier, or below: keep',
      ],
    ],
    [
      'stacking by group names the group',
      ['    group: bill\n', ''],
      [
        'c.yaml:32:15: offers.0.stacking: name the group: at most one of its offers is granted for each event',
      ],
    ],
  ])('%s', (_rule, changes, problems) => {
    expect(problemsWith(changes)).toEqual(problems);
  });

  test('offers that close each other need no order: the first one closes the second', () => {
    const changes = [
      ...['priority: -5', 'priority: 5'],
      ...['    title: New user\n', '    title: New user\n    excludedBy: [bill-off]\n'],
      ...[
        'limits: [{ per: [customer, category], max: 1 }]',
        'limits: [{ per: [customer], max: 1 }]',
      ],
    ];
    expect(problemsWith(changes)).toEqual([]);
  });

  test('all mistakes are named at once, in one run', () => {
    const changes = [
      'limit: 100000000',
      'limit: 1',
      'ppm: 900,',
      'ppm: 1,',
      'off: 5000',
      'off: 99999',
    ];
    expect(problemsWith(changes)).toHaveLength(3);
  });
});
