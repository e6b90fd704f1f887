/** What the analytics store knows of rewards: pages of them, and one with everything a reviewer judges it by. */

import { decisionIdOf } from '../decide/decision.ts';
import type { Analytics } from '../record/analytics.ts';
import type { GrantState } from '../reward/grant.ts';
import { parsed, withTimes, type CaseFile, type Row } from './case-file.ts';

export interface GrantFilter {
  readonly state?: GrantState | undefined;
  readonly campaign?: string | undefined;
  readonly offer?: string | undefined;
  readonly limit: number;
  /** The `next` of the page before: only grants with a lower revision follow. */
  readonly before?: number | undefined;
}

export interface GrantPage {
  /** The grant that changed last comes first. Amounts are minor units, times RFC 3339. */
  readonly grants: readonly Row[];
  /** What the next page is asked with as `before`; null on the last one. */
  readonly next: number | null;
}

export interface GrantFileParts {
  readonly analytics: Pick<Analytics, 'query'>;
  readonly caseFile: Pick<CaseFile, 'decision'>;
  /** '' for a campaign that is no longer configured. */
  readonly currencyOf: (campaignId: string) => string;
}

/** Every entry of one grant takes a leg for each limit, quota and budget line; a thousand of them are a long life. */
const MOST_LEGS = 1000;
const MOST_FOLLOWING = 200;

export class GrantFile {
  readonly #parts: GrantFileParts;

  constructor(parts: GrantFileParts) {
    this.#parts = parts;
  }

  async page(filter: GrantFilter): Promise<GrantPage> {
    const { state, campaign, offer, limit, before } = filter;
    const given = { state, campaign, offer, before };
    const narrowed = Object.entries(given).filter(([, value]) => value !== undefined);
    const where = narrowed.map(([name]) => CONDITIONS[name as keyof typeof given]);
    // One more than asked for tells whether there is a next page.
    const rows = await this.#parts.analytics.query<Row>(pageSql(where), {
      ...Object.fromEntries(narrowed),
      rows: limit + 1,
    });
    const grants = rows.slice(0, limit).map((row) => this.#read(row));
    const last = grants.at(-1);
    return { grants, next: rows.length > limit ? Number(last!['revision']) : null };
  }

  /**
   * A grant with its journal entries and their legs, its vouchers and deliveries, what people said of it, the event
   * that earned it and the decision on that event (null when none is recorded); undefined when no row of it is
   * recorded.
   */
  async grant(grantId: string): Promise<Row | undefined> {
    const { analytics, caseFile } = this.#parts;
    const [row] = await analytics.query<Row>(GRANT, { grantId });
    if (row === undefined) return undefined;
    const grant = this.#read(row);
    const legs = await analytics.query<Leg>(ENTRIES, { grantId });
    const vouchers = await analytics.query<Row>(VOUCHERS, { prefix: `${grantId}.` });
    const deliveries = await analytics.query<Row>(DELIVERIES, { prefix: `${grantId}.` });
    const words = await analytics.query<Row>(WORDS, { grantId });
    const eventId = String(grant['eventId']);
    const [event] = await analytics.query<Row>(EVENT, { eventId });
    return {
      ...grant,
      entries: entriesOf(legs),
      vouchers: vouchers.map(withTimes),
      deliveries: deliveries.map((each) => withTimes({ ...each, item: parsed(each['item']) })),
      words: words.map(withTimes),
      event: event === undefined ? null : withTimes(event),
      decision: (await caseFile.decision(decisionIdOf(eventId))) ?? null,
    };
  }

  #read({ award, detail, ...row }: Row): Row {
    return {
      ...withTimes(row),
      currency: this.#parts.currencyOf(String(row['campaignId'])),
      // Grants of before awards were recorded have none.
      award: award === '' ? [] : parsed(award),
      detail: detail === '' ? null : parsed(detail),
    };
  }
}

interface Leg extends Row {
  readonly sequence: number;
  readonly account: string;
  readonly postedDelta: number;
  readonly pendingDelta: number;
}

/** Rows of one entry stand together; an entry that moved nothing is one row without an account. */
function entriesOf(rows: readonly Leg[]): Row[] {
  const entries = new Map<number, { readonly entry: Row; readonly legs: Row[] }>();
  for (const { account, postedDelta, pendingDelta, ...entry } of rows) {
    const found = entries.get(entry.sequence) ?? { entry, legs: [] };
    entries.set(entry.sequence, found);
    if (account !== '') found.legs.push({ account, postedDelta, pendingDelta });
  }
  return [...entries.values()].map(({ entry, legs }) => ({ ...withTimes(entry), legs }));
}

