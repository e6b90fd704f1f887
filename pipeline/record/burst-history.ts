/**
 * What history says of buckets: counts and distinct members by key, taken by the database from the events that
 * came in time, a slice of hours at a time. For a baseline of weeks it is a small part of the events themselves.
 */

import type { BurstKey } from '../detect/burst-feature.ts';
import type { BucketQuery, BucketRow } from '../detect/burst-source.ts';
import type { Analytics } from './analytics.ts';
import { slicesOf, type Hour, type Slice } from './restore.ts';

/** A key of a slice costs the database some hundred bytes, and one line. */
const ROWS_A_SLICE = 1_000_000;

const attribute = (name: string): string =>
  `if(JSONType(attributes, '${name}') = 'String', JSONExtractString(attributes, '${name}'),
    if(JSONType(attributes, '${name}') IN ('Int64', 'UInt64'), JSONExtractRaw(attributes, '${name}'), ''))`;

/** Prefixes and systems follow from the address: whoever knows how to hash them knows that, too. */
export const TEXT_OF: Readonly<Record<BurstKey, string>> = {
  accountId: 'account_id',
  customerId: 'customer_id',
  cardId: 'card_id',
  deviceId: 'device_id',
  ip: 'ip',
  ipPrefix: 'ip',
  asn: 'ip',
  merchantId: 'merchant_id',
  city: 'city',
  category: 'category',
  channel: 'channel',
  instrument: 'instrument',
  payeeId: attribute('payeeId'),
  phoneHash: attribute('phoneHash'),
  inviterId: attribute('inviterId'),
  campaignId: attribute('campaignId'),
  amount: `ifNull(toString(amount_minor), '')`,
};

/**
 * As `BucketHistory.buckets`.
 * @param isHistory the SQL condition that leaves torn rows out.
 */
export async function* bucketRows(
  analytics: Analytics,
  isHistory: string,
  query: BucketQuery,
  rowsASlice = ROWS_A_SLICE,
): AsyncGenerator<readonly BucketRow[], void, undefined> {
  const where = `type IN (${listed(query.seen)}) AND NOT late
    AND occurred_at >= ${instant(query.fromMs)} AND occurred_at < ${instant(query.beforeMs)}
    AND ${isHistory}`;
  const hours = await analytics.query<Hour>(
    `SELECT toUnixTimestamp(toStartOfHour(occurred_at)) AS hour, count() AS rows
     FROM events FINAL WHERE ${where} GROUP BY hour ORDER BY hour`,
  );
  for (const slice of slicesOf(hours, rowsASlice)) {
    let seen = 0;
    for await (const page of analytics.lines(statementOf(query, where, slice))) {
      yield page.map((line) => {
        const { events, row } = rowIn(line);
        seen += events;
        return row;
      });
    }
    // A server that fails in mid-answer can only cut it short.
    if (seen !== slice.rows) {
      throw new Error(
        `restored buckets from ${seen} of ${slice.rows} events from hour ${slice.first}: the answer broke off`,
      );
    }
  }
}

function statementOf(query: BucketQuery, where: string, { first, last }: Slice): string {
  const { keys, on, distinct, bucketMs } = query;
  const counted = `type IN (${listed(on)})`;
  const member = distinct === undefined ? `''` : `if(${counted}, ${TEXT_OF[distinct]}, '')`;
  const texts = [...keys.map((key) => TEXT_OF[key]), member];
  return `
    SELECT intDiv(toUnixTimestamp64Milli(occurred_at), ${bucketMs}) * ${bucketMs} AS bucket,
      countIf(${counted}), count(), toJSONString([${texts.join(', ')}]) AS texts
    FROM events FINAL
    WHERE toStartOfHour(occurred_at)
      BETWEEN toDateTime(${first}, 'UTC') AND toDateTime(${last}, 'UTC') AND ${where}
    GROUP BY bucket, texts ORDER BY bucket`;
}

/** A line in the order of the statement's columns: JSON has no raw tab or line end. */
function rowIn(line: Buffer): { readonly events: number; readonly row: BucketRow } {
  const [bucket, count, events, json] = line.toString('utf8').split('\t');
  const texts = JSON.parse(json!) as string[];
  return {
    events: Number(events),
    row: {
      bucketStartMs: Number(bucket),
      keys: texts.slice(0, -1),
      count: Number(count),
      member: texts.at(-1)!,
    },
  };
}

/** Event types as an SQL list. They are names of this program: nothing of them has to be quoted. */
export function listed(types: readonly string[]): string {
  return types.map((type) => `'${type}'`).join(', ');
}

/** An instant in SQL, in whole milliseconds. */
export function instant(ms: number): string {
  return `fromUnixTimestamp64Milli(toInt64(${Math.floor(ms)}), 'UTC')`;
}
