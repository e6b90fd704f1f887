import { describe, expect, it } from 'vitest';
import { EventBatch } from '../../pipeline/event.ts';
import { LateKeys } from '../../pipeline/late/late-keys.ts';
import { campaigns, ops, refund } from '../reward/scenario.ts';
import { at, paymentOf, testDecoder } from '../support/events.ts';

const decoder = testDecoder();
const compiled = campaigns();
const REWARDED = ops(compiled, { id: 'p' });
let n = 0;

function isLate(keys: LateKeys, offsetMs: number, who: object, due = REWARDED): boolean {
  const batch = new EventBatch(1);
  const nobody = { accountId: `a-${++n}`, deviceId: undefined, cardId: undefined, ip: undefined };
  const event = paymentOf({ id: `e-${n}`, ...nobody, ...who, occurredAt: at(offsetMs) });
  const failure = decoder.decode(Buffer.from(JSON.stringify(event)), Date.parse(at(0)), batch);
  expect(failure).toBeUndefined();
  return keys.isLate(batch, 0, due);
}

describe('an event is late', () => {
  it('for whoever shares its account, device, card or address and was rewarded for something later', () => {
    for (const who of [
      { accountId: 'acc' },
      { deviceId: 'dev' },
      { cardId: 'card' },
      { ip: '203.0.113.7' },
    ]) {
      const keys = new LateKeys(-Infinity);
      expect(isLate(keys, 1000, who)).toBe(false);
      expect(isLate(keys, 1000, who)).toBe(false);
      expect(isLate(keys, 2000, who)).toBe(false);
      expect(isLate(keys, 1999, who, [])).toBe(true);
      expect(isLate(keys, 2001, who, [])).toBe(false);
    }
  });

  it('not for others, not after what was not rewarded, and never by a value that stands for nobody', () => {
    const keys = new LateKeys(-Infinity);
    expect(isLate(keys, 2000, { deviceId: 'dev' })).toBe(false);
    expect(isLate(keys, 1000, { deviceId: 'other' })).toBe(false);
    expect(isLate(keys, 2000, { deviceId: 'quiet' }, [])).toBe(false);
    expect(isLate(keys, 1000, { deviceId: 'quiet' })).toBe(false);
    expect(isLate(keys, 2000, { deviceId: 'same text' })).toBe(false);
    expect(isLate(keys, 1000, { accountId: 'same text' })).toBe(false);
    expect(isLate(keys, 2000, { deviceId: 'unknown' })).toBe(false);
    expect(isLate(keys, 1000, { deviceId: 'unknown' })).toBe(false);
  });

  it('for a reward that is held as well, and not for what gives nothing', () => {
    const held = ops(compiled, { id: 'p' }, 'review');
    const voided = ops(compiled, { id: 'p' }, 'block');
    const refunded = refund(compiled, 'r', 'p', undefined);
    for (const [due, expected] of [
      [REWARDED, true],
      [held, true],
      [voided, false],
      [refunded, false],
    ] as const) {
      expect(due).not.toEqual([]);
      const keys = new LateKeys(-Infinity);
      isLate(keys, 2000, { accountId: 'acc' }, due);
      expect(isLate(keys, 1000, { accountId: 'acc' })).toBe(expected);
    }
  });

  it('when it may be older than something that history rewarded before the start', () => {
    const keys = new LateKeys(Date.parse(at(5000)));
    expect(isLate(keys, 4000, {})).toBe(true);
    expect(isLate(keys, 6000, {})).toBe(false);
  });
});
