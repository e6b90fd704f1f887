/** What a compiled rule answers. */

import { describe, expect, it, test } from 'vitest';
import { compileDetectors } from '../../pipeline/detect/evaluate.ts';
import type { Finding } from '../../pipeline/decide/decision.ts';
import { EventView } from '../../pipeline/event.ts';
import { batchFrom, paymentOf, type PlainEvent } from '../support/events.ts';
import { readFrom } from '../config/rule-file.ts';
import { A, B, RULE } from './tried-rule.ts';

/** The findings of one rule at an event, its features being these numbers in the order of their declaration. */
async function findings(
  rule: Readonly<Record<string, unknown>>,
  values: readonly number[],
  event: PlainEvent = paymentOf(),
): Promise<readonly Finding[]> {
  const text = JSON.stringify({ rules: [{ ...RULE, features: { a: A }, ...rule }] });
  const { problems, rules, sections } = await readFrom({ 'r.yaml': text });
  expect(problems).toEqual([]);
  const compiled = compileDetectors(rules, sections);
  expect(compiled.width).toBe(values.length);
  compiled.bind({ width: values.length, values: Float64Array.from(values) });
  return compiled.evaluate(new EventView(batchFrom([event]), 0));
}

/** The measure, `error: …`, or undefined where the rule is silent. */
async function answer(...args: Parameters<typeof findings>): Promise<number | string | undefined> {
  const [found, ...others] = await findings(...args);
  expect(others).toEqual([]);
  if (found === undefined) return undefined;
  return found.band === 'error' ? `error: ${String(found.evidence['error'])}` : found.measure;
}

