import { describe, expect, test } from 'vitest';
import { EVERYTHING, findingsOf, replaced, said, SMALL } from './campaign-file.ts';

const QUOTA = '    quota: { max: 100 }\n';

type Row = readonly [rule: string, changes: readonly string[], findings: readonly string[]];

describe('what may not be meant, or must not be said', () => {
  test.each<Row>([
    [
      'an offer without any limit',
      ['    quota: { max: 100 }\n', ''],
      [
        'c.yaml:14:9: warning: off has neither a quota nor a limit: one customer can have it again and again until the budget is gone',
      ],
    ],
    [
      'a draw that always wins, until a prize is gone',
      [
        '    atLeast: 20000\n    off: 5000\n',
        '    draw:\n      prizes:\n        - { id: cup, ppm: 500000, goods: { sku: cup } }\n        - { id: cash, ppm: 500000, cashback: 100 }\n',
        'offers:',
        'stock: { cup: { units: 5, costMinor: 3000 }, car: { units: 1, costMinor: 5000001 } }\noffers:',
      ],
      [
        'c.yaml:19:7: warning: off wins by its odds always, and nothing when a prize is gone: write certain: true and a prize without stock in onPrizeEmpty',
      ],
    ],
    [
      'a prize above what the law allows',
      [
        '    atLeast: 20000\n    off: 5000\n',
        '    draw:\n      prizes:\n        - { id: car, ppm: 500000, goods: { sku: car } }\n        - { id: cash, ppm: 500000, cashback: 100 }\n      onPrizeEmpty: cash\n      certain: true\n',
        'offers:',
        'stock: { cup: { units: 5, costMinor: 3000 }, car: { units: 1, costMinor: 5000001 } }\noffers:',
      ],
      [
        'c.yaml:20:11: warning: off: a prize may be worth 50,000.00 CNY at most by law, and this one is 50,000.01 CNY',
      ],
    ],
    [
      'claims that end before the offer',
      [
        '    quota: { max: 100 }\n',
        '    quota: { max: 100 }\n    phase: wrapup\n    claim: { within: 2d }\n',
        'budgets:',
        "phases: { wrapup: { from: '2026-02-01T00:00:00+08:00', to: '2026-02-08T00:00:00+08:00' } }\nbudgets:",
      ],
      [
        'c.yaml:22:22: error: off: claims end on 2026-02-02, before the offer does: what is won later cannot be claimed',
      ],
    ],
    [
      'claims that end after the last phase',
      [
        '    quota: { max: 100 }\n',
        '    quota: { max: 100 }\n    claim: { within: 8d }\n',
        'budgets:',
        "phases: { wrapup: { from: '2026-02-01T00:00:00+08:00', to: '2026-02-08T00:00:00+08:00' } }\nbudgets:",
      ],
      [
        'c.yaml:21:22: warning: off: claims end on 2026-02-08, after the last phase, which ends on 2026-02-07',
      ],
    ],
    [
      'a voucher that a refund of all but a fen leaves',
      ['    off: 5000\n', '    vouchers: [{ voucher: mall, face: 5000, validFor: 30d }]\n'],
      [
        'c.yaml:14:9: warning: off: vouchers and goods stay when a refund leaves less than the payment had to reach: write refund: { below: revoke }',
      ],
    ],
    [
      'a gift among the prizes that stays likewise',
      [
        '    off: 5000\n',
        '    draw:\n      prizes: [{ id: cup, ppm: 500000, goods: { sku: cup } }]\n      none: { ppm: 500000 }\n',
        'offers:',
        'stock: { cup: { units: 5, costMinor: 3000 } }\noffers:',
      ],
      [
        'c.yaml:15:9: warning: off: vouchers and goods stay when a refund leaves less than the payment had to reach: write refund: { below: revoke }',
      ],
    ],
    [
      'offers of one group that stack',
      [
        '    quota: { max: 100 }\n',
        '    quota: { max: 100 }\n    group: mall\n  - id: other\n    title: 满减\n    budget: total.spend\n    atLeast: 10000\n    off: 100\n    quota: { max: 1 }\n    group: mall\n',
      ],
      [
        'c.yaml:27:12: warning: off and other share the group mall and both can be granted for one event: write stacking: group in both',
      ],
    ],
    [
      'offers of one group of which one stacks',
      [
        '    quota: { max: 100 }\n',
        '    quota: { max: 100 }\n    group: mall\n  - id: other\n    title: 满减\n    budget: total.spend\n    atLeast: 10000\n    off: 100\n    quota: { max: 1 }\n    group: mall\n',
        'group: mall\n',
        'group: mall\n    stacking: group\n',
      ],
      [
        'c.yaml:28:12: warning: off and other share the group mall and both can be granted for one event: write stacking: group in both',
      ],
    ],
    [
      'offers of one group and priority that exclude each other',
      [
        '    quota: { max: 100 }\n',
        '    quota: { max: 100 }\n    group: mall\n    stacking: group\n  - id: other\n    title: 满减\n    budget: total.spend\n    atLeast: 10000\n    off: 100\n    quota: { max: 1 }\n    group: mall\n    stacking: group\n',
      ],
      [
        'c.yaml:29:15: warning: off and other share the group mall and exclude each other with the same priority: only their order in the file says which one is granted, write priority',
      ],
    ],
    [
      'a year without working days',
      ["to: '2026-02-01", "to: '2027-02-01"],
      ['c.yaml:5:11: warning: the calendar does not know the working days of 2027'],
    ],
    [
      'a draft',
      ['currency', 'status: draft\ncurrency'],
      ['c.yaml:4:9: note: small is a draft: nothing is granted'],
    ],
    [
      'a superlative in a title',
      ['title: 满200减50', 'title: 最优惠满减'],
      [
        'c.yaml:15:12: error: advertising law forbids superlatives such as "最": write the plain fact',
      ],
    ],
    [
      'a superlative in the terms',
      ['先到先得', '全国第一'],
      [
        'c.yaml:6:8: error: advertising law forbids superlatives such as "第一": write the plain fact',
      ],
    ],
    [
      'no public terms',
      ['terms: 名额有限，先到先得。\n', ''],
      ['c.yaml:1:5: warning: small has no public terms: write them, or where they stand, in terms'],
    ],
    [
      'no notice of limited numbers',
      ['名额有限，', ''],
      ['c.yaml:6:8: warning: the terms do not say 名额有限, and off can run out'],
    ],
  ])('%s', (_rule, changes, findings) => {
    expect(said(changes)).toEqual(findings);
  });
});

