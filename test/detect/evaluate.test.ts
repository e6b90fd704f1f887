import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  defineDetector,
  MeasureError,
  type Detector,
  type NamedDetector,
} from '../../pipeline/detect/detector.ts';
import { ExclusionRegistry, type ExclusionChange } from '../../pipeline/detect/exclusion.ts';
import { compileDetectors, type CompiledDetectors } from '../../pipeline/detect/evaluate.ts';
import type { FeatureSpec } from '../../pipeline/detect/feature.ts';
import { detectorsSchema } from '../../pipeline/detect/section.ts';
import { EVENT_TYPES, EventView, type EventType } from '../../pipeline/event.ts';
import { batchFrom, eventOf, paymentOf } from '../support/events.ts';

const PAYMENTS: FeatureSpec = {
  key: 'accountId',
  on: ['payment'],
  windowMs: 60_000,
  aggregate: { kind: 'count' },
};

/** A detector that passes one feature on. */
function counting(overrides: Partial<Detector<unknown, 'payments'>> = {}): Detector {
  return defineDetector({
    summary: 'Counts.',
    cannotSee: 'Anything else.',
    on: ['payment'],
    config: z.strictObject({}),
    features: () => ({ payments: PAYMENTS }),
    measures: {
      payments: {
        about: 'payments',
        unit: 'payments',
        direction: 'atLeast',
        subject: 'accountId',
        bands: { review: 3, block: 5, conclusive: 7 },
        windowMs: () => 60_000,
        of: (_event, features) => features.payments,
      },
    },
    examples: [],
    ...overrides,
  });
}

function compile(
  detectors: Readonly<Record<string, Detector>>,
  config: Readonly<Record<string, unknown>> = {},
): CompiledDetectors {
  const named: NamedDetector[] = Object.entries(detectors).map(([name, detector]) => ({
    name,
    detector,
  }));
  return compileDetectors(named, detectorsSchema(named).parse(config));
}

/** What is found at one payment whose features have these values, column by column. */
function at(
  compiled: CompiledDetectors,
  values: readonly number[],
  event: Readonly<Record<string, unknown>> = paymentOf(),
): ReturnType<CompiledDetectors['evaluate']> {
  compiled.bind({ width: values.length, values: Float64Array.from(values) });
  return compiled.evaluate(new EventView(batchFrom([event]), 0));
}