const two = (rule: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> => ({
  features: { a: A, b: B },
  ...rule,
});

it('a finding tells measure, threshold, window, subject and every feature that was read', async () => {
  expect(await findings(two({ when: 'features.b >= 100' }), [4, 250])).toEqual([
    {
      detector: 'tried',
      mode: 'live',
      band: 'review',
      conclusive: false,
      measure: 4,
      threshold: 3,
      unit: 'things',
      windowMs: 3_600_000,
      subject: 'accountId',
      subjectValue: 'acc-1',
      evidence: { measure: 'measure', reason: 'Because.', a: 4, b: 250 },
    },
  ]);
});

describe('numbers', () => {
  const measure = { measure: 'features.a', bands: { review: 0 } };

  test.each([
    ['whole numbers are numbers like any other', 'features.a * 3 / 2', 6],
    ['a quotient of whole numbers keeps its fraction', '7 / 2', 3.5],
    ['the remainder of a division', 'event.amountMinor % 1000', 500],
    ['the smaller of two', 'min(features.a, 2)', 2],
    ['the larger of two', 'max(features.a, 20)', 20],
    ['a distance', 'abs(features.a - 9)', 5],
    ['a choice', "event.type == 'payment' ? features.a : 0", 4],
    ['Monday is 1', 'event.weekday', 1],
    ['the hour of the zone', 'event.hour', 10],
    ['the minute', 'event.minute', 59],
    ['the second, with its fraction', 'event.second', 30.25],
    ['a divisor that is a number when it is read', '14 / event.attributes.points / 2', 1],
    ['a quotient of a quotient', '8 / (features.a / 2) / (event.attributes.points - 5)', 2],
    ['an attribute is a number when it is read', 'event.attributes.points + 0.5', 7.5],
  ])('%s', async (_what, source, expected) => {
    const event = paymentOf({ occurredAt: '2026-03-02T02:59:30.250Z', points: 7 });
    expect(await answer({ ...measure, when: 'features.a > 0', measure: source }, [4], event)).toBe(
      expected,
    );
  });

  it('a zone of its own', async () => {
    const text = JSON.stringify({
      zone: 'UTC',
      rules: [{ ...RULE, measure: 'event.hour', bands: { review: 0 } }],
    });
    const { rules, sections } = await readFrom({ 'r.yaml': text });
    const compiled = compileDetectors(rules, sections);
    compiled.bind({ width: 0, values: new Float64Array(0) });
    const [found] = compiled.evaluate(new EventView(batchFrom([paymentOf()]), 0));
    expect(found?.measure).toBe(2);
  });
});

describe('what is absent', () => {
  it.each([
    ['a measure', {}],
    ['a condition', two({ measure: '9.0', when: 'features.a > 0 && features.b > 0' })],
    ['a negation', two({ measure: '9.0', when: '!(features.b > 0) && !(features.a > 0)' })],
    ['an inequality', two({ measure: '9.0', when: 'features.b != 3 && features.a != 3' })],
  ])('in %s keeps the rule silent', async (_where, rule) => {
    expect(await answer(rule, 'features' in rule ? [NaN, 5] : [NaN])).toBeUndefined();
  });

  it('is no obstacle once the rule asks for it', async () => {
    const asking = two({ when: 'features.a >= 3 && (!has(features.b) || features.b > 9)' });
    expect(await answer(asking, [5, NaN])).toBe(5);
    expect(await answer(asking, [5, 10])).toBe(5);
    expect(await answer(asking, [5, 1])).toBeUndefined();
  });

  it('leaves the other side of an or to answer, once the rule asks for it', async () => {
    const either = two({
      measure: '9.0',
      when: 'has(features.b) && features.b > 9 || features.a >= 3',
    });
    expect(await answer(either, [NaN, 5])).toBe(9);
    expect(await answer(either, [10, 1])).toBe(9);
    expect(await answer(either, [NaN, 1])).toBeUndefined();
  });
});

describe('a text', () => {
  it('is cut and searched by whole numbers, as CEL has it', async () => {
    const cut = { when: "event.merchantId.substring(0, 4) == 'mer-' && features.a * 2 >= 3" };
    expect(await answer(cut, [5])).toBe(5);
    const searched = { when: "double(event.merchantId.indexOf('-', 2)) == 3 && 7 >= 3" };
    expect(await answer(searched, [5])).toBe(5);
    const split = { when: "event.ip.split('.')[1] == '0'" };
    expect(await answer(split, [5])).toBe(5);
  });
});

const BY_ZERO = 'divided by 0';
const DIVIDED: unknown = expect.stringMatching(
  /^(divided by 0|the measure came to no finite number)$/,
);

describe('an expression that cannot be evaluated', () => {
  const cases: readonly (readonly [string, Readonly<Record<string, string>>, unknown])[] = [
    ['a field that the event lacks', { when: 'event.terms >= 3' }, 'No such key: terms'],
    ['a measure of one', { measure: 'event.terms' }, 'No such key: terms'],
    [
      'an attribute that is not there',
      { when: 'event.attributes.score > 3' },
      'No such key: score',
    ],
    [
      'an attribute of another type',
      { when: 'event.attributes.note' },
      'the condition came to string, not to true or false',
    ],
    [
      'a measure of another type',
      { measure: 'event.attributes.note' },
      'the measure came to string, not to a number',
    ],
    ...[
      ['something by nothing', 'features.a / (event.amountMinor - 2500)'],
      ['nothing by nothing', '(features.a - 4) / (event.amountMinor - 2500)'],
      ['a remainder of nothing', 'features.a % (event.amountMinor - 2500)'],
      ['within a larger expression', '1 + 8 / (features.a / (features.a - 4) + 1) * 3'],
      ['a large number by a fraction', '1e300 / (features.a * 1e-300)'],
    ].map(([what, source]) => [`in a measure, ${what!}`, { measure: source! }, DIVIDED] as const),
    ...[
      ['something by nothing', 'features.a / (event.amountMinor - 2500) > 3'],
      ['something by nothing, asked for the opposite', 'features.a / (features.a - 4) < 3'],
      ['nothing by nothing', '(features.a - 4) / (event.amountMinor - 2500) >= 0'],
      ['a remainder of nothing', 'features.a % (event.amountMinor - 2500) == 1'],
      ['beyond the short cuts', "features.a / (features.a - 4) > 3 && 'x'.startsWith('x')"],
    ].map(([what, source]) => [`in a condition, ${what!}`, { when: source! }, BY_ZERO] as const),
    [
      'a text that is not what it should be',
      { when: 'bytes(event.attributes.note).json().score > 3.0' },
      `Unexpected token 'x', "x" is not valid JSON`,
    ],
  ];
  test.each(cases)(
    'is an error finding, never a 0 and never silence: %s',
    async (_what, rule, message) => {
      const whole = 'measure' in rule ? { when: 'features.a > 0', ...rule } : rule;
      const told = await findings(whole, [4], paymentOf({ note: 'x' }));
      expect(told).toMatchObject([
        { detector: 'tried', band: 'error', conclusive: false, evidence: { error: message } },
      ]);
      expect(told[0]).toMatchObject({ measure: NaN, threshold: NaN, subjectValue: 'acc-1' });
    },
  );

  it('is none where the event is asked first, or something else settles the matter', async () => {
    expect(await answer({ when: 'has(event.terms) && event.terms >= 3' }, [4])).toBeUndefined();
    expect(await answer({ when: 'event.terms >= 3 && features.a > 9' }, [4])).toBeUndefined();
    expect(await answer({ when: 'event.terms >= 3 || features.a > 3' }, [4])).toBe(4);
    const guarded = 'event.amountMinor > 2500 && features.a / (event.amountMinor - 2500) > 1';
    expect(await answer({ when: guarded }, [4])).toBeUndefined();
    expect(await answer({ when: `features.a > 3 || ${guarded.slice(28)}` }, [4])).toBe(4);
  });

  it('leaves the other rules heard', async () => {
    const rules = ['first', 'second', 'third'].map((name) => ({
      ...RULE,
      name,
      features: { a: A },
      ...(name === 'second' ? { when: 'event.terms > 1' } : {}),
    }));
    const read = await readFrom({ 'r.yaml': JSON.stringify({ rules }) });
    const compiled = compileDetectors(read.rules, read.sections);
    compiled.bind({ width: 1, values: Float64Array.of(7) });
    const found = compiled.evaluate(new EventView(batchFrom([paymentOf()]), 0));
    expect(found.map(({ detector, band }) => [detector, band])).toEqual([
      ['first', 'block'],
      ['second', 'error'],
      ['third', 'block'],
    ]);
  });
});

it('examples repeat an event, number the repeats and move them on', async () => {
  const { rules } = await readFrom({
    'r.yaml': JSON.stringify({
      rules: [
        {
          ...RULE,
          features: { a: A },
          examples: [
            {
              title: 't',
              events: [
                {
                  type: 'payment',
                  accountId: 'a{n}',
                  occurredAt: '2026-03-01T12:00:00Z',
                  times: 2,
                  every: '90s',
                },
                { type: 'login', accountId: 'b' },
              ],
            },
          ],
        },
      ],
    }),
  });
  expect(rules[0]!.detector.examples).toEqual([
    {
      title: 't',
      events: [
        { type: 'payment', accountId: 'a1', occurredAt: '2026-03-01T12:00:00.000Z' },
        { type: 'payment', accountId: 'a2', occurredAt: '2026-03-01T12:01:30.000Z' },
        { type: 'login', accountId: 'b' },
      ],
    },
  ]);
});
