/** What the record knows around late events: whom they came late for, and the events that those were measured with. */

import type { Analytics } from './analytics.ts';
import { eventJson } from './restore.ts';

/** Whose an event was; '' where it had none. */
export interface EventKeys {
  readonly accountId: string;
  readonly deviceId: string;
  readonly cardId: string;
  readonly ip: string;
}

export interface RecordedEvent extends EventKeys {
  readonly eventId: string;
  readonly occurredAtMs: number;
}

/** Values by the kind of key, none of them a placeholder. */
export type KeyValues = Readonly<Record<keyof EventKeys, readonly string[]>>;

/** Event time: from (exclusive) to (inclusive), Unix milliseconds. */
export interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

const EVENT = `event_id AS eventId, account_id AS accountId, device_id AS deviceId, card_id AS cardId, ip,
  toFloat64(toUnixTimestamp64Milli(occurred_at)) AS occurredAtMs`;
const WITHIN = `occurred_at > fromUnixTimestamp64Milli({fromMs:Int64}) AND occurred_at <= fromUnixTimestamp64Milli({toMs:Int64})`;
const NEAR = `(account_id IN {accountId:Array(String)} OR device_id IN {deviceId:Array(String)}
  OR card_id IN {cardId:Array(String)})`;
const SHARED = `(${NEAR} OR ip IN {ip:Array(String)})`;

/** These events, as far as they are on record. */
export function recordedEvents(
  analytics: Pick<Analytics, 'query'>,
  ids: readonly string[],
  span: Span,
): Promise<RecordedEvent[]> {
  return analytics.query<RecordedEvent>(
    `SELECT ${EVENT} FROM events WHERE event_id IN {ids:Array(String)} AND ${WITHIN} LIMIT 1 BY event_id`,
    { ids, ...whole(span) },
  );
}

/**
 * Events of any of the keys that earned a reward which stands: those that share more than an address first, and
 * then the earliest.
 */
export function rewardedEvents(
  analytics: Pick<Analytics, 'query'>,
  keys: KeyValues,
  span: Span,
  limit: number,
): Promise<RecordedEvent[]> {
  return analytics.query<RecordedEvent>(
    `SELECT ${EVENT} FROM events
     WHERE ${WITHIN} AND ${SHARED} AND event_id IN
       (SELECT event_id FROM grants WHERE occurred_at > fromUnixTimestamp64Milli({fromMs:Int64}) AND offer_id != ''
          AND state IN ('held', 'posted', 'awaiting_claim', 'awaiting_choice'))
     ORDER BY ${NEAR} DESC, occurred_at, event_id LIMIT 1 BY event_id LIMIT {limit:UInt32}`,
    { ...keys, ...whole(span), limit },
  );
}

export interface ReadEvent {
  readonly eventId: string;
  /** As the decoder takes it. */
  readonly json: string;
  readonly receivedAtMs: number;
}

/**
 * Every event of any of the keys, in the order of event time; where they are more than the limit, those that share
 * more than an address are kept first, and the newest.
 */
export function eventsAround(
  analytics: Pick<Analytics, 'query'>,
  keys: KeyValues,
  span: Span,
  limit: number,
): Promise<ReadEvent[]> {
  return analytics.query<ReadEvent>(
    `SELECT eventId, json, receivedAtMs FROM
     (SELECT event_id AS eventId, ${eventJson()} AS json, toFloat64(toUnixTimestamp64Milli(received_at)) AS receivedAtMs,
        occurred_at AS at
      FROM events WHERE ${WITHIN} AND ${SHARED}
      ORDER BY ${NEAR} DESC, occurred_at DESC LIMIT 1 BY event_id LIMIT {limit:UInt32})
     ORDER BY at, eventId`,
    { ...keys, ...whole(span), limit },
  );
}

export interface RewardRow {
  readonly grantId: string;
  readonly campaignId: string;
  readonly accountId: string;
  readonly customerId: string;
  readonly eventId: string;
  readonly state: string;
  readonly amountMinor: number;
}

/** The rewards of these events of these accounts that stand. */
export function rewardsOf(
  analytics: Pick<Analytics, 'query'>,
  events: readonly RecordedEvent[],
): Promise<RewardRow[]> {
  return analytics.query<RewardRow>(
    `SELECT grant_id AS grantId, campaign_id AS campaignId, account_id AS accountId, customer_id AS customerId,
       event_id AS eventId, toString(state) AS state, toFloat64(amount_minor - clawed_back_minor) AS amountMinor
     FROM (SELECT * FROM grants
           WHERE account_id IN {accounts:Array(String)} AND event_id IN {ids:Array(String)} AND offer_id != ''
           ORDER BY revision DESC LIMIT 1 BY grant_id)
     WHERE state IN ('held', 'posted', 'awaiting_claim', 'awaiting_choice') ORDER BY grantId`,
    {
      accounts: [...new Set(events.map(({ accountId }) => accountId))],
      ids: events.map(({ eventId }) => eventId),
    },
  );
}

function whole({ fromMs, toMs }: Span): Span {
  return { fromMs: Math.floor(fromMs), toMs: Math.ceil(toMs) };
}
