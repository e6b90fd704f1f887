import { describe, expect, it } from 'vitest';
import { batchFrom, paymentOf } from '../support/events.ts';

describe('numbers of many digits', () => {
  // Each fraction satisfies Luhn's check, as one in ten does.
  it.each([39.92892718886641, 39.95886590445116, 39.99278069534959, -33.4111111111111111])(
    'a latitude of %d is a place, not a card number',
    (lat) => {
      const batch = batchFrom([paymentOf({ geo: { lat, lon: 116.43103911175744 } })]);
      expect(batch.latitude[0]).toBe(lat);
      expect(batch.longitude[0]).toBe(116.43103911175744);
    },
  );

  it('a number that is a card number stands masked among the attributes', () => {
    const batch = batchFrom([
      paymentOf({ attributes: { pan: 4111111111111111, share: 0.4111111111111111 } }),
    ]);
    expect(batch.text('attributes', 0)).toMatch(/"pan":"411111.*1111/);
    expect(batch.text('attributes', 0)).not.toContain('4111111111111111"');
  });
});
