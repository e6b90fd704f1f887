/** A figure as people read it: with its currency, its per cent, its thousands. */

import type { Cell, Unit } from './document.ts';

const COUNT = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const TWO_DECIMALS = new Intl.NumberFormat('en', {
  minimumFractionDigits: 2,
  maximumFractionDigits: 2,
});

/** @param currency an ISO 4217 code. */
export function valueInWords(value: Cell, unit: Unit, currency: string): string {
  if (value === null) return '–';
  if (typeof value === 'string') return value;
  const sign = value < 0 ? '−' : '';
  const size = Math.abs(value);
  switch (unit) {
    case 'money':
      return `${sign}${symbolOf(currency)}${TWO_DECIMALS.format(size / 100)}`;
    case 'share':
      return `${sign}${TWO_DECIMALS.format(size * 100)} %`;
    case 'ratio':
      return sign + TWO_DECIMALS.format(size);
    default:
      return sign + COUNT.format(size);
  }
}

export function symbolOf(currency: string): string {
  return currency === 'CNY' ? '¥' : `${currency} `;
}