describe('bands', () => {
  const compiled = compile({ counting: counting() });

  it.each([
    [2, []],
    [3, [['review', false, 3]]],
    [4.5, [['review', false, 3]]],
    [5, [['block', false, 5]]],
    [7, [['block', true, 7]]],
    [Infinity, [['block', true, 7]]],
  ])('a measure of %d reaches the worst band it can', (value, expected) => {
    const found = at(compiled, [value]);
    expect(found.map((one) => [one.band, one.conclusive, one.threshold])).toEqual(expected);
  });

  it('an absent feature reaches nothing, not even a band of 0', () => {
    const zero = compile(
      { counting: counting() },
      { counting: { bands: { payments: { review: 0 } } } },
    );
    expect(at(zero, [NaN])).toEqual([]);
    expect(at(zero, [0])).toMatchObject([{ band: 'review', measure: 0, threshold: 0 }]);
  });

  it('silence is one shared frozen value', () => {
    const silence = at(compiled, [0]);
    expect(at(compiled, [1])).toBe(silence);
    expect(Object.isFrozen(silence)).toBe(true);
  });

  it('a band of 0 accuses nobody where the subject is missing or a placeholder', () => {
    const zero = compile(
      { counting: counting() },
      { counting: { bands: { payments: { review: 0 } } } },
    );
    expect(at(zero, [0], paymentOf({ accountId: 'unknown' }))).toEqual([]);
  });

  it('for a measure that is worse the smaller, 0 is the worst', () => {
    const base = counting();
    const fast = compile({
      fast: counting({
        measures: {
          payments: {
            ...base.measures['payments']!,
            direction: 'atMost',
            bands: { review: 60, block: 5, conclusive: 0 },
          },
        },
      }),
    });
    const bandAt = (value: number): unknown =>
      at(fast, [value]).map((one) => [one.band, one.conclusive]);
    expect(bandAt(61)).toEqual([]);
    expect(bandAt(60)).toEqual([['review', false]]);
    expect(bandAt(5)).toEqual([['block', false]]);
    expect(bandAt(0)).toEqual([['block', true]]);
    expect(bandAt(NaN)).toEqual([]);
  });

  it('bands for an event replace the configured ones, and are asked only once those are reached', () => {
    const base = counting().measures['payments']!;
    const asked: string[] = [];
    const lenient = compile({
      lenient: counting({
        measures: {
          payments: {
            ...base,
            bandsFor: (event) => {
              asked.push(event.id);
              return { review: 6 };
            },
          },
        },
      }),
    });
    expect(at(lenient, [2])).toEqual([]);
    expect(asked).toEqual([]);
    expect(at(lenient, [5])).toEqual([]);
    expect(asked).toEqual(['p-1']);
    expect(at(lenient, [8])).toMatchObject([{ band: 'review', threshold: 6 }]);
  });

  it.each([{ ceiling: 'payments' }, {}])(
    'bands for an event may be stricter than the configured ones, or stand where there are none (%o)',
    (screened) => {
      const measure = {
        ...counting().measures['payments']!,
        ...screened,
        bandsFor: ({ deviceId }: { deviceId?: string | undefined }) =>
          deviceId === 'd' ? { review: 2 } : undefined,
        allBandsFor: () => [{ review: 2 }],
      };
      for (const bands of [{ review: 3 }, {}]) {
        const strict = compile(
          {
            strict: counting({
              measures: { payments: measure, other: { ...measure, bands: { review: 99 } } },
            }),
          },
          { strict: { bands: { payments: bands } } },
        );
        expect(at(strict, [1], paymentOf({ deviceId: 'd' }))).toEqual([]);
        expect(at(strict, [2])).toEqual([]);
        expect(at(strict, [2], paymentOf({ deviceId: 'd' }))).toMatchObject([
          { band: 'review', measure: 2, threshold: 2 },
        ]);
      }
    },
  );
});

describe('modes and types', () => {
  it('a shadow detector speaks, and its findings say so', () => {
    const compiled = compile({ counting: counting() }, { counting: { mode: 'shadow' } });
    expect(at(compiled, [9])).toMatchObject([{ mode: 'shadow', band: 'block', conclusive: true }]);
  });

  it('a detector that is off asks for no feature and says nothing', () => {
    const compiled = compile({ counting: counting() }, { counting: { mode: 'off' } });
    expect(compiled.requests).toEqual([]);
    expect(at(compiled, [])).toEqual([]);
  });

  it('a detector hears only the types it names', () => {
    const compiled = compile({ counting: counting() });
    expect(at(compiled, [9], eventOf('login'))).toEqual([]);
    expect(compiled.requests).toEqual([{ spec: PAYMENTS, measuredOn: ['payment'] }]);
  });
});

describe('hubs', () => {
  const least = { devices: 100, cards: 100, ips: 100, phones: 100, payees: 100, inviters: 100 };
  const hubs = { windowMs: 86_400_000, quantile: 0.99, values: 100, times: 10, least };
  /** A detector whose measure is about a field. */
  const about = (subject: 'accountId' | 'cardId' | 'deviceId', on: EventType[]): Detector => {
    const { payments } = counting().measures;
    return counting({ on, measures: { payments: { ...payments!, subject } } });
  };
  const asked = (detectors: Readonly<Record<string, Detector>>, mode = 'live'): unknown[] => {
    const named = Object.entries(detectors).map(([name, detector]) => ({ name, detector }));
    const sections = detectorsSchema(named).parse(
      Object.fromEntries(named.map(({ name }) => [name, { mode }])),
    );
    const { requests } = compileDetectors(named, sections, undefined, hubs);
    return requests.flatMap(({ spec, measuredOn }) => {
      const name = spec.kind === 'sharing' ? spec.field : spec.kind === 'ring' ? 'own' : undefined;
      return name === undefined ? [] : [[name, measuredOn.length === EVENT_TYPES.length]];
    });
  };

  it('are measured of the values that findings are about, at every event', () => {
    expect(asked({ one: about('accountId', ['payment']) })).toEqual([]);
    expect(
      asked({
        one: about('cardId', ['payment']),
        two: about('cardId', ['wallet.bound']),
        three: about('accountId', ['refund']),
      }),
    ).toEqual([['cardId', true]]);
    expect(asked({ one: about('deviceId', ['login']) })).toEqual([
      ['deviceId', true],
      ['own', true],
    ]);
  });

  it('are measured of nothing for a detector that is off', () => {
    expect(asked({ one: about('deviceId', ['login']) }, 'off')).toEqual([]);
  });
});

