import { describe, expect, it } from 'vitest';
import { fixedClock, type Clock } from '../../pipeline/clock.ts';
import {
  quotasLeft,
  showSummary,
  type Summary,
  type SummaryState,
} from '../../pipeline/terminal/summary.ts';
import { Tally } from '../../pipeline/tally.ts';

/** A summary whose ticks are called by hand, and all that it wrote. */
function shown(
  isTerminal: boolean,
  more: Partial<SummaryState> = {},
): { summary: Summary; tick: () => void; written: string[] } {
  const written: string[] = [];
  let tick = (): void => undefined;
  const clock: Clock = {
    ...fixedClock(0),
    every: (_ms, run) => {
      tick = run;
      return () => undefined;
    },
  };
  const state: SummaryState = {
    tally: new Tally(),
    frozen: 2,
    costMinor: 123_456,
    lag: 7,
    quotaLeft: [{ offer: 'friday-off', left: 12 }],
    settling: 0,
    recording: 0,
    input: 'none',
    obstacle: undefined,
    ...more,
  };
  const write = (text: string): void => void written.push(text);
  const summary = showSummary(() => state, { isTerminal, columns: 200, write }, clock);
  return { summary, tick: () => tick(), written };
}

const UP = /^\u001b\[(\d+)A/;

describe('the live summary', () => {
  it('is one line with money, quota and lag where there is no terminal', () => {
    const { tick, written } = shown(false);
    tick();
    expect(written).toHaveLength(1);
    expect(written[0]).toMatch(
      /frozen now 2 · cost of rewards 1,234\.56 .*least left friday-off 12 · waiting 7\n$/,
    );
  });

  it('shows what an obstacle would do to the screen, and does not do it', () => {
    for (const isTerminal of [true, false]) {
      const { tick, written } = shown(isTerminal, { obstacle: 'refused: \u001b[2J\nevents 0' });
      tick();
      expect(written[0]).toContain(String.raw`refused: \u001b[2J\u000aevents 0`);
    }
  });

  it('is drawn over itself on a terminal, line for line', () => {
    const { tick, written } = shown(true);
    tick();
    tick();
    const lines = written[0]!.split('\n').length - 1;
    expect(written[0]).not.toMatch(UP);
    expect(UP.exec(written[1]!)?.[1]).toBe(String(lines));
  });

  it('makes way for what else is written to the terminal, and goes on below it', () => {
    const { summary, tick, written } = shown(true);
    tick();
    const lines = written[0]!.split('\n').length - 1;
    summary.tell('a warning\n');
    expect(written[1]).toBe(`\u001b[${lines}A\u001b[Ja warning\n`);
    tick();
    expect(written[2]).not.toMatch(UP);
    expect(written[2]).toContain('verdicts');
  });

  it('names what follows the decisions, so that an input that has ended is not taken for a stand-still', () => {
    const stateOf = (more: Partial<SummaryState>): string => {
      const { tick, written } = shown(true, more);
      tick();
      return /state +(.*)/.exec(written[0]!)![1]!;
    };
    expect(stateOf({ input: 'none', settling: 3 })).toBe('running');
    expect(stateOf({ input: 'read' })).toBe('reading the input');
    expect(stateOf({ input: 'read', settling: 1234 })).toBe(
      'reading the input; behind it 1,234 rewards and actions to go',
    );
    expect(stateOf({ input: 'ended', settling: 2, recording: 5 })).toBe(
      'the input has ended; settling: 2 rewards and actions to go, 5 ledger entries on their way to the record',
    );
    expect(stateOf({ input: 'ended' })).toBe('the input has ended; settling: the last rows');
    expect(stateOf({ input: 'told' })).toMatch(/^the input has ended; events by HTTP/);
    expect(stateOf({ input: 'ended', obstacle: 'Redis is away' })).toBe('Redis is away');
  });

  it('says on one line too that an input is being settled', () => {
    const { tick, written } = shown(false, { input: 'ended', settling: 2 });
    tick();
    expect(written[0]).toMatch(
      /waiting 7 · the input has ended; settling: 2 rewards and actions to go\n$/,
    );
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
