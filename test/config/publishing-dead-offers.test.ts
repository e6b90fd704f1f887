import { describe, expect, test } from 'vitest';
import { said } from './campaign-file.ts';

type Row = readonly [rule: string, changes: readonly string[], findings: readonly string[]];

describe('an offer can never be granted', () => {
  test.each<Row>([
    [
      'that only an event that takes back would earn',
      ['    atLeast', '    on: [refund]\n    atLeast'],
      ['c.yaml:17:9: error: off can never be granted: refund: what takes rewards back earns none'],
    ],
    [
      'whose events have no merchant',
      [
        '    atLeast: 20000\n    off: 5000\n',
        '    on: [login]\n    when: { merchant: [shop-1] }\n    cashback: 100\n',
      ],
      ['c.yaml:18:23: error: off can never be granted: an event of login has no merchant'],
    ],
    [
      'whose events have no category',
      [
        '    atLeast: 20000\n    off: 5000\n',
        '    on: [login]\n    when: { category: [water] }\n    cashback: 100\n',
      ],
      ['c.yaml:18:23: error: off can never be granted: an event of login has no category'],
    ],
    [
      'whose events have no amount',
      ['    atLeast', '    on: [login]\n    atLeast'],
      ['c.yaml:18:14: error: off can never be granted: an event of login has no amount'],
    ],
    [
      'whose threshold no event may reach',
      ['atLeast: 20000', 'atLeast: 100000001'],
      [
        'c.yaml:17:14: error: off can never be granted: no event may have more than 1,000,000.00 CNY (ingest.maxAmountMinor)',
      ],
    ],
    [
      'whose days never come',
      [
        "to: '2026-02-01",
        "to: '2026-01-02",
        '    quota: { max: 100 }\n',
        '    quota: { max: 100 }\n    schedule: { weekdays: [saturday] }\n',
      ],
      ['c.yaml:20:15: error: off can never be granted: none of its days lies inside its window'],
    ],
    [
      'whose day comes when its window is over',
      [
        "to: '2026-02-01T00:00:00",
        "to: '2026-01-02T09:00:00",
        '    quota: { max: 100 }\n',
        "    quota: { max: 100 }\n    schedule: { weekdays: [friday], from: '10:00', to: '22:00' }\n",
      ],
      ['c.yaml:20:15: error: off can never be granted: none of its days lies inside its window'],
    ],
    [
      'whose working day is a public holiday',
      [
        "from: '2026-01-01T00:00:00+08:00', to: '2026-02-01",
        "from: '2026-01-02T00:00:00+08:00', to: '2026-01-03",
        '    quota: { max: 100 }\n',
        '    quota: { max: 100 }\n    schedule: { weekdays: [friday], dayType: workday_adjusted }\n',
      ],
      ['c.yaml:20:15: error: off can never be granted: none of its days lies inside its window'],
    ],
    [
      'whose quota is 0',
      ['max: 100', 'max: 0'],
      ['c.yaml:19:19: error: off can never be granted: its quota is 0'],
    ],
    [
      'whose limit is 0',
      ['    quota: { max: 100 }\n', '    limits: [{ per: [card], max: 0 }]\n'],
      ['c.yaml:19:34: error: off can never be granted: a limit is 0'],
    ],
    [
      'whose tiers have quotas of 0',
      [
        '    atLeast: 20000\n    off: 5000\n    quota: { max: 100 }\n',
        '    tiers: [{ atLeast: 20000, off: 5000, quota: 0 }]\n',
      ],
      ['c.yaml:17:12: error: off can never be granted: the quota of every tier is 0'],
    ],
    [
      'whose list is empty',
      [
        'budgets:',
        'lists: { partners: [] }\nbudgets:',
        '    quota: { max: 100 }\n',
        '    quota: { max: 100 }\n    when: { merchant: { list: partners } }\n',
      ],
      ['c.yaml:21:31: error: off can never be granted: the list partners is empty'],
    ],
    [
      'whose budget is less than one grant',
      ['limit: 900000', 'limit: 4999'],
      [
        'c.yaml:16:13: error: off can never be granted: its budget has 49.99 CNY, less than one grant costs',
      ],
    ],
  ])('%s', (_rule, changes, findings) => {
    expect(said(changes)).toEqual(findings);
  });
});