describe('a limit that an excluded value has of its own', () => {
  const order = (op: 'add' | 'remove'): ExclusionChange => ({
    ...{ id: op, op, kind: 'devices', value: 'kiosk', accounts: 0, hubLimit: 0, actor: 'li.wei' },
    ...{ reason: 'a kiosk', decisionId: '', occurredAtMs: 0, expiresAtMs: undefined },
    ...(op === 'add' && { bands: { one: { payments: { review: 2 } } } }),
  });
  const { payments } = counting().measures;
  let taken = 0;
  const measure = {
    ...payments!,
    subject: 'deviceId' as const,
    ceiling: 'payments',
    of: (_event: unknown, features: { payments: number }) => {
      taken++;
      if (features.payments < 3) throw new MeasureError('divided by 0');
      return features.payments;
    },
  };
  const detector = counting({ measures: { payments: measure } });

  it('has nobody else measured further down, and nobody at all once it is gone', () => {
    const named = [{ name: 'one', detector }];
    const least = { devices: 100 };
    const compiled = compileDetectors(named, detectorsSchema(named).parse({}), undefined, {
      ...{ windowMs: 86_400_000, quantile: 0.99, values: 100, times: 10, least },
    });
    const exclusions = new ExclusionRegistry({ entries: [], sharedNetworks: [] });
    const told = (deviceId: string): readonly (string | undefined)[] => {
      compiled.heed({ exclusions, explain: () => undefined });
      const values = [2, NaN, NaN, NaN];
      return at(compiled, values, paymentOf({ deviceId })).map(({ band }) => band);
    };
    expect([told('kiosk'), taken]).toEqual([[], 0]);
    exclusions.apply(order('add'));
    expect([told('kiosk'), told('telephone'), taken]).toEqual([['error'], [], 2]);
    exclusions.apply(order('remove'));
    expect([told('kiosk'), taken]).toEqual([[], 2]);
  });
});

describe('sharing', () => {
  it('equal features of several detectors are one column, measured wherever one of them looks', () => {
    const compiled = compile({
      first: counting(),
      second: counting({ on: ['payment', 'refund'] }),
      third: counting({ features: () => ({ payments: { ...PAYMENTS, windowMs: 90_000 } }) }),
    });
    expect(compiled.requests).toEqual([
      { spec: PAYMENTS, measuredOn: ['payment', 'refund'] },
      { spec: { ...PAYMENTS, windowMs: 90_000 }, measuredOn: ['payment'] },
    ]);
    expect(at(compiled, [3, 5]).map((one) => [one.detector, one.measure])).toEqual([
      ['first', 3],
      ['second', 3],
      ['third', 5],
    ]);
  });

  it('each event reads its own row, whatever the width of the matrix', () => {
    const compiled = compile({ counting: counting() });
    const batch = batchFrom([paymentOf({ id: 'p-1' }), paymentOf({ id: 'p-2' })]);
    compiled.bind({ width: 3, values: Float64Array.from([1, 99, 99, 4, 99, 99]) });
    expect(compiled.evaluate(new EventView(batch, 0))).toEqual([]);
    expect(compiled.evaluate(new EventView(batch, 1))).toMatchObject([{ measure: 4 }]);
  });

  it('a matrix that is too narrow is refused', () => {
    const compiled = compile({ counting: counting() });
    expect(() => at(compiled, [])).toThrow(RangeError);
  });
});

