/** How often each detector found something, by bucket of event time: what the bands of drift are restored from. */

import type { Analytics } from './analytics.ts';

export interface RateRow {
  readonly bucketStartMs: number;
  /** '' for the events themselves. */
  readonly detector: string;
  readonly count: number;
}

/**
 * Counts of the events that came in time, and of the findings on them, in the order of their buckets.
 * @param isHistory the SQL condition that leaves torn rows out.
 */
export function findingRates(
  analytics: Pick<Analytics, 'query'>,
  isHistory: string,
  bucketMs: number,
  fromMs: number,
): Promise<readonly RateRow[]> {
  const since = `occurred_at >= fromUnixTimestamp64Milli(toInt64(${Math.floor(fromMs)}), 'UTC')
    AND ${isHistory}`;
  const bucket = `intDiv(toUnixTimestamp64Milli(occurred_at), ${bucketMs}) * ${bucketMs} AS bucketStartMs`;
  return analytics.query<RateRow>(
    `SELECT ${bucket}, '' AS detector, toUInt32(count()) AS count
     FROM decisions FINAL WHERE NOT late AND ${since} GROUP BY bucketStartMs
     UNION ALL
     SELECT ${bucket}, detector, toUInt32(count()) AS count
     FROM findings FINAL
     WHERE ${since} AND event_id NOT IN (SELECT event_id FROM decisions WHERE late AND ${since})
     GROUP BY bucketStartMs, detector
     ORDER BY bucketStartMs, detector`,
  );
}
