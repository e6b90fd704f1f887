import { expect, test } from 'vitest';
import { retryAfterMs } from '../../pipeline/act/webhook.ts';

const NOW_MS = Date.parse('2026-11-20T10:00:00Z');

test.each([
  [undefined, undefined],
  ['0', 0],
  ['120', 120_000],
  ['Fri, 20 Nov 2026 10:01:00 GMT', 60_000],
  ['Fri, 20 Nov 2026 09:00:00 GMT', 0],
  ['soon', undefined],
  ['-5', undefined],
])('Retry-After: %s asks for %s ms', (text, expected) => {
  expect(retryAfterMs(text, NOW_MS)).toBe(expected);
});