describe('findings', () => {
  const base = counting().measures['payments']!;
  const twofold = counting({
    measures: {
      payments: { ...base, bands: { review: 3 } },
      perDevice: {
        ...base,
        subject: 'deviceId',
        unit: 'payments on a device',
        bands: { review: 2, block: 4 },
        windowMs: () => 5000,
      },
    },
    evidence: (_event, { payments }) => ({ payments, absent: NaN }),
  });

  it('a detector speaks once: its worst measure, with the others named in the evidence', () => {
    expect(at(compile({ twofold }), [4])).toEqual([
      {
        detector: 'twofold',
        mode: 'live',
        band: 'block',
        conclusive: false,
        measure: 4,
        threshold: 4,
        unit: 'payments on a device',
        windowMs: 5000,
        subject: 'deviceId',
        subjectValue: 'dev-1',
        evidence: { measure: 'perDevice', alsoReached: 'payments', payments: 4 },
      },
    ]);
  });

  it('among measures in the same band the first declared speaks', () => {
    expect(at(compile({ twofold }), [3])).toMatchObject([
      { subject: 'accountId', band: 'review', evidence: { alsoReached: 'perDevice' } },
    ]);
  });

  it('evidence is made only when a band was reached', () => {
    let made = 0;
    const compiled = compile({
      counting: counting({
        evidence: () => {
          made++;
          return {};
        },
      }),
    });
    at(compiled, [2]);
    expect(made).toBe(0);
    at(compiled, [3]);
    expect(made).toBe(1);
  });

  it('a detector that throws is a defect: it is named with the event, and nothing goes on without it', () => {
    const cause = new TypeError('cannot read this');
    const compiled = compile({
      broken: counting({
        measures: {
          payments: {
            ...base,
            of: () => {
              throw cause;
            },
          },
        },
      }),
    });
    expect(() => at(compiled, [1])).toThrow(
      expect.objectContaining({ message: 'detector broken failed at event p-1', cause }),
    );
  });
});

describe('sections', () => {
  const named = [{ name: 'counting', detector: counting() }];

  function problems(section: unknown): string[] {
    const result = detectorsSchema(named).safeParse({ counting: section });
    return (result.error?.issues ?? []).map((one) => `${one.path.join('.')}: ${one.message}`);
  }

  it('a detector without a section runs live with its own bands', () => {
    expect(detectorsSchema(named).parse({})).toEqual({
      counting: { mode: 'live', bands: { payments: { review: 3, block: 5, conclusive: 7 } } },
    });
  });

  it('bands that are given stand as a whole', () => {
    const sections = detectorsSchema(named).parse({
      counting: { bands: { payments: { block: 9 } } },
    });
    expect(sections['counting']!.bands['payments']).toEqual({ block: 9 });
  });

  it('a detector that could never fire is refused', () => {
    expect(problems({ bands: { payments: {} } })).toEqual([
      'counting.bands: no measure has a band, so it can never fire: give it one or set mode: off',
    ]);
    expect(problems({ mode: 'off', bands: { payments: {} } })).toEqual([]);
  });

  it('bands out of order are refused', () => {
    expect(problems({ bands: { payments: { review: 5, block: 4 } } })).toEqual([
      'counting.bands.payments.block: must be at least 5, the review band',
    ]);
  });

  it('unknown keys, measures and bands are refused', () => {
    expect(problems({ thresold: 3 })).toHaveLength(1);
    expect(problems({ bands: { payment: { review: 3 } } })).toHaveLength(1);
    expect(problems({ bands: { payments: { reviev: 3 } } })).toHaveLength(1);
    expect(problems({ bands: { payments: { review: -1 } } })).toHaveLength(1);
  });

  it('a band beyond the largest value of the measure is refused', () => {
    const measure = { ...counting().measures['payments']!, largest: () => 6 };
    const limited = [{ name: 'counting', detector: counting({ measures: { payments: measure } }) }];
    const result = detectorsSchema(limited).safeParse({});
    expect(result.error?.issues.map((one) => one.message)).toEqual([
      'beyond 6, the largest value the measure can take',
    ]);
  });
});
