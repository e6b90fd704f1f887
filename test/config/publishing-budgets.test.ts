import { expect, test } from 'vitest';
import { findingsOf, replaced, SMALL } from './campaign-file.ts';

/** What is said of the line that the offer spends from. */
function spending(changes: readonly string[]): string | undefined {
  return findingsOf(replaced(SMALL, changes)).find((each) => each.includes(' total.spend:'));
}

test('what fits is a note, with the worst case', () => {
  expect(spending([])).toBe(
    'c.yaml:12:23: note: total.spend: at worst 5,000.00 CNY of 9,000.00 CNY',
  );
});

test('a line above others carries what they do; one that nothing spends from is not named', () => {
  const line = '      spend: { limit: 900000 }\n';
  const two = replaced(SMALL, [line, `${line}      gifts: { limit: 100000 }\n`]);
  const findings = findingsOf(two).filter((each) => each.includes(' total'));
  expect(findings).toEqual([
    'c.yaml:10:12: note: total: at worst 5,000.00 CNY of 10,000.00 CNY',
    'c.yaml:12:23: note: total.spend: at worst 5,000.00 CNY of 9,000.00 CNY',
  ]);
});

test.each<readonly [rule: string, changes: readonly string[], finding: string]>([
  [
    'a quota times its benefit passes the line',
    ['max: 100', 'max: 181'],
    'c.yaml:12:23: warning: total.spend: at worst 9,050.00 CNY, and the line has 9,000.00 CNY: customers are turned away before the quotas are used (off 9,050.00 CNY)',
  ],
  [
    'each occurrence has the whole quota',
    [
      '    quota: { max: 100 }\n',
      "    schedule: { weekdays: [friday], from: '10:00', to: '22:00' }\n    quota: { max: 100, period: occurrence }\n",
    ],
    'c.yaml:12:23: warning: total.spend: at worst 25,000.00 CNY, and the line has 9,000.00 CNY: customers are turned away before the quotas are used (off 25,000.00 CNY)',
  ],
  [
    'each day has the whole quota',
    ['{ max: 100 }', '{ max: 100, period: day }'],
    'c.yaml:12:23: warning: total.spend: at worst 155,000.00 CNY, and the line has 9,000.00 CNY: customers are turned away before the quotas are used (off 155,000.00 CNY)',
  ],
  [
    'a quota of customers counts what one customer can have',
    [
      '    quota: { max: 100 }\n',
      '    quota: { max: 100, unit: customer }\n    limits: [{ per: [customer], max: 3 }]\n',
    ],
    'c.yaml:12:23: warning: total.spend: at worst 15,000.00 CNY, and the line has 9,000.00 CNY: customers are turned away before the quotas are used (off 15,000.00 CNY)',
  ],
  [
    'a quota of customers without a limit is none',
    ['    quota: { max: 100 }\n', '    quota: { max: 100, unit: customer }\n'],
    "c.yaml:12:23: warning: total.spend: at worst unlimited (off): only the line's 9,000.00 CNY stops it",
  ],
  [
    'without a quota the line is all that stops it',
    ['    quota: { max: 100 }\n', '    limits: [{ per: [customer], max: 1 }]\n'],
    "c.yaml:12:23: warning: total.spend: at worst unlimited (off): only the line's 9,000.00 CNY stops it",
  ],
  [
    'the quotas of tiers add up',
    [
      '    atLeast: 20000\n    off: 5000\n    quota: { max: 100 }\n',
      '    tiers:\n      - { atLeast: 20000, off: 5000, quota: 10 }\n      - { atLeast: 40000, off: 9000, quota: 2 }\n',
    ],
    'c.yaml:12:23: note: total.spend: at worst 680.00 CNY of 9,000.00 CNY',
  ],
  [
    'stock bounds goods',
    [
      '    atLeast: 20000\n    off: 5000\n',
      '    draw:\n      prizes:\n        - { id: cup, ppm: 500000, goods: { sku: cup } }\n        - { id: bus, ppm: 500000, stock: car, cashback: 100 }\n',
      'offers:',
      'stock: { cup: { units: 5, costMinor: 3000 }, car: { units: 1, costMinor: 5000001 } }\noffers:',
      '    quota: { max: 100 }\n',
      '    limits: [{ per: [customer], max: 1 }]\n',
      '      prizes:',
      '      none: { ppm: 0 }\n      prizes:',
    ],
    'c.yaml:12:23: note: total.spend: at worst 151.00 CNY of 9,000.00 CNY',
  ],
  [
    'the cap bounds a share',
    ['off: 5000', 'off: { percentBp: 1000, cap: 2000 }'],
    'c.yaml:12:23: note: total.spend: at worst 2,000.00 CNY of 9,000.00 CNY',
  ],
  [
    'a share without a cap is of the largest amount',
    ['off: 5000', 'off: { percentBp: 100 }'],
    'c.yaml:12:23: warning: total.spend: at worst 1,000,000.00 CNY, and the line has 9,000.00 CNY: customers are turned away before the quotas are used (off 1,000,000.00 CNY)',
  ],
  [
    'a share of the points spent is of the dearest item',
    [
      'offers:\n',
      'points: { points: 500, worthMinor: 100 }\nstock: { cup: { units: 1, costMinor: 3000 } }\noffers:\n  - id: shop\n    title: Shop\n    on: [redemption.requested]\n    budget: total.spend\n    exchange:\n      items:\n        - { id: cup, goods: { sku: cup }, combos: [{ points: 1000 }, { points: 15000 }] }\n',
      '    atLeast: 20000\n    off: 5000\n',
      '    on: [redemption.requested]\n    points: { ofSpentBp: 500 }\n',
    ],
    'c.yaml:12:23: note: total.spend: at worst 180.00 CNY of 9,000.00 CNY',
  ],
  [
    'points cost what they are worth',
    [
      '    atLeast: 20000\n    off: 5000\n',
      '    points: { perMinor: 100, rateBp: 20000, bonus: { eligible: birthdayMonth(), addBp: 5000, stackOn: running } }\n',
      'offers:',
      'points: { points: 500, worthMinor: 100 }\noffers:',
    ],
    'c.yaml:12:23: warning: total.spend: at worst 600,000.00 CNY, and the line has 9,000.00 CNY: customers are turned away before the quotas are used (off 600,000.00 CNY)',
  ],
])('%s', (_rule, changes, finding) => {
  expect(spending(changes)).toBe(finding);
});
