/** Which values are hubs: what is usual of their kind says so, with a least limit for each kind. */

import { beforeAll, describe, expect, it } from 'vitest';
import { loadConfig } from '../../config/load.ts';
import { assembleEngine, type AssembledEngine } from '../../pipeline/assemble.ts';
import { discoverDetectors } from '../../pipeline/detect/discover.ts';
import { EXCLUSION_FIELDS, type ExclusionChange } from '../../pipeline/detect/exclusion.ts';
import type { HubKind } from '../../pipeline/detect/hub.ts';
import { at, batchFrom, testDecoder, type PlainEvent } from '../support/events.ts';

const shipped = await loadConfig('config', await discoverDetectors());
/** The shipped configuration with small limits, so that days are short. */
const config = {
  ...shipped,
  system: {
    ...shipped.system,
    hubs: {
      ...{ window: 86_400_000, quantile: 0.99, values: 100, times: 10 },
      ...{ devices: 30, cards: 30, phones: 30, ips: 30, payees: 30, inviters: 30 },
    },
  },
};
const KINDS: readonly HubKind[] = ['devices', 'cards', 'phones', 'ips', 'payees', 'inviters'];
const DAY_MS = 86_400_000;

class Bench {
  readonly assembled: AssembledEngine = assembleEngine(config);
  readonly decoder = testDecoder({ maxFutureMs: Infinity });
  readonly proposals: ExclusionChange[] = [];
  #count = 0;

  judge(events: readonly PlainEvent[]): void {
    for (let from = 0; from < events.length; from += 500) {
      const slice = events
        .slice(from, from + 500)
        .map((event) => ({ id: `h-${this.#count++}`, ...event }));
      const judged = this.assembled.engine.judge(batchFrom(slice, { decoder: this.decoder }));
      this.proposals.push(...judged.exclusionChanges);
    }
  }

  /** As a restart does: nothing is judged. */
  restore(events: readonly PlainEvent[]): void {
    const named = events.map((event) => ({ id: `h-${this.#count++}`, ...event }));
    this.assembled.engine.restore(batchFrom(named, { decoder: this.decoder }));
  }

  get proposed(): readonly string[] {
    return this.proposals.map(({ kind, value, hubLimit }) => `${kind} ${value} above ${hubLimit}`);
  }
}

/** An event in which an account uses a value of a kind. */
function use(kind: HubKind, value: string, accountId: string, offsetMs: number): PlainEvent {
  return {
    type: kind === 'inviters' ? 'referral.joined' : 'payment',
    occurredAt: at(offsetMs),
    accountId,
    [EXCLUSION_FIELDS[kind]]: value,
    ...(kind !== 'inviters' && { amount: 5000, currency: 'CNY' }),
  };
}

const valueOf = (kind: HubKind, n: number): string =>
  kind === 'ips' ? `121.64.${n >> 8}.${n & 255}` : `${kind}-${n}`;

/** A day throughout which `values` values of a kind are used by `each` accounts. */
function usualDay(kind: HubKind, each: number, values = 150, day = 0): PlainEvent[] {
  return Array.from({ length: values * each }, (_, i) =>
    use(
      kind,
      valueOf(kind, i % values),
      `a-${i}`,
      day * DAY_MS + Math.floor((i * DAY_MS) / (values * each)),
    ),
  );
}

/** One value that strangers use, on the day after. */
function crowd(kind: HubKind, accounts: number): PlainEvent[] {
  const value = kind === 'ips' ? '121.65.9.9' : `${kind}-crowd`;
  return Array.from({ length: accounts }, (_, i) =>
    use(kind, value, `stranger-${i}`, DAY_MS + i * 1000),
  );
}

describe.each(KINDS)('a value that joins strangers: %s', (kind) => {
  const name = kind === 'ips' ? '121.65.9.9' : `${kind}-crowd`;

  it('is proposed above the least limit, once, where values have few accounts', () => {
    const bench = new Bench();
    bench.judge([...usualDay(kind, 1), ...crowd(kind, 30)]);
    expect(bench.proposed).toEqual([]);
    bench.judge(crowd(kind, 35));
    expect(bench.proposed).toEqual([`${kind} ${name} above 30`]);
    expect(bench.proposals[0]!.reason).toBe(
      'more than 30 accounts in 24 h; 99 % of all have at most 1',
    );
  });

  it('is proposed far above what is usual, where values have many accounts', () => {
    const bench = new Bench();
    bench.judge([...usualDay(kind, 4), ...crowd(kind, 40)]);
    expect(bench.proposed).toEqual([]);
    bench.judge(crowd(kind, 45));
    expect(bench.proposed).toEqual([`${kind} ${name} above 40`]);
    expect(bench.proposals[0]).toMatchObject({ accounts: 41, op: 'propose', actor: 'policy' });
  });

  it('is held against the least limit where nobody knows what is usual, and that is said', () => {
    const bench = new Bench();
    bench.judge([...usualDay(kind, 4, 99), ...crowd(kind, 31)]);
    expect(bench.proposals.map(({ reason }) => reason)).toEqual([
      'more than 30 accounts in 24 h; what is usual is not known yet, so the least limit holds',
    ]);
  });

  it('is held against the least limit after a day that was seen in part only', () => {
    const bench = new Bench();
    const evening = usualDay(kind, 4).slice(300);
    bench.judge([...evening, ...crowd(kind, 31)]);
    expect(bench.proposed).toEqual([`${kind} ${name} above 30`]);
    expect(bench.proposals[0]!.reason).toContain('what is usual is not known yet');
  });

  it('is held against the same limit after a restart', () => {
    const bench = new Bench();
    bench.restore(usualDay(kind, 4));
    bench.judge(crowd(kind, 45));
    expect(bench.proposed).toEqual([`${kind} ${name} above 40`]);
  });
});

/** What the detectors of a bench read. */
const columns = ({ assembled }: Bench): ReadonlySet<number> =>
  assembled.engine.ruling.detectors.columns;

describe('what is usual', () => {
  const bench = new Bench();
  beforeAll(() => bench.judge([...usualDay('payees', 3), ...crowd('payees', 1)]));

  it('is told with its distribution', () => {
    const figures = bench.assembled.layers.sharing(columns(bench));
    expect(figures).toContainEqual({
      ...{ field: 'payeeId', values: 150, state: 'known', p99: 3, p999: 3, most: 3 },
      countedTo: 64,
    });
    const inviters = figures.find(({ field }) => field === 'inviterId');
    expect(inviters).toMatchObject({ values: 0, state: 'tooFewValues' });
  });

  // The stream begins at two o'clock, in the first of the eighths of its day.
  it('is reported as warming up until a day was seen as a whole, also of what a bank never sends', () => {
    const usual = (of: Bench): string[] =>
      of.assembled.layers
        .warming(columns(of))
        .filter(({ feature }) => feature.startsWith('usual accounts'))
        .map(({ feature, known, needed, unit }) => `${feature}: ${known} of ${needed} ${unit}`);
    const young = new Bench();
    young.judge(usualDay('payees', 1).slice(0, 75));
    expect(usual(young)).toContain('usual accounts per payeeId: 15 of 24 hours');
    expect(usual(young)).toContain('usual accounts per inviterId: 15 of 24 hours');
    expect(usual(bench)).toEqual([]);
  });
});

describe('an address of a network that is known to be shared', () => {
  it('is not proposed: a person has said what it is', () => {
    const bench = new Bench();
    bench.judge(
      Array.from({ length: 100 }, (_, i) => use('ips', '100.64.7.7', `s-${i}`, i * 1000)),
    );
    expect(bench.proposed).toEqual([]);
  });
});
