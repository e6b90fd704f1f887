/**
 * What history says of customers: the sums, firsts and lasts that a CustomerBook keeps, taken by the database
 * from `events` and the verdicts in `decisions`, a slice of hours at a time. Slices bound what the database
 * holds at once; the book joins them.
 */

import type { FactPeriod } from '../reward/customer-facts.ts';
import { LONGEST_PROFILE_BYTES } from '../reward/customer-profile.ts';
import { TELLING_TYPES, type CustomerTotals } from '../reward/customer-totals.ts';
import type { Analytics, Parameters } from './analytics.ts';
import { slicesOf, type Hour, type Slice } from './restore.ts';

/** Each customer of a slice costs the database some hundred bytes, and one line. */
const ROWS_A_SLICE = 1_000_000;

const TYPES = TELLING_TYPES.map((type) => `'${type}'`).join(', ');

/**
 * The totals of every account of every customer that history knows, page by page; a customer comes once for
 * each slice and account.
 * @param isHistory the SQL condition that leaves torn rows out.
 */
export async function* customerTotals(
  analytics: Analytics,
  isHistory: string,
  periods: readonly FactPeriod[],
  rowsASlice = ROWS_A_SLICE,
): AsyncGenerator<readonly CustomerTotals[], void, undefined> {
  const hours = await analytics.query<Hour>(
    `SELECT toUnixTimestamp(toStartOfHour(occurred_at)) AS hour, count() AS rows
     FROM events FINAL WHERE type IN (${TYPES}) AND ${isHistory} GROUP BY hour ORDER BY hour`,
  );
  const { columns, parameters } = periodColumns(periods);
  for (const slice of slicesOf(hours, rowsASlice)) {
    let seen = 0;
    const statement = totalsOf(slice, isHistory, columns);
    for await (const page of analytics.lines(statement, parameters)) {
      yield page.map((line) => {
        const { events, totals } = totalsIn(line, periods.length);
        seen += events;
        return totals;
      });
    }
    // A server that fails in mid-answer can only cut it short.
    if (seen !== slice.rows) {
      throw new Error(
        `restored customers from ${seen} of ${slice.rows} events from hour ${slice.first}: the answer broke off`,
      );
    }
  }
}

/** Columns of one line before those of the periods. */
const OWN_COLUMNS = `
  count(),
  maxOrNullIf(ms, NOT blocked),
  minOrNullIf(ms, type = 'account.opened'),
  minOrNullIf(ms, type = 'card.approved'),
  countIf(type = 'card.approved'),
  maxOrNullIf(ms, type = 'card.activated'),
  minOrNullIf(ms, paid),
  maxOrNullIf(ms, paid),
  countIf(paid),
  maxOrNullIf(ms, type = 'login'),
  maxOrNullIf(ms, type = 'customer.updated'),
  minOrNullIf(ms, invited)`;

/** The texts of a line, as one JSON array: JSON has no raw tab or line end. */
const TEXTS = `toJSONString([
    customer_id,
    account_id,
    argMaxIf(event_id, (occurred_at, event_id), type = 'customer.updated'),
    argMaxIf(if(length(attributes) > ${LONGEST_PROFILE_BYTES}, '', attributes), (occurred_at, event_id), type = 'customer.updated'),
    argMinIf(event_id, (occurred_at, event_id), invited),
    argMinIf(inviter, (occurred_at, event_id), invited)])`;

function totalsOf({ first, last }: Slice, isHistory: string, periodColumns: string): string {
  const slice = `toStartOfHour(occurred_at)
      BETWEEN toDateTime(${first}, 'UTC') AND toDateTime(${last}, 'UTC') AND ${isHistory}`;
  return `
    WITH toUnixTimestamp64Milli(occurred_at) AS ms,
      ifNull(amount_minor, 0) AS amount,
      type = 'payment' AND event_id IN (
        SELECT event_id FROM decisions WHERE type = 'payment' AND verdict = 'block' AND ${slice}) AS blocked,
      type = 'payment' AND NOT blocked AS paid,
      if(type = 'referral.joined' AND JSONType(attributes, 'inviterId') = 'String',
        JSONExtractString(attributes, 'inviterId'), '') AS inviter,
      inviter != '' AS invited
    SELECT ${OWN_COLUMNS}, ${periodColumns} ${TEXTS}
    FROM events FINAL WHERE type IN (${TYPES}) AND ${slice}
    GROUP BY customer_id, account_id`;
}

function periodColumns(periods: readonly FactPeriod[]): {
  readonly columns: string;
  readonly parameters: Parameters;
} {
  const parameters: Record<string, string> = {};
  const columns = periods.map(({ fromMs, toMs, currency }, index) => {
    const within = `ms >= ${fromMs} AND ms < ${toMs}`;
    if (currency !== undefined) parameters[`currency${index}`] = currency;
    const counted = currency === undefined ? '' : ` AND currency = {currency${index}:String}`;
    return `countIf(paid AND ${within}), sumIf(amount, paid AND ${within}${counted}) - sumIf(amount, type = 'refund' AND refund_of != '' AND ms >= ${fromMs}${counted}),
      minOrNullIf(ms, type = 'login' AND ${within}), maxOrNullIf(ms, paid AND ms < ${fromMs}),`;
  });
  return { columns: columns.join('\n'), parameters };
}

const PERIODS_AT = 12;
const COLUMNS_A_PERIOD = 4;

/** A line in the order of the statement's columns; `\N` is none, and becomes NaN. */
function totalsIn(
  line: Buffer,
  periods: number,
): { readonly events: number; readonly totals: CustomerTotals } {
  const columns = line.toString('utf8').split('\t');
  const number = (at: number): number => Number(columns[at]);
  const [customerId, accountId, updateId, attributes, invitationId, inviterId] = JSON.parse(
    columns.at(-1)!,
  ) as [string, string, string, string, string, string];
  const totals: CustomerTotals = {
    customerId,
    accountId,
    lastSeenMs: number(1),
    registeredAtMs: number(2),
    cardApprovedAtMs: number(3),
    cards: number(4),
    activatedAtMs: number(5),
    firstPaymentAtMs: number(6),
    lastPaymentAtMs: number(7),
    payments: number(8),
    loginAtMs: number(9),
    updatedAtMs: number(10),
    updateId,
    attributes,
    invitedAtMs: number(11),
    invitationId,
    inviterId,
    periods: Array.from({ length: periods }, (_, index) => {
      const at = PERIODS_AT + index * COLUMNS_A_PERIOD;
      return {
        payments: number(at),
        spendMinor: number(at + 1),
        firstLoginAtMs: number(at + 2),
        lastPaymentBeforeMs: number(at + 3),
      };
    }),
  };
  return { events: number(0), totals };
}
