import { describe, expect, it } from 'vitest';
import { Tally } from '../../pipeline/tally.ts';
import { ALLOW, FINDING } from '../record/recording.ts';

const FOUND = { ...ALLOW, findings: [{ ...FINDING, mode: 'live' as const }] };
const SHADOW = { ...ALLOW, findings: [{ ...FINDING, mode: 'shadow' as const }] };

describe('the time since the last finding', () => {
  it('counts from the first event while nothing was found: silence from the start is silence', () => {
    const tally = new Tally();
    expect(tally.secondsSinceFinding(-Infinity)).toBe(0);
    expect(tally.secondsSinceFinding(5000)).toBe(0);
    tally.decision(ALLOW, 2000, 1);
    tally.decision(ALLOW, 1000, 1);
    tally.decision(SHADOW, 60_000, 1);
    expect(tally.secondsSinceFinding(61_000)).toBe(60);
  });

  it('counts from the newest live finding afterwards, whatever order events came in', () => {
    const tally = new Tally();
    for (const [decision, atMs] of [
      [ALLOW, 1000],
      [FOUND, 30_000],
      [FOUND, 20_000],
      [ALLOW, 500],
    ] as const) {
      tally.decision(decision, atMs, 1);
    }
    expect(tally.secondsSinceFinding(40_000)).toBe(10);
    expect(tally.secondsSinceFinding(25_000)).toBe(0);
  });
});
