/**
 * Reads recorded events back as the JSON they would be sent as, so that the one decoder gives them the
 * same hashes as at their first arrival. The database writes the JSON: it is faster at it than a loop here.
 */

import type { Analytics } from './analytics.ts';

export interface RestoredEvent {
  /** One event as JSON, in UTF-8. */
  readonly json: Buffer;
  /** The recorded hash of the first arrival's whole body; the decoder's own may differ where fields were empty. */
  readonly bodyHash: number;
  readonly receivedAtMs: number;
  /** It came after the allowed lateness: it belongs to the id table, not to the windows. */
  readonly late: boolean;
}

const TEXTS = {
  customerId: 'customer_id',
  cardId: 'card_id',
  deviceId: 'device_id',
  ip: 'ip',
  merchantId: 'merchant_id',
  category: 'category',
  channel: 'channel',
  instrument: 'instrument',
  currency: 'currency',
  refundOf: 'refund_of',
  label: 'label',
} as const;

const TAB = 9;

/** Sorting this many takes the engine some tens of megabytes, and a statement's own cost is lost in it. */
const ROWS_A_SLICE = 100_000;

/**
 * Events from `fromMs` on, in order of event time. Whole hours are read together, because the table is laid
 * out by hours, up to a bound: what is sorted at once is a slice or the busiest hour, never the horizon.
 * @param isHistory the SQL condition that leaves torn rows out.
 * @param rowsASlice bounds what is sorted, and handed over, at once.
 */
export async function* restoredEvents(
  analytics: Analytics,
  isHistory: string,
  fromMs: number,
  rowsASlice = ROWS_A_SLICE,
): AsyncGenerator<readonly RestoredEvent[], void, undefined> {
  const since = `occurred_at > fromUnixTimestamp64Milli(toInt64(${Math.floor(fromMs)}), 'UTC')`;
  const hours = await analytics.query<Hour>(
    `SELECT toUnixTimestamp(toStartOfHour(occurred_at)) AS hour, count() AS rows
     FROM events WHERE ${since} AND ${isHistory} GROUP BY hour ORDER BY hour`,
  );
  for (const { first, last } of slicesOf(hours, rowsASlice)) {
    const slice = `toStartOfHour(occurred_at)
        BETWEEN toDateTime(${first}, 'UTC') AND toDateTime(${last}, 'UTC') AND ${since} AND ${isHistory}`;
    const [expected] = await analytics.query<{ events: number }>(
      `SELECT uniqExact(event_id) AS events FROM events WHERE ${slice}`,
    );
    let seen = 0;
    const rows = analytics.lines(
      `SELECT body_hash, toUnixTimestamp64Milli(received_at), late, ${eventJson()}
       FROM events WHERE ${slice} ORDER BY occurred_at, event_id LIMIT 1 BY event_id`,
    );
    for await (const page of rows) {
      seen += page.length;
      yield page.map(restoredEvent);
    }
    // A server that fails in mid-answer can only cut it short.
    if (seen !== expected!.events) {
      throw new Error(
        `restored ${seen} of ${expected!.events} events from hour ${first}: the answer broke off`,
      );
    }
  }
}

export interface Hour {
  /** Unix seconds. */
  readonly hour: number;
  readonly rows: number;
}

export interface Slice {
  /** Unix seconds of the first and the last hour. */
  readonly first: number;
  readonly last: number;
  readonly rows: number;
}

/** Whole hours together, up to a number of rows; a busier hour alone. */
export function slicesOf(hours: readonly Hour[], rowsASlice: number): readonly Slice[] {
  const slices: Slice[] = [];
  for (const { hour, rows } of hours) {
    const open = slices.at(-1);
    if (open !== undefined && open.rows + rows <= rowsASlice) {
      slices[slices.length - 1] = { first: open.first, last: hour, rows: open.rows + rows };
    } else {
      slices.push({ first: hour, last: hour, rows });
    }
  }
  return slices;
}

function restoredEvent(line: Buffer): RestoredEvent {
  const first = line.indexOf(TAB);
  const second = line.indexOf(TAB, first + 1);
  const third = line.indexOf(TAB, second + 1);
  return {
    bodyHash: Number(line.toString('latin1', 0, first)),
    receivedAtMs: Number(line.toString('latin1', first + 1, second)),
    late: line[second + 1] === 0x74,
    json: line.subarray(third + 1),
  };
}

/** An SQL expression for the event's JSON; a field that is empty or null is left out. */
export function eventJson(): string {
  const texts = Object.entries(TEXTS).map(
    ([name, column]) => `if(${column} = '', '', concat(',"${name}":', toJSONString(${column})))`,
  );
  const geo = [
    `ifNull(concat(',"lat":', toString(latitude), ',"lon":', toString(longitude)), '')`,
    `if(city = '', '', concat(',"city":', toJSONString(city)))`,
  ];
  return `concat(
    '{"id":', toJSONString(event_id),
    ',"type":"', type,
    '","occurredAt":"', replaceOne(toString(occurred_at, 'UTC'), ' ', 'T'),
    'Z","accountId":', toJSONString(account_id),
    ${texts.join(',\n    ')},
    ifNull(concat(',"amount":', toString(amount_minor)), ''),
    ifNull(concat(',"terms":', toString(terms)), ''),
    if(latitude IS NULL AND city = '', '', concat(',"geo":{', substring(concat(${geo.join(', ')}), 2), '}')),
    if(attributes = '', '', concat(',"attributes":', replaceRegexpAll(attributes, '[\\n\\r\\t]', ' '))),
    '}')`;
}
