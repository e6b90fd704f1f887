import { describe, expect, it } from 'vitest';
import { fixedClock, type Clock } from '../../pipeline/clock.ts';
import { quotasLeft, showSummary, type Summary } from '../../pipeline/summary.ts';
import { Tally } from '../../pipeline/tally.ts';

/** A summary whose ticks are called by hand, and all that it wrote. */
function shown(isTerminal: boolean): { summary: Summary; tick: () => void; written: string[] } {
  const written: string[] = [];
  let tick = (): void => undefined;
  const clock: Clock = {
    ...fixedClock(0),
    every: (_ms, run) => {
      tick = run;
      return () => undefined;
    },
  };
  const state = {
    tally: new Tally(),
    frozen: 2,
    costMinor: 123_456,
    lag: 7,
    quotaLeft: [{ offer: 'friday-off', left: 12 }],
    obstacle: undefined,
  };
  const write = (text: string): void => void written.push(text);
  const summary = showSummary(() => state, { isTerminal, columns: 100, write }, clock);
  return { summary, tick: () => tick(), written };
}

const UP = /^\u001b\[(\d+)A/;

describe('the live summary', () => {
  it('is one line with money, quota and lag where there is no terminal', () => {
    const { tick, written } = shown(false);
    tick();
    expect(written).toHaveLength(1);
    expect(written[0]).toMatch(/frozen 2 · rewards 1,234\.56 .*left friday-off 12 · lag 7\n$/);
  });

  it('is drawn over itself on a terminal, line for line', () => {
    const { tick, written } = shown(true);
    tick();
    tick();
    const lines = written[0]!.split('\n').length - 1;
    expect(written[0]).not.toMatch(UP);
    expect(UP.exec(written[1]!)?.[1]).toBe(String(lines));
  });

  it('leaves what else was written to the terminal alone, and goes on below it', () => {
    const { summary, tick, written } = shown(true);
    tick();
    summary.below();
    tick();
    expect(written[1]).not.toMatch(UP);
  });
});

describe('the quota left', () => {
  it('names the offer first of which the smallest share is left, and no offer without a limit', () => {
    const balance = { posted: 0, pending: 0 };
    const left = quotasLeft([
      { ...balance, account: 'quota/small', limit: 50 },
      { ...balance, account: 'quota/large', limit: 50_000, posted: 40_000, pending: 5000 },
      { ...balance, account: 'quota/open', limit: undefined },
      { ...balance, account: 'quota/closed', limit: 0 },
      { ...balance, account: 'budget/small', limit: 10 },
    ]);
    expect(left).toEqual([
      { offer: 'closed', left: 0 },
      { offer: 'large', left: 5000 },
      { offer: 'small', left: 50 },
    ]);
  });
});
