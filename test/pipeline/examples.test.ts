/** What is said of an example that is not so. */

import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../config/load.ts';
import { discoverDetectors } from '../../pipeline/detect/discover.ts';
import { Examples } from '../../pipeline/examples.ts';
import { readFrom, RULES } from '../config/rule-file.ts';

const examples = new Examples(await loadConfig('config', await discoverDetectors()));
const { rules } = await readFrom({ 'r.yaml': RULES.replace('mode: live', 'mode: "off"') });
const [rule] = rules;

const near = {
  type: 'payment',
  accountId: 'a',
  ip: '203.0.113.9',
  merchantId: 'shop',
  amount: 20100,
  currency: 'CNY',
  geo: { lat: 31.2, lon: 121.5, city: 'Shanghai' },
};

function problemOf(
  events: readonly Readonly<Record<string, unknown>>[],
  finding?: { band: 'review' | 'block'; measure: number; conclusive?: boolean },
): string | undefined {
  return examples.problemOf(rule!, { title: 'tried', events, ...(finding && { finding }) });
}

describe('an example', () => {
  it('that is so has no problem, even of a rule that is off', () => {
    expect(problemOf([near, near, near], { band: 'review', measure: 3 })).toBeUndefined();
    expect(problemOf([near, near])).toBeUndefined();
  });

  it('that finds less, more or something else than it says is told with both', () => {
    expect(problemOf([near], { band: 'review', measure: 3 })).toBe(
      'finds nothing, not review at 3',
    );
    expect(problemOf([near, near, near])).toBe('finds review at 3, not nothing');
    expect(problemOf([near, near, near], { band: 'block', measure: 6 })).toBe(
      'finds review at 3, not block at 6',
    );
    expect(problemOf([near, near, near], { band: 'review', measure: 3, conclusive: true })).toBe(
      'finds review at 3, not review at 3, conclusive',
    );
  });

  it('with an event that would be a dead letter is told with the reason', () => {
    expect(problemOf([near, { ...near, type: 'paymnt' }])).toMatch(
      /^event 2 is refused: .* at "type": /,
    );
  });
});
