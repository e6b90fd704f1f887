/** How far attacks get against the shipped configuration: a Friday morning with nine kinds, each of them a hundredth of the traffic. */

import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BacktestReport } from '../../pipeline/backtest/report.ts';
import { endAll, newFolder, run } from '../support/cli.ts';

let report: BacktestReport;
beforeAll(async () => {
  const stream = join(await newFolder(), 'stream.ndjson');
  const length = ['--minutes', '180', '--rate', '2', '--start', '2026-11-20T08:00:00+08:00'];
  const simulated = await run(
    ['simulate', '--out', stream, '--seed', '5', '--attack-share', '0.09'].concat(length),
  );
  expect(simulated.code, simulated.stderr).toBe(0);
  const judged = await run(['backtest', '--rewards', '--input', stream]);
  expect(judged.code, judged.stderr).toBe(0);
  report = JSON.parse(judged.stdout) as BacktestReport;
});
afterAll(endAll);

describe('nine kinds of attack', () => {
  it('come in full, each of them', () => {
    const { attacks } = report;
    expect(Object.keys(attacks!)).toHaveLength(9);
    const share = report.positives / report.events;
    expect(share).toBeGreaterThan(0.06);
    expect(Object.values(attacks!).every(({ accounts }) => accounts >= 2)).toBe(true);
  });

  it('are caught in nineteen accounts of twenty, each of them', () => {
    for (const [kind, { recall }] of Object.entries(report.attacks!)) {
      expect(recall, kind).toBeGreaterThanOrEqual(0.95);
    }
  });

  it('keep at most a tenth of the rewards they reach for', () => {
    const reached = Object.values(report.attacks!).filter((each) => each.attemptedMinor! > 0);
    expect(reached.length).toBeGreaterThanOrEqual(5);
    for (const [kind, { attemptedMinor, lostMinor }] of Object.entries(report.attacks!)) {
      expect(lostMinor, kind).toBeLessThanOrEqual(attemptedMinor! / 10);
    }
  });

  it('get no honest account in two thousand blocked, and at most one in a hundred reviewed', () => {
    expect(report.honest!.accounts).toBeGreaterThan(10_000);
    expect(report.honest!.blockedShare).toBeLessThanOrEqual(0.0005);
    expect(report.honest!.reviewedShare).toBeLessThanOrEqual(0.01);
  });
});
