import { describe, expect, test } from 'vitest';
import { said } from './campaign-file.ts';

const QUOTA = '    quota: { max: 100 }\n';

describe('nothing is said of', () => {
  test.each<readonly [what: string, changes: readonly string[]]>([
    ['an offer with a quota', []],
    ['an offer with a limit', [QUOTA, '    limits: [{ per: [customer], max: 1 }]\n']],
    [
      'an offer whose tiers have quotas',
      [
        `    atLeast: 20000\n    off: 5000\n${QUOTA}`,
        '    tiers: [{ atLeast: 20000, off: 5000, quota: 1 }]\n',
      ],
    ],
    [
      'a voucher that a refund takes back with the threshold',
      [
        '    off: 5000\n',
        '    vouchers: [{ voucher: mall, face: 5000, validFor: 30d }]\n    refund: { below: revoke }\n',
      ],
    ],
    [
      'a voucher that asks for nothing of the payment',
      [
        '    atLeast: 20000\n    off: 5000\n',
        '    vouchers: [{ voucher: mall, face: 5000, validFor: 30d }]\n',
      ],
    ],
    ['a threshold at the largest amount', ['atLeast: 20000', 'atLeast: 100000000']],
    [
      'a list with one merchant',
      [
        'budgets:',
        'lists: { partners: [shop-1] }\nbudgets:',
        QUOTA,
        `${QUOTA}    when: { merchant: { list: partners } }\n`,
      ],
    ],
    [
      'a schedule with one day in the window',
      [
        "to: '2026-02-01",
        "to: '2026-01-03",
        QUOTA,
        `${QUOTA}    schedule: { weekdays: [friday], from: '10:00', to: '22:00' }\n`,
      ],
    ],
    ['words that count and order', ['先到先得', '每人最多一次，第一次支付有效']],
    ['terms that stand elsewhere', ['名额有限，先到先得。', 'https://bank.example/terms']],
    ['a budget of one grant', ['limit: 900000', 'limit: 5000', 'max: 100', 'max: 1']],
    [
      'offers of one group, one of which is granted',
      [
        QUOTA,
        `${QUOTA}    group: mall
    stacking: group
    priority: 1
  - id: other
    title: 满减
    budget: total.spend
    group: mall
    stacking: group
    atLeast: 10000
    off: 100
    quota: { max: 1 }
`,
      ],
    ],
    [
      'a group whose offers follow each other',
      [
        QUOTA,
        `${QUOTA}    group: mall
    window: { from: '2026-01-01T00:00:00+08:00', to: '2026-01-15T00:00:00+08:00' }
  - id: other
    title: 满减
    budget: total.spend
    group: mall
    window: { from: '2026-01-15T00:00:00+08:00', to: '2026-02-01T00:00:00+08:00' }
    atLeast: 10000
    off: 100
    quota: { max: 1 }
`,
      ],
    ],
    [
      'a group whose later offer is written first',
      [
        QUOTA,
        `${QUOTA}    group: mall
    window: { from: '2026-01-15T00:00:00+08:00', to: '2026-02-01T00:00:00+08:00' }
  - id: other
    title: 满减
    budget: total.spend
    group: mall
    window: { from: '2026-01-01T00:00:00+08:00', to: '2026-01-15T00:00:00+08:00' }
    atLeast: 10000
    off: 100
    quota: { max: 1 }
`,
      ],
    ],
    [
      'a group whose offers are earned by other events',
      [
        QUOTA,
        `${QUOTA}    group: mall
  - id: other
    title: 满减
    on: [instalment]
    budget: total.spend
    group: mall
    atLeast: 10000
    off: 100
    quota: { max: 1 }
`,
      ],
    ],
  ])('%s', (_what, changes) => {
    expect(said(changes)).toEqual([]);
  });
});
