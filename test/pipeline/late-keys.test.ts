import { describe, expect, it } from 'vitest';
import { EventBatch } from '../../pipeline/event.ts';
import { LateKeys } from '../../pipeline/late-keys.ts';
import { at, paymentOf, testDecoder } from '../support/events.ts';

const decoder = testDecoder();
let n = 0;

function isLate(keys: LateKeys, offsetMs: number, who: object, isRewarded = true): boolean {
  const batch = new EventBatch(1);
  const nobody = { accountId: `a-${++n}`, deviceId: undefined, cardId: undefined, ip: undefined };
  const event = paymentOf({ id: `e-${n}`, ...nobody, ...who, occurredAt: at(offsetMs) });
  const failure = decoder.decode(Buffer.from(JSON.stringify(event)), Date.parse(at(0)), batch);
  expect(failure).toBeUndefined();
  return keys.isLate(batch, 0, isRewarded);
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
      expect(isLate(keys, 1999, who, false)).toBe(true);
      expect(isLate(keys, 2001, who, false)).toBe(false);
    }
  });

  it('not for others, not after what was not rewarded, and never by a value that stands for nobody', () => {
    const keys = new LateKeys(-Infinity);
    expect(isLate(keys, 2000, { deviceId: 'dev' })).toBe(false);
    expect(isLate(keys, 1000, { deviceId: 'other' })).toBe(false);
    expect(isLate(keys, 2000, { deviceId: 'quiet' }, false)).toBe(false);
    expect(isLate(keys, 1000, { deviceId: 'quiet' })).toBe(false);
    expect(isLate(keys, 2000, { deviceId: 'unknown' })).toBe(false);
    expect(isLate(keys, 1000, { deviceId: 'unknown' })).toBe(false);
  });

  it('when it may be older than something that history rewarded before the start', () => {
    const keys = new LateKeys(Date.parse(at(5000)));
    expect(isLate(keys, 4000, {})).toBe(true);
    expect(isLate(keys, 6000, {})).toBe(false);
  });
});
