import { describe, expect, it } from 'vitest';
import { CURRENCIES, isCurrency } from '../../pipeline/ingest/currency.ts';

const known = (code: string): boolean => {
  const bytes = Buffer.from(code);
  return isCurrency(bytes, 0, bytes.length);
};

describe('a currency is a code of ISO 4217', () => {
  it.each(['CNY', 'USD', 'XAU'])('%s is one', (code) => {
    expect(known(code)).toBe(true);
  });

  it.each(['CLF', 'COU', 'CHE', 'USN', 'UYI', 'MXV', 'BOV'])(
    '%s too, a unit of account',
    (code) => {
      expect(known(code)).toBe(true);
    },
  );

  it.each(['HRK', 'BGN', 'ZWL', 'CUC', 'ANG', 'SLL', 'DEM', 'SIT', 'LTL'])(
    '%s still is, so that an old payment can be refunded',
    (code) => {
      expect(known(code)).toBe(true);
    },
  );

  it.each(['RMB', 'CNH', 'XXX', 'XTS', 'cny', 'CN', 'CNYY', ''])('%s is none', (code) => {
    expect(known(code)).toBe(false);
  });

  it('stands in the list once', () => {
    expect(new Set(CURRENCIES).size).toBe(CURRENCIES.length);
  });
});
