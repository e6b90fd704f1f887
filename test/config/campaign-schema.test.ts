import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadConfig } from '../../config/load.ts';
import { publishingCheck } from '../../config/publishing-check.ts';
import { discoverDetectors } from '../../pipeline/detect/discover.ts';
import { problemsOf } from './campaign-file.ts';

const GOOD = `id: bills
title: Bills
timezone: Asia/Shanghai
currency: CNY
window: { from: '2026-01-01T00:00:00+08:00', to: '2027-01-01T00:00:00+08:00' }
budgets:
  total:
    limit: 1000
    children:
      spend: { limit: 600 }
      other: { limit: 400 }
offers:
  - id: off
    title: Off
    budget: total.spend
    schedule: { weekdays: [friday], from: '10:00', to: '22:00' }
    tiers:
      - { atLeast: 100, off: 5, quota: 0 }
      - { atLeast: 200, off: 12 }
    quota: { max: 50, period: occurrence }
    limits:
      - { per: [card], period: day, max: 1 }
`;

test('a whole campaign is read; 0 is a limit', () => {
  expect(problemsOf(GOOD)).toEqual([]);
});

describe('one broken line, one message with its place', () => {
  test.each([
    ['id: bills', 'id: Bills!', 'c.yaml:1:5: id: write a name in lower case'],
    ['Asia/Shanghai', 'Asia/Nowhere', 'c.yaml:3:11: timezone: is no IANA time zone'],
    ['currency: CNY', 'currency: yuan', 'c.yaml:4:11: currency: write a currency code'],
    [
      'currency: CNY',
      'currency: RMB',
      'c.yaml:4:11: currency: is no code of ISO 4217, past or present: the yuan is CNY',
    ],
    ["to: '2027-01-01", "to: '2025-01-01", 'c.yaml:5:50: window.to: must be after from'],
    ["from: '2026-01-01T00:00:00+08:00'", "from: '2026-01-01'", 'c.yaml:5:17: window.from:'],
    [
      '    limit: 1000',
      '    limit: 999',
      'c.yaml:8:12: budgets.total.limit: is 999, but the lines below it add up to 1000',
    ],
    ['    limit: 1000', '    limit: 10.5', 'c.yaml:8:12: budgets.total.limit:'],
    ['limit: 600', 'limit: -1', 'c.yaml:10:23: budgets.total.children.spend.limit:'],
    [
      'budget: total.spend',
      'budget: total.gifts',
      'c.yaml:15:13: offers.0.budget: no budget line is called "total.gifts"',
    ],
    [
      'budget: total.spend',
      'budget: __proto__',
      'c.yaml:15:13: offers.0.budget: no budget line is called',
    ],
    ['weekdays: [friday]', 'weekdays: [fryday]', 'c.yaml:16:28: offers.0.schedule.weekdays.0:'],
    ["to: '22:00'", "to: '09:00'", 'c.yaml:16:56: offers.0.schedule.to: must be after from'],
    ["to: '22:00'", "to: '25:00'", 'c.yaml:16:56: offers.0.schedule.to: write a time of day'],
    [
      '{ atLeast: 200, off: 12 }',
      '{ atLeast: 100, off: 12 }',
      'c.yaml:19:20: offers.0.tiers.1.atLeast: must be above',
    ],
    [
      '{ atLeast: 200, off: 12 }',
      '{ atLeast: 200, off: 201 }',
      'c.yaml:19:30: offers.0.tiers.1.off: takes off more',
    ],
    [
      '{ atLeast: 200, off: 12 }',
      '{ atLeast: 200, off: 0 }',
      'c.yaml:19:30: offers.0.tiers.1.off:',
    ],
    ['period: day', 'period: year', 'c.yaml:22:32: offers.0.limits.0.period:'],
    ['    title: Off', '    titel: Off', 'c.yaml:14:5: unknown key "titel"'],
    [
      "    schedule: { weekdays: [friday], from: '10:00', to: '22:00' }\n",
      '',
      'c.yaml:19:31: offers.0.quota.period: occurrence needs a schedule',
    ],
  ])('%j as %j', (good, bad, expected) => {
    const broken = GOOD.replace(good, bad);
    expect(broken).not.toBe(GOOD);
    expect(problemsOf(broken).join('\n')).toContain(expected);
  });

  test('all mistakes are named at once', () => {
    const broken = GOOD.replace('limit: 1000', 'limit: 1').replace('off: 12', 'off: 999');
    expect(problemsOf(broken)).toHaveLength(2);
  });
});

test('the shipped campaigns are read, and may be published', async () => {
  const folder = join(import.meta.dirname, '../../config');
  const config = await loadConfig(folder, await discoverDetectors());
  expect(config.campaignSources).not.toEqual([]);
  const findings = publishingCheck(config);
  expect(findings.filter(({ severity }) => severity === 'error')).toEqual([]);
});
