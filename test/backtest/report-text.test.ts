import { expect, test } from 'vitest';
import { reportText } from '../../pipeline/backtest/report-text.ts';
import { ratesOf, type BacktestReport } from '../../pipeline/backtest/report.ts';

const OFFER = {
  ...{ granted: 2, noPrize: 0, awaiting: 0, held: 1, voided: 0, forfeited: 0, clawedBack: 0 },
  ...{ rejected: {}, costMinor: 123_456, pendingMinor: 500, clawedBackMinor: 0 },
  ...{ interceptedMinor: 700, customers: 3, labels: {} },
};

const REPORT: BacktestReport = {
  ...{ configVersion: 'abc', events: 12_345, seconds: 2, eventsPerSecond: 6172.5, positives: 4 },
  policy: { ...ratesOf(4, 3, 4, 12_341), blocked: 1, reviewed: 3 },
  detectors: {
    quiet: ratesOf(0, 0, 4, 12_341),
    'same-ip': ratesOf(2, 1, 4, 12_341),
    'same-device': ratesOf(3, 3, 4, 12_341),
  },
};

const lines = (report: BacktestReport): string[] => reportText(report).split('\n');

test('the policy stands above the detectors, the most flagging first, with rates as percentages', () => {
  expect(lines(REPORT)).toEqual([
    'configuration abc · 12,345 events in 2.0 s (6,173/s) · 4 labelled as fraud',
    '',
    '               flagged  of them fraud  precision  recall  false positives',
    '  policy             4              3     75.0 %  75.0 %          0.008 %',
    '  same-device        3              3    100.0 %  75.0 %          0.000 %',
    '  same-ip            2              1     50.0 %  25.0 %          0.008 %',
    "  of the policy's, 1 blocked and 3 reviewed; 1 detectors and rules flagged nothing",
    '',
  ]);
});

test('a rate that nobody can know is left empty', () => {
  const policy = { ...ratesOf(2, 0, 0, 0), blocked: 0, reviewed: 2 };
  const told = lines({ ...REPORT, positives: 0, policy, detectors: {} });
  expect(told[0]).toContain('none labelled as fraud');
  expect(told[3]).toBe('  policy        2              0');
});

test('campaigns are told with the offers that meant something to anybody', () => {
  const campaign = {
    ...{ costMinor: 123_456, pendingMinor: 500, clawedBackMinor: 0, interceptedMinor: 700 },
    ...{ customers: 3, budgets: {} },
    offers: { 'friday-off': OFFER, idle: { ...OFFER, granted: 0, customers: 0 } },
  };
  const told = reportText({ ...REPORT, campaigns: { card: campaign } });
  expect(told).toMatch(/\n +card +3 +1,234\.56 +5\.00 +7\.00\n +friday-off +2 +3 +1,234\.56 /);
  expect(told).not.toContain('idle');
});

test('what attackers got away with is a loss, what they were refused is kept from them', () => {
  const attack = { accounts: 4, caught: 3, recall: 0.75 };
  const attacks = { 'device-farm': { ...attack, attemptedMinor: 900, lostMinor: 250 } };
  const told = reportText({ ...REPORT, attacks });
  expect(told).toMatch(
    /\n +attack +accounts +caught +recall +reached for +lost\n +device-farm +4 +3 +75\.0 % +9\.00 +2\.50\n/,
  );
});

test('another configuration is told by what would change', () => {
  const against = {
    ...{ configVersion: 'def', policy: REPORT.policy, detectors: REPORT.detectors, changed: 2 },
    ...{ changes: { 'allow → review': 2 }, newlyCaught: 1, newlyMissed: 0 },
    ...{ newlyFlaggedHonest: 1, noLongerFlaggedHonest: 0, accounts: null, payments: {} },
    ...{ detectorChanges: {}, caveats: ['windows were empty'] },
    decisions: [
      { eventId: 'e-1', accountId: 'a-1', fraud: true, from: 'allow', to: 'review' } as const,
    ],
  };
  const told = reportText({ ...REPORT, against });
  expect(told).toContain('against configuration def: 2 decisions differ (allow → review 2)\n');
  expect(told).toContain('fraud newly caught 1, newly missed 0; honest events newly flagged 1');
  expect(told).toContain('note: windows were empty');
  expect(told).toMatch(/\n +e-1 +a-1 +fraud +allow → review\n/);
});
