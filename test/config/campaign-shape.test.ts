import { describe, expect, test } from 'vitest';
import { EVERYTHING, problemsWith, sourceOf, type Row } from './campaign-file.ts';

describe('one part of a campaign is refused, with its place and what to write', () => {
  test.each<Row>([
    [
      'no benefit',
      ['    off: 5000\n', ''],
      [
        'c.yaml:102:5: offers.7: write tiers, or exactly one of off, feeCut, cashback, points, vouchers, goods, draw, choice, exchange, extend',
      ],
    ],
    [
      'two benefits',
      ['    off: 5000\n', '    off: 5000\n    cashback: 100\n'],
      [
        'c.yaml:110:15: offers.7.cashback: write exactly one of off, feeCut, cashback, points, vouchers, goods, draw, choice, exchange, extend: off and cashback are there',
      ],
    ],
    [
      'a benefit beside tiers',
      [
        '    onTierExhausted: next_lower\n',
        '    onTierExhausted: next_lower\n    off: 1\n    atLeast: 5\n',
      ],
      [
        'c.yaml:41:10: offers.0.off: write it in each of the tiers instead',
        'c.yaml:42:14: offers.0.atLeast: write it in each of the tiers instead',
      ],
    ],
    [
      'two benefits in a tier',
      ['atLeast: 10000, off: 500,', 'atLeast: 10000, off: 500, cashback: 1,'],
      [
        'c.yaml:38:47: offers.0.tiers.0.cashback: write exactly one of off, feeCut, cashback, points, vouchers, goods, draw, choice, exchange, extend: off and cashback are there',
      ],
    ],
    [
      'no benefit of a prize',
      ['ppm: 199000, points: 500', 'ppm: 199000'],
      [
        'c.yaml:61:11: offers.2.draw.prizes.2: write exactly one of off, feeCut, cashback, points, vouchers, goods: none is there',
      ],
    ],
    [
      'a draw in a prize',
      ['ppm: 199000, points: 500', 'ppm: 199000, draw: {}'],
      [
        'c.yaml:61:37: unknown key "draw"',
        'c.yaml:61:11: offers.2.draw.prizes.2: write exactly one of off, feeCut, cashback, points, vouchers, goods: none is there',
      ],
    ],
    [
      'an unknown key inside a value of several shapes',
      ['off: { percentBp: 500, cap: 3000 }', 'off: { percent: 5, cap: 3000 }'],
      [
        'c.yaml:39:32: offers.0.tiers.1.off.percentBp: write whole basis points, such as 500 for 5 %',
        'c.yaml:39:34: unknown key "percent"',
      ],
    ],
    [
      'a value of no shape',
      ['off: { percentBp: 500, cap: 3000 }', 'off: half'],
      [
        'c.yaml:39:32: offers.0.tiers.1.off: write an amount in fen, or { percentBp: 500, cap: 3000 }',
      ],
    ],
    [
      'a number out of bounds in a value of several shapes',
      ['    off: 5000\n', '    off: 0\n'],
      ['c.yaml:109:10: offers.7.off: write more than 0 fen'],
    ],
    [
      'a fraction',
      ['    off: 5000\n', '    off: 50.5\n'],
      ['c.yaml:109:10: offers.7.off: write an amount in fen, or { percentBp: 500, cap: 3000 }'],
    ],
    [
      'a share above all',
      ['percentBp: 500', 'percentBp: 10001'],
      ['c.yaml:39:45: offers.0.tiers.1.off.percentBp: write at most 10000 basis points, the whole'],
    ],
    [
      'an amount beyond exact sums',
      ['worthMinor: 100', 'worthMinor: 1000001'],
      ['c.yaml:16:36: points.worthMinor: write at most 1000000 fen'],
    ],
    [
      'an amount past the safe integers',
      ['limit: 60000000', 'limit: 9007199254740993'],
      [
        'c.yaml:21:23: budgets.total.children.spend.limit: write whole fen, such as 5000 for 50.00',
        'c.yaml:21:23: budgets.total.children.spend.limit: write at most 1000000000000 fen',
      ],
    ],
    [
      'a fee that grows',
      ['factorBp: 8000', 'factorBp: 12000'],
      [
        'c.yaml:92:45: offers.5.feeCut.factorBp: write less than 10000: the fee has to become smaller',
      ],
    ],
    [
      'a fee that is no attribute',
      ['of: attributes.fee', 'of: fee'],
      [
        'c.yaml:92:19: offers.5.feeCut.of: write the attribute that holds the fee in fen, such as attributes.fee',
      ],
    ],
    [
      'points by two rules',
      ['{ ofSpentBp: 500 }', '{ ofSpentBp: 500, perMinor: 5 }'],
      ['c.yaml:129:15: unknown key "ofSpentBp"'],
    ],
    [
      'one option',
      ['        - { id: cup, goods: { sku: cup, priority: true } }\n', ''],
      ['c.yaml:85:9: offers.4.choice.options: a choice needs at least two options'],
    ],
    [
      'a combo for nothing',
      ['{ points: 40000 }', '{}'],
      [
        'c.yaml:123:83: offers.9.exchange.items.0.combos.1: write points, cash or both: nothing is exchanged for nothing',
      ],
    ],
    [
      'odds above certainty',
      ['ppm: 980000', 'ppm: 1000001'],
      [
        'c.yaml:75:29: offers.3.draw.prizes.1.ppm: write at most 1000000 parts per million, which is certain',
      ],
    ],
    [
      'a limit with two keys',
      ['perAny: [customer, card, device]', 'perAny: [customer], per: [card]'],
      ['c.yaml:66:14: offers.2.limits.0: write either per or perAny'],
    ],
    [
      'a limit by something unknown',
      ['per: [inviter]', 'per: [friend]'],
      [
        'c.yaml:138:22: offers.11.limits.0.per.0: Invalid option: expected one of "customer"|"account"|"card"|"device"|"ip"|"category"|"merchant"|"inviter"|"voucher"|"payment"|"identity"|"phone"',
      ],
    ],
    [
      'days that are none',
      ['within: 30d', 'within: 30h'],
      [
        'c.yaml:83:15: offers.4.choice.within: write days such as 30d, or working days such as 10wd',
      ],
    ],
    [
      'too many days',
      ['within: 30d', 'within: 9999d'],
      ['c.yaml:83:15: offers.4.choice.within: write at most 3660 days'],
    ],
    [
      'a list file elsewhere',
      ['partners: [shop-1, shop-2]', 'partners: { file: ../secrets.txt }'],
      ['c.yaml:12:28: lists.partners.file: write a text file in lists, such as lists/partners.txt'],
    ],
    [
      'a segment name that no expression can use',
      ['young:', 'young-ones:'],
      [
        'c.yaml:15:3: segments.young-ones: write a name such as newCard: letters and digits, a small letter first',
      ],
    ],
    [
      'parts of the cost that are not all of it',
      ['merchant: 50 }', 'merchant: 40 }'],
      ['c.yaml:140:14: offers.11.funding: the parts must add up to 100'],
    ],
    [
      'an event type',
      ['on: [campaign.viewed]', 'on: [campaign.seen]'],
      [
        'c.yaml:143:10: offers.12.on.0: Invalid option: expected one of "payment"|"payment.authorising"|"refund"|"instalment"|"account.opened"|"card.approved"|"card.activated"|"wallet.bound"|"login"|"campaign.viewed"|"voucher.redeemed"|"redemption.requested"|"claim.submitted"|"choice.made"|"payment.cancelled"|"customer.updated"|"proof.submitted"|"voucher.claimed"|"campaign.shared"|"referral.joined"|"points.credited"',
      ],
    ],
    [
      'a status',
      ['currency: CNY', 'currency: CNY\nstatus: live'],
      ['c.yaml:5:9: status: Invalid option: expected one of "draft"|"approved"'],
    ],
    [
      'a parameter of no type',
      ['spends: 2,', 'spends: 2.5,'],
      ['c.yaml:11:19: params.spends: write a whole number, text or a list of texts'],
    ],
    [
      'an instant without its offset',
      ["from: '2026-04-02T00:00:00+08:00'", "from: '2026-04-02T00:00:00'"],
      ['c.yaml:133:21: offers.11.window.from: write an instant such as 2026-01-01T00:00:00+08:00'],
    ],
  ])('%s', (_mistake, changes, problems) => {
    expect(problemsWith(changes)).toEqual(problems);
  });
});

