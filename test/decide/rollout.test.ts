import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Decision, Verdict } from '../../pipeline/decide/decision.ts';
import { Rollout, type RolloutSettings } from '../../pipeline/decide/rollout.ts';

const SETTINGS: RolloutSettings = {
  ...{ share: 0.1, minimumEvents: 100, durationMs: 60_000 },
  block: { times: 2, points: 0.001, atLeast: 5 },
  review: { times: 2, points: 0.005, atLeast: 20 },
};

function decision(verdict: Verdict, reasons: Decision['reasons'] = []): Decision {
  return { verdict, reasons, findings: [], listed: [], late: false };
}

/** Feeds decisions of both sides, a millisecond apart. @returns the end, if it came. */
function run(rollout: Rollout, feed: readonly (readonly [boolean, Verdict])[], fromMs = 0) {
  for (const [n, [isCanary, verdict]] of feed.entries()) {
    const account = `${isCanary ? 'c' : 's'}${fromMs + n}`;
    const end = rollout.observe(isCanary, decision(verdict), fromMs + n, account);
    if (end !== undefined) return { ...end, at: n };
  }
  return undefined;
}

const times = <T>(n: number, one: T): T[] => Array<T>(n).fill(one);

describe('the share', () => {
  const halves = fc.record({ lo: fc.integer(), hi: fc.integer() });

  test('of a larger rollout holds that of a smaller one, whatever the account', () => {
    const small = new Rollout({ ...SETTINGS, share: 0.05 }, 0);
    const large = new Rollout({ ...SETTINGS, share: 0.5 }, 0);
    fc.assert(
      fc.property(halves, ({ lo, hi }) => {
        if (small.takesPart(lo, hi)) expect(large.takesPart(lo, hi)).toBe(true);
        else expect(small.takesPart(lo, hi)).toBe(false);
      }),
    );
  });

  test('is as large as asked', () => {
    const rollout = new Rollout({ ...SETTINGS, share: 0.1 }, 0);
    let taken = 0;
    for (let n = 1; n <= 20_000; n++) if (rollout.takesPart(n, n * 7919)) taken++;
    expect(taken / 20_000).toBeGreaterThan(0.09);
    expect(taken / 20_000).toBeLessThan(0.11);
  });

  test('never holds a missing or placeholder account', () => {
    expect(new Rollout({ ...SETTINGS, share: 1 }, 0).takesPart(0, 0)).toBe(false);
  });
});

describe('a trial', () => {
  test('ends when it blocks beyond both bounds, and not before it had its events', () => {
    const rollout = new Rollout(SETTINGS, 0);
    expect(run(rollout, times(1000, [false, 'allow'] as const))).toBeUndefined();
    expect(run(rollout, times(99, [true, 'block'] as const))).toBeUndefined();
    const end = run(rollout, [[true, 'allow']]);
    expect(end).toMatchObject({ outcome: 'rolled_back' });
    expect(end!.reason).toMatch(/^99\.00 % blocks, at most 0\.10 % are in bounds: 99 blocks/);
  });

  test('may block twice as often as beside it, or a little more often', () => {
    const busy = new Rollout(SETTINGS, 0);
    run(busy, [...times(90, [false, 'allow'] as const), ...times(10, [false, 'block'] as const)]);
    const feed = [...times(81, [true, 'allow'] as const), ...times(19, [true, 'block'] as const)];
    expect(run(busy, feed)).toBeUndefined();
    expect(run(busy, times(3, [true, 'block'] as const))).toMatchObject({ outcome: 'rolled_back' });
  });

  test('is not judged by fewer blocks than say something', () => {
    const rollout = new Rollout(SETTINGS, 0);
    const feed = [...times(4, [true, 'block'] as const), ...times(200, [true, 'allow'] as const)];
    expect(run(rollout, feed)).toBeUndefined();
  });

  test('passes when its event time is over, once enough events came', () => {
    const rollout = new Rollout(SETTINGS, 0);
    run(rollout, times(50, [true, 'allow'] as const));
    expect(run(rollout, times(49, [true, 'allow'] as const), 60_000)).toBeUndefined();
    expect(run(rollout, [[true, 'allow']], 60_000)).toMatchObject({ outcome: 'promoted' });
  });

  const sides = (canary: readonly Verdict[], stable: readonly Verdict[]) => [
    ...stable.map((verdict) => [false, verdict] as const),
    ...canary.map((verdict) => [true, verdict] as const),
  ];
  const mixed = (events: number, what: Verdict, count: number): Verdict[] => [
    ...times<Verdict>(events - count, 'allow'),
    ...times(count, what),
  ];

  test.each(['block', 'review'] as const)(
    'that stops what is found beside it is rolled back when its time is over: %s',
    (what) => {
      const rollout = new Rollout(SETTINGS, 0);
      const feed = sides(mixed(1000, what, 24), mixed(1000, what, 50));
      expect(run(rollout, feed)).toBeUndefined();
      const end = run(rollout, [[true, 'allow']], 60_000);
      expect(end).toMatchObject({ outcome: 'rolled_back' });
      expect(end!.reason).toMatch(/^2\.40 % (block|review)s, at least 2\.50 % are in bounds: /);
    },
  );

  test('passes with half as many as beside it, and where fewer would say nothing', () => {
    for (const [found, beside] of [
      [25, 50],
      [0, 9],
    ] as const) {
      const rollout = new Rollout(SETTINGS, 0);
      run(rollout, sides(mixed(1000, 'block', found), mixed(1000, 'block', beside)));
      expect(run(rollout, [[false, 'allow']], 60_000)).toMatchObject({ outcome: 'promoted' });
    }
  });

  test('counts an account up to its first block: beside it a freeze does the same', () => {
    const rollout = new Rollout(SETTINGS, 0);
    const first = ['review', 'block', 'block', 'review', 'allow'] as const;
    for (const side of [true, false]) {
      for (const verdict of first) rollout.observe(side, decision(verdict), 0, `a-${side}`);
    }
    const counts = { events: 5, reviews: 1, blocks: 1 };
    expect([rollout.canary, rollout.stable]).toEqual([counts, counts]);
    const resumed = new Rollout(SETTINGS, 0);
    resumed.resume({ canary: counts, stable: counts, latestMs: 0, blocked: ['a-true'] });
    resumed.observe(true, decision('block'), 1, 'a-true');
    expect(resumed.canary).toEqual({ ...counts, events: 6 });
  });

  test('counts no block of a list or of a freeze, which say nothing of it', () => {
    const rollout = new Rollout(SETTINGS, 0);
    for (let n = 0; n < 300; n++) {
      const reason = n % 2 === 0 ? 'account_frozen' : 'block_list';
      expect(rollout.observe(true, decision('block', [reason]), n, `a${n}`)).toBeUndefined();
    }
    expect(rollout.canary).toEqual({ events: 300, reviews: 0, blocks: 0 });
  });

  test('that a restart interrupted ends at the same event', () => {
    const feed = [
      ...times(300, [false, 'allow'] as const),
      ...times(95, [true, 'allow'] as const),
      ...times(30, [true, 'block'] as const),
    ];
    const whole = run(new Rollout(SETTINGS, 0), feed);
    const first = new Rollout(SETTINGS, 0);
    run(first, feed.slice(0, 350));
    const resumed = new Rollout(SETTINGS, 0);
    const { canary, stable, latestMs } = first;
    resumed.resume({ canary, stable, latestMs, blocked: [] });
    expect(run(resumed, feed.slice(350), 350)!.at + 350).toBe(whole!.at);
  });
});
