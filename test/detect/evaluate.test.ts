import { describe, expect, it } from 'vitest';
import { EventView } from '../../pipeline/event.ts';
import { batchFrom, eventOf, paymentOf } from '../support/events.ts';
import { at, compile, counting, PAYMENTS } from './counting-detector.ts';

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