describe('behind the schema every benefit has one form', () => {
  const { offers } = sourceOf(EVERYTHING).campaign;
  const tiersOf = (id: string) => offers.find((offer) => offer.id === id)!.tiers;

  test('a single benefit is one tier that everybody reaches', () => {
    const days = { days: 15, working: false };
    expect(tiersOf('gift')).toEqual([
      {
        atLeast: 0,
        quota: undefined,
        benefit: {
          kind: 'vouchers',
          vouchers: [
            {
              voucher: 'phone-topup',
              faceMinor: 1000,
              count: 2,
              minSpendMinor: 0,
              validFor: days,
              scope: ['phone'],
            },
          ],
        },
      },
    ]);
  });

  test('a sum and a share of the payment are two rules for money', () => {
    expect(tiersOf('bill-off').map(({ benefit }) => benefit)).toEqual([
      { kind: 'discount', money: { kind: 'fixed', amountMinor: 500 } },
      {
        kind: 'discount',
        money: {
          kind: 'share',
          attribute: undefined,
          shareBp: 500,
          capMinor: 3000,
          rounding: 'down',
        },
      },
    ]);
  });

  test('a fee of which 80 % is left to pay is cut by 20 % of its attribute', () => {
    expect(tiersOf('fee')[0]!.benefit).toEqual({
      kind: 'fee_cut',
      money: {
        kind: 'share',
        attribute: 'fee',
        shareBp: 2000,
        capMinor: undefined,
        rounding: 'down',
      },
    });
  });

  test('goods that are won come from their own stock', () => {
    const { benefit } = tiersOf('draw')[0]!;
    const stocks = benefit.kind === 'draw' ? benefit.prizes.map(({ stock }) => stock) : [];
    expect(stocks).toEqual(['phone', undefined, undefined]);
  });

  test('a limit says what it counts by, and whether any of it is enough', () => {
    const limits = offers.filter(({ id }) => id === 'draw' || id === 'wake');
    expect(limits.flatMap((offer) => offer.limits)).toEqual([
      { per: ['customer', 'card', 'device'], any: true, period: 'campaign', max: 1 },
      { per: ['customer'], any: false, period: 'ever', max: 1 },
    ]);
  });
});
