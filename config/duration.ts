/** Lengths of time as a person writes them in the configuration. */

import ms, { type StringValue } from 'ms';
import { z } from 'zod';

const DAY_MS = 86_400_000;

/** Windows are kept as 32-bit milliseconds relative to each other: 24 days is the longest exact one. */
export const LONGEST_WINDOW_MS = 21 * DAY_MS;

/** A duration such as `10m`, `24h`, `7d`; parsed to milliseconds. */
export const duration = z
  .string()
  .regex(/^\d+(\.\d+)?(ms|s|m|h|d|w)$/, 'write a duration such as 30s, 10m, 24h or 7d')
  .transform((text) => ms(text as StringValue));

const UNITS = [
  ['d', DAY_MS],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
] as const;

/** As a person writes it, and exactly: 25 hours are `25h`. */
export function durationText(spanMs: number): string {
  const [unit, unitMs] = UNITS.find(([, each]) => spanMs % each === 0) ?? ['ms', 1];
  return `${spanMs / unitMs}${unit}`;
}

export const positiveDuration = duration.refine((value) => value > 0, 'longer than 0');

/** As `duration`, but a window must be positive and exact. */
export const windowDuration = duration.refine((value) => value > 0 && value <= LONGEST_WINDOW_MS, {
  message: 'a window is longer than 0 and at most 21d',
  // What relates settings to each other is asked of sound ones.
  abort: true,
});
