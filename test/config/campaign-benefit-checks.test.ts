import { describe, expect, test } from 'vitest';
import { problemsWith, type Row } from './campaign-file.ts';

describe('what a benefit needs, with the place and what to write', () => {
  test.each<Row>([
    [
      'prizes have ids of their own',
      ['id: free-order', 'id: first'],
      ['c.yaml:60:17: offers.2.draw.prizes.1.id: "first" is used twice'],
    ],
    [
      'options have ids of their own',
      ['{ id: cup, goods: { sku: cup, priority', '{ id: mall, goods: { sku: cup, priority'],
      ['c.yaml:86:17: offers.4.choice.options.1.id: "mall" is used twice'],
    ],
    [
      'items have ids of their own',
      [
        '        - { id: cup, goods: { sku: cup }, combos: [{ points: 20000, cash: 9900 }, { points: 40000 }] }\n',
        '        - { id: cup, goods: { sku: cup }, combos: [{ points: 1 }] }\n        - { id: cup, goods: { sku: phone }, combos: [{ points: 2 }] }\n',
      ],
      ['c.yaml:124:17: offers.9.exchange.items.1.id: "cup" is used twice'],
    ],
    [
      'tiers rise',
      ['atLeast: 20000, off: { per', 'atLeast: 10000, off: { per'],
      ['c.yaml:39:20: offers.0.tiers.1.atLeast: must be above that of the tier before it, 10000'],
    ],
    [
      'a tier takes off no more than is paid',
      ['atLeast: 10000, off: 500,', 'atLeast: 400, off: 500,'],
      [
        'c.yaml:38:30: offers.0.tiers.0.off: takes off more than the payment that reaches it: write atLeast: 500 or more',
      ],
    ],
    [
      'a single benefit takes off no more than is paid',
      ['    atLeast: 20000\n    off: 5000\n', '    off: 5000\n'],
      [
        'c.yaml:108:10: offers.7.off: takes off more than the payment that reaches it: write atLeast: 5000 or more',
      ],
    ],
    [
      'a prize takes off no more than is paid',
      ['off: { percentBp: 10000, cap: 200000 }', 'off: 200'],
      [
        'c.yaml:60:44: offers.2.draw.prizes.1.off: takes off more than the payment that reaches it: write atLeast: 200 or more',
      ],
    ],
    [
      'odds add up',
      ['ppm: 900,', 'ppm: 901,'],
      ['c.yaml:58:7: offers.2.draw: the odds add up to 1000001 ppm with none, and must to 1000000'],
    ],
    [
      'goods come from a stock',
      ['goods: { sku: phone }', 'goods: { sku: phones }'],
      [
        'c.yaml:59:41: offers.2.draw.prizes.0.goods: no stock is called "phones": write it in stock, with units and costMinor',
      ],
    ],
    [
      'a stock of a prize exists',
      ['stock: phone', 'stock: phones'],
      [
        'c.yaml:74:42: offers.3.draw.prizes.0.stock: no stock is called "phones": write it in stock, with units and costMinor',
      ],
    ],
    [
      'the prize in the place of an empty one exists',
      ['onPrizeEmpty: lucky', 'onPrizeEmpty: luck'],
      [
        'c.yaml:63:21: offers.2.draw.onPrizeEmpty: no prize is called "luck": write none, or the id of a prize',
      ],
    ],
    [
      'no prize is called none',
      ['id: free-order', 'id: none'],
      ['c.yaml:60:17: offers.2.draw.prizes.1.id: none means no prize: write another id'],
    ],
    [
      'a certain draw names a fallback',
      ['      onPrizeEmpty: repay\n', ''],
      [
        'c.yaml:71:16: offers.3.draw.certain: a draw that is certain to win names in onPrizeEmpty a prize without stock',
      ],
    ],
    [
      'a certain draw has a fallback that cannot run out',
      ['onPrizeEmpty: repay', 'onPrizeEmpty: card'],
      [
        'c.yaml:72:21: offers.3.draw.onPrizeEmpty: "card" can run out too: name a prize without stock',
      ],
    ],
    [
      'a certain draw leaves nothing to none',
      [
        '      certain: true\n',
        '      certain: true\n      none: { ppm: 1 }\n',
        'ppm: 980000',
        'ppm: 979999',
      ],
      [
        'c.yaml:72:13: offers.3.draw.none: a draw that is certain to win leaves nothing to none: write 0',
      ],
    ],
    [
      'an exchange is a redemption',
      [
        'on: [redemption.requested]\n    budget: total.gifts\n    review',
        'on: [payment]\n    budget: total.gifts\n    review',
      ],
      [
        'c.yaml:122:7: offers.9.exchange: points are spent by a redemption: write on: [redemption.requested], not payment',
      ],
    ],
    [
      'a share of spent points is of a redemption',
      [
        'on: [redemption.requested]\n    budget: total.gifts\n    points',
        'on: [payment]\n    budget: total.gifts\n    points',
      ],
      [
        'c.yaml:129:13: offers.10.points: points are spent by a redemption: write on: [redemption.requested], not payment',
      ],
    ],
    [
      'points cost something',
      [
        'points: { points: 500, worthMinor: 100 }\n',
        '',
        '{ id: lucky, ppm: 199000, points: 500 }',
        '{ id: lucky, ppm: 199000, cashback: 500 }',
        '    points: { perMinor: 100, rateBp: 10000, bonus: { eligible: birthdayMonth(), addBp: 5000 } }',
        '    cashback: 1',
      ],
      [
        'c.yaml:128:13: offers.10.points: the budget has to know what points cost: write points: { points: 500, worthMinor: 100 } in the campaign',
      ],
    ],
  ])('%s', (_rule, changes, problems) => {
    expect(problemsWith(changes)).toEqual(problems);
  });
});
