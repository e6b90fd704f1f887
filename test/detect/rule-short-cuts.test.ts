/** The short cuts around a rule's expressions change nothing but what it costs. */

import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileDetectors } from '../../pipeline/detect/evaluate.ts';
import { EventView } from '../../pipeline/event.ts';
import { batchFrom, paymentOf } from '../support/events.ts';
import { readFrom } from '../config/rule-file.ts';
import { A, B, RULE } from './tried-rule.ts';

describe('the short cuts', () => {
  const number = fc.constantFrom(NaN, 0, 1, 2, 2.5, 3, 1e300, Number.MIN_VALUE);
  const comparison = fc
    .tuple(
      fc.constantFrom('features.a', 'features.b'),
      fc.constantFrom('<', '<=', '>', '>=', '=='),
      fc.constantFrom('0', '1', '2', '2.5', 'params.two', '-1'),
      fc.boolean(),
    )
    .map(([name, operator, limit, turned]) =>
      turned ? `${limit} ${operator} ${name}` : `${name} ${operator} ${limit}`,
    );
  const condition = fc
    .array(comparison, { minLength: 1, maxLength: 3 })
    .map((parts) => parts.join(' && '));

  it('answer as the whole expression does: no event is spared that would have been a finding', async () => {
    await fc.assert(
      fc.asyncProperty(condition, number, number, async (when, a, b) => {
        const shaped = (text: string): Readonly<Record<string, unknown>> => ({
          ...RULE,
          params: { two: 2 },
          features: { a: A, b: { ...B, max: 'latitude' } },
          // Each name is read once more, so that nothing is left undeclared.
          measure: 'features.a + features.b * 0 + params.two',
          bands: { review: 0 },
          when: text,
        });
        const answers = [];
        // An `or` is no conjunct about one feature, so nothing of the second is taken out of CEL.
        for (const text of [when, `(${when}) || features.a > 1e301`]) {
          const read = await readFrom({ 'r.yaml': JSON.stringify({ rules: [shaped(text)] }) });
          fc.pre(read.problems.every((problem) => problem.includes('can never hold')));
          if (read.problems.length > 0) {
            answers.push(undefined);
            continue;
          }
          const compiled = compileDetectors(read.rules, read.sections);
          compiled.bind({ width: 2, values: Float64Array.of(a, b) });
          answers.push(compiled.evaluate(new EventView(batchFrom([paymentOf()]), 0))[0]?.measure);
        }
        expect(answers[0]).toEqual(answers[1]);
      }),
      { numRuns: 100 },
    );
  });

  it('a rule that compares features alone asks CEL nothing: it costs a comparison', async () => {
    const text = JSON.stringify({
      rules: [{ ...RULE, features: { a: A, b: B }, when: 'features.b > 100 && features.a < 50' }],
    });
    const { rules } = await readFrom({ 'r.yaml': text });
    const { measure } = rules[0]!.detector.measures as { measure: unknown };
    expect(measure).toMatchObject({
      ceiling: 'a',
      requires: [
        { feature: 'b', sign: 1, limit: 100 + 2 ** -46 },
        { feature: 'a', sign: -1, limit: -50 + 2 ** -47 },
      ],
    });
  });
});
