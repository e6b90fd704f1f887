/** What the keys of a campaign's file are made of. Every number is a safe integer; money is fen. */

import { z } from 'zod';
import { duration } from './duration.ts';

/** Longest promise in days: ten years. */
const MOST_DAYS = 3660;

export const name = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]*$/, 'write a name in lower case letters, digits and hyphens');

/** Ten thousand million yuan. Sums of such amounts are exact. */
const MOST_FEN = 1_000_000_000_000;

/** A name that expressions use. */
export const identifier = z
  .string()
  .regex(
    /^[a-z][A-Za-z0-9]*$/,
    'write a name such as newCard: letters and digits, a small letter first',
  );

export const text = z.string().min(1, 'write some text');

export const amount = z
  .int('write whole fen, such as 5000 for 50.00')
  .nonnegative('write 0 or more fen')
  .max(MOST_FEN, `write at most ${MOST_FEN} fen`);
export const positiveAmount = z
  .int('write whole fen, such as 5000 for 50.00')
  .positive('write more than 0 fen')
  .max(MOST_FEN, `write at most ${MOST_FEN} fen`);
export const count = z.int('write a whole number').nonnegative('write 0 or more: 0 allows nothing');
export const points = z
  .int('write a whole number of points')
  .positive('write more than 0 points')
  .max(1_000_000_000, 'write at most 1,000,000,000 points');

/** So many points are worth so much. */
export const pointsWorth = z.strictObject({
  points,
  worthMinor: positiveAmount.max(1_000_000, 'write at most 1000000 fen'),
});

/** A share in basis points: 10000 is the whole. */
export const share = z
  .int('write whole basis points, such as 500 for 5 %')
  .positive('write more than 0 basis points')
  .max(10_000, 'write at most 10000 basis points, the whole');

/** A factor in basis points: 20000 doubles. Ten times at most, so that products stay exact. */
export const factor = z
  .int('write whole basis points, such as 20000 for twice')
  .positive('write more than 0 basis points')
  .max(100_000, 'write at most 100000 basis points, ten times');

/** Odds in parts per million. */
export const odds = z
  .int('write whole parts per million, such as 20000 for 2 %')
  .nonnegative('write 0 or more parts per million')
  .max(1_000_000, 'write at most 1000000 parts per million, which is certain');

export const positiveDuration = duration.refine((value) => value > 0, 'must be longer than 0');

/** Parsed to milliseconds since the epoch. */
export const instant = z.iso
  .datetime({ offset: true, error: 'write an instant such as 2026-01-01T00:00:00+08:00' })
  .transform((written) => Date.parse(written));

/** Half-open: [from, to). */
export const interval = z.strictObject({ from: instant, to: instant });

/** Parsed to minutes of the day, 0 to 1440. */
export const timeOfDay = z
  .string()
  .regex(/^([01]\d|2[0-3]):[0-5]\d$|^24:00$/, 'write a time of day such as 10:00, at most 24:00')
  .transform((written) => Number(written.slice(0, 2)) * 60 + Number(written.slice(3)));

/**
 * A promise in whole days: the day after the anchor's local date is day 1, and the last day ends at 24:00
 * local time. Working days are those of the campaign's calendar.
 */
export interface DayTerm {
  readonly days: number;
  readonly working: boolean;
}
export const dayTerm = z
  .string()
  .regex(/^[1-9]\d{0,3}(d|wd)$/, 'write days such as 30d, or working days such as 10wd')
  .transform((written): DayTerm => ({
    days: Number.parseInt(written),
    working: written.endsWith('wd'),
  }))
  .refine(({ days }) => days <= MOST_DAYS, `write at most ${MOST_DAYS} days`);

/** An expression of the Common Expression Language; checked when the whole campaign is known. */
export const expression = z.string().min(1, 'write an expression');