describe('an offer by categories of payments', () => {
  const asking = (list: string): string =>
    replaced(SMALL, [QUOTA, `${QUOTA}    when: { category: [${list}] }\n`]);
  const toldOf = (list: string, known: readonly string[]): string[] =>
    findingsOf(asking(list), known).filter((each) => each.includes('categories'));

  test('none of which senders use can never be granted', () => {
    expect(toldOf('watr, gass', ['water', 'gas'])).toEqual([
      'c.yaml:20:23: error: off can never be granted: lists/categories.txt does not have watr, gass',
    ]);
  });

  test('one of which no sender uses is a slip of the pen', () => {
    expect(toldOf('water, gass', ['water', 'gas'])).toEqual([
      'c.yaml:20:31: warning: off: lists/categories.txt does not have gass',
    ]);
  });

  test('that are all in use, or of which nobody has written a list, is nothing to speak of', () => {
    expect([...toldOf('water, gas', ['water', 'gas']), ...toldOf('watr', [])]).toEqual([]);
  });
});

describe('a voucher for certain places', () => {
  const toldOf = (scope: string, known: readonly string[]): string[] =>
    findingsOf(
      replaced(SMALL, [
        '    off: 5000\n',
        `    vouchers: [{ voucher: ride, face: 500, validFor: 7d, scope: [${scope}] }]\n    when: { merchant: [shop-9] }\n`,
        'budgets:',
        'lists: { partners: [shop-1] }\nbudgets:',
      ]),
      known,
    ).filter((each) => each.includes('good at'));

  test('of which one is none is a slip of the pen', () => {
    expect(toldOf('taxi, txai', ['taxi'])).toEqual([
      'c.yaml:19:72: warning: off: ride is good at txai, which is no list, no category of lists/categories.txt and no merchant that the campaign names',
    ]);
  });

  test('that are a list, a merchant of it, one of an offer and a category is nothing to speak of', () => {
    expect(toldOf('partners, shop-1, shop-9, taxi', ['taxi'])).toEqual([]);
    expect(toldOf('anywhere', [])).toEqual([]);
  });
});

test('claims that end in time are told with their last day', () => {
  expect(said([QUOTA, `${QUOTA}    claim: { within: 10wd }\n`])).toEqual([
    'c.yaml:20:22: note: off: claims end on 2026-02-13, 24:00',
  ]);
});

test('errors come before warnings, and those before notes', () => {
  const severities = findingsOf(replaced(EVERYTHING, ['title: Fee', 'title: 最低费率'])).map(
    (each) => each.split(': ')[1],
  );
  expect(severities).toEqual([...severities].sort(byRank));
  expect(new Set(severities)).toEqual(new Set(['error', 'warning']));
});

function byRank(a: string | undefined, b: string | undefined): number {
  const ranks = ['error', 'warning', 'note'];
  return ranks.indexOf(a ?? '') - ranks.indexOf(b ?? '');
}
