/** A rule that finds something, and two features that rules are tried with. */

export const RULE = {
  name: 'tried',
  summary: 'It finds something.',
  cannotSee: 'It misses something.',
  on: ['payment'],
  mode: 'live',
  subject: 'accountId',
  about: 'something',
  unit: 'things',
  measure: 'features.a',
  bands: { review: 3, block: 6 },
  reason: 'Because.',
};
const WINDOW = { key: 'accountId', on: ['payment'], window: '1h' };
export const A = { count: true, ...WINDOW };
export const B = { max: 'amountMinor', ...WINDOW };