const ms = (column: string): string => `toFloat64(toUnixTimestamp64Milli(${column}))`;

const COLUMNS = `
  grant_id AS grantId, campaign_id AS campaignId, offer_id AS offerId, label, budget_line AS budgetLine,
  event_id AS eventId, account_id AS accountId, customer_id AS customerId, card_id AS cardId,
  beneficiary_id AS beneficiaryId, toString(state) AS state, reason, tier, award, detail,
  toFloat64(amount_minor) AS amountMinor, toFloat64(clawed_back_minor) AS clawedBackMinor,
  toFloat64(payment_minor) AS paymentMinor, ${ms('occurred_at')} AS occurredAtMs, ${ms('deadline')} AS deadlineMs,
  config_version AS configVersion, toFloat64(revision) AS revision, ${ms('recorded_at')} AS recordedAtMs`;

const CONDITIONS = {
  state: 'state = {state:String}',
  campaign: 'campaign_id = {campaign:String}',
  offer: 'offer_id = {offer:String}',
  before: 'revision < {before:UInt64}',
} as const;

/**
 * The page is found by its narrow columns, and only its own rows are read whole: a grant is some kilobytes of
 * award and ledger record. Records of refunds and of refused wishes have no offer and are no grants.
 */
function pageSql(conditions: readonly string[]): string {
  return `
SELECT ${COLUMNS}
FROM grants
WHERE grant_id IN
(
    SELECT grant_id FROM grants FINAL
    WHERE ${["offer_id != ''", ...conditions].join(' AND ')}
    ORDER BY revision DESC LIMIT {rows:UInt32}
)
ORDER BY grants.revision DESC
LIMIT 1 BY grant_id`;
}

const GRANT = `
SELECT ${COLUMNS}
FROM grants
WHERE grant_id = {grantId:String}
ORDER BY grants.revision DESC
LIMIT 1`;

/** A drain that was interrupted writes an entry again: each leg counts once. */
const ENTRIES = `
SELECT toFloat64(sequence) AS sequence, operation, operation_id AS operationId, account,
       toFloat64(posted_delta) AS postedDelta, toFloat64(pending_delta) AS pendingDelta,
       ${ms('occurred_at')} AS occurredAtMs
FROM ledger_entries
WHERE grant_id = {grantId:String}
ORDER BY ledger_entries.sequence, leg
LIMIT 1 BY ledger_entries.sequence, leg
LIMIT ${MOST_LEGS}`;

/** Vouchers and deliveries are numbered under their grant, so that the primary key finds them. */
const VOUCHERS = `
SELECT voucher_id AS voucherId, voucher, toFloat64(face_minor) AS faceMinor, toFloat64(min_spend_minor) AS minSpendMinor,
       toFloat64(cost_minor) AS costMinor, scope, state, ${ms('issued_at')} AS issuedAtMs,
       ${ms('expires_at')} AS expiresAtMs, redeemed_by AS redeemedBy, ${ms('redeemed_at')} AS redeemedAtMs,
       extended_by AS extendedBy
FROM vouchers FINAL
WHERE startsWith(voucher_id, {prefix:String})
ORDER BY voucher_id
LIMIT ${MOST_FOLLOWING}`;

const DELIVERIES = `
SELECT delivery_id AS deliveryId, kind, original_id AS originalId, item, state, attempts, answer,
       ${ms('placed_at')} AS placedAtMs, ${ms('due_at')} AS dueAtMs, ${ms('updated_at')} AS updatedAtMs
FROM deliveries FINAL
WHERE startsWith(delivery_id, {prefix:String})
ORDER BY placed_at, delivery_id
LIMIT ${MOST_FOLLOWING}`;

/** Approvals and rejections, also those that came to nothing. An order names the grant alone: its campaign is ''. */
const WORDS = `
SELECT kind, actor, reason, ${ms('issued_at')} AS issuedAtMs
FROM campaign_actions FINAL
WHERE campaign_id = '' AND kind IN ('approve', 'reject') AND JSONExtractString(value, 'grantId') = {grantId:String}
ORDER BY issued_at, action_id
LIMIT ${MOST_FOLLOWING}`;

const EVENT = `
SELECT type, ${ms('occurred_at')} AS occurredAtMs, account_id AS accountId, customer_id AS customerId, card_id AS cardId,
       device_id AS deviceId, ip, merchant_id AS merchantId, category, channel, instrument,
       toFloat64(amount_minor) AS amountMinor, currency, city, late
FROM events
WHERE event_id = {eventId:String}
ORDER BY arrival DESC
LIMIT 1`;
