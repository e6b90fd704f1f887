/**
 * The rewards that a cause is about, as the record has them: of the accounts and customers that it names, within
 * the look-back. A file of labels names thousands; they are looked up together, in portions of bounded size.
 */

import type { Cause, CausedGrant, SaidOfDecision } from '../decide/cause.ts';
import { eventIdOf } from '../decide/decision.ts';
import type { Analytics } from '../record/analytics.ts';
import { portionsOf } from '../record/id-portions.ts';
import { ABUSE_REASONS } from '../reward/abuse.ts';
import type { GrantState } from '../reward/grant.ts';
import type { Logger, Metrics } from '../telemetry.ts';

export interface LookBack {
  /** Event time before a cause, and before the event that it is about, within which rewards are looked at. */
  readonly lookBackMs: number;
  /** Rewards of one cause, or of one account of a file's labels, the newest first. */
  readonly maxGrants: number;
}

export interface LookUpParts {
  readonly analytics: Pick<Analytics, 'query'>;
  readonly settings: LookBack;
  /** Whether a value stands for nobody in particular. */
  readonly isPlaceholder: (value: string) => boolean;
  readonly log: Logger;
  readonly metrics: Pick<Metrics, 'rescored'>;
}

/** Rewards of a portion; of each part that it is looked up in, the newest first. */
const MAX_PORTION = 50_000;
/** Holds that a person's word on the whole account releases; a reward that its offer always reviews is none. */
const IN_REVIEW = [
  'held_for_review',
  'review_overdue',
  'authorisation_in_review',
  'awaiting_payment_and_review',
];

/** @throws AnalyticsError while the record is away: nothing was done yet about the portion that is asked for. */
export async function* causedGrants(
  parts: LookUpParts,
  cause: Cause,
): AsyncGenerator<readonly CausedGrant[], void, undefined> {
  if (cause.said === undefined) {
    yield await grantsOf(parts, cause);
    return;
  }
  for (const portion of portionsOf(eachOf(cause.said), ({ decisionId }) => decisionId)) {
    yield await grantsOfMany(parts, cause, portion);
  }
}

interface Said {
  readonly evidence: string;
  readonly decisionId: string;
}

function* eachOf(said: readonly SaidOfDecision[]): Generator<Said> {
  for (const { evidence, decisionIds } of said) {
    for (const decisionId of decisionIds) yield { evidence, decisionId };
  }
}

interface GrantRow extends Omit<CausedGrant, 'standing' | 'because'> {
  readonly state: GrantState;
  readonly clawedBackMinor: number;
  readonly occurredAtMs: number;
}

async function grantsOf(parts: LookUpParts, cause: Cause): Promise<readonly CausedGrant[]> {
  const { analytics, settings } = parts;
  const { maxGrants, lookBackMs } = settings;
  const cleared = cause.kind === 'cleared';
  const { decidedAtMs, ...who } = await namedBy(parts, cause);
  if (who.accounts.length === 0) return [];
  const found = await analytics.query<GrantRow>(cleared ? KEPT_BACK : STANDING, {
    ...who,
    fromMs: Math.floor(Math.min(cause.atMs, decidedAtMs) - lookBackMs),
    ofAccount: maxGrants + 1,
    limit: maxGrants + 1,
    ...(cleared && { inReview: IN_REVIEW, abuse: [...ABUSE_REASONS] }),
  });
  if (found.length > maxGrants) tellLimit(parts, cause, maxGrants);
  return found.slice(0, maxGrants).map(grantOf);
}

/** Of many decisions, each with its own look-back; a reward is named once, by one of those that speak against it. */
async function grantsOfMany(
  parts: LookUpParts,
  cause: Cause,
  said: readonly Said[],
): Promise<readonly CausedGrant[]> {
  const { analytics, settings } = parts;
  const { maxGrants, lookBackMs } = settings;
  const { accounts, customers } = await ownersOf(parts, cause, said);
  if (accounts.size === 0) return [];
  const fromMs = Math.min(...[...accounts.values()].map((each) => each.fromMs)) - lookBackMs;
  const found = new Map<string, GrantRow>();
  for (const owned of ownedBy([...accounts.keys()], [...customers.keys()])) {
    const room = MAX_PORTION - found.size;
    const rows = await analytics.query<GrantRow>(STANDING, {
      ...owned,
      fromMs: Math.floor(fromMs),
      ofAccount: maxGrants,
      limit: room + 1,
    });
    // One of an account and a customer of different parts comes twice.
    for (const row of rows.slice(0, room)) found.set(row.grantId, row);
    if (rows.length > room) {
      tellLimit(parts, cause, MAX_PORTION);
      break;
    }
  }
  return [...found.values()].flatMap((row): CausedGrant[] => {
    const speaks = [accounts.get(row.accountId), customers.get(row.customerId)].find(
      (each) => each !== undefined && row.occurredAtMs > each.fromMs - lookBackMs,
    );
    if (speaks === undefined) return [];
    const { decisionId, evidence } = speaks;
    return [{ ...grantOf(row), because: { decisionId, evidence } }];
  });
}

/** In as few parts as accounts and customers fit: all of them together, unless their names are long. */
function* ownedBy(
  accounts: readonly string[],
  customers: readonly string[],
): Generator<{ readonly accounts: readonly string[]; readonly customers: readonly string[] }> {
  const ofAccounts = [...portionsOf(accounts, (value) => value)];
  const ofCustomers = [...portionsOf(customers, (value) => value)];
  const parts = Math.max(ofAccounts.length, ofCustomers.length);
  for (let part = 0; part < parts; part++) {
    yield { accounts: ofAccounts[part] ?? [], customers: ofCustomers[part] ?? [] };
  }
}

function tellLimit({ metrics, log }: LookUpParts, cause: Cause, limit: number): void {
  metrics.rescored.inc({ cause: cause.kind, outcome: 'beyond_limit' });
  log.warn({ causeId: cause.id, limit }, 'more rewards than are looked at again for one cause');
}

function grantOf({
  state,
  clawedBackMinor,
  amountMinor,
  occurredAtMs: _,
  ...grant
}: GrantRow): CausedGrant {
  const keptBack = state === 'voided' || state === 'clawed_back';
  return {
    ...grant,
    amountMinor: keptBack ? amountMinor : amountMinor - clawedBackMinor,
    standing: state === 'held' ? 'held' : keptBack ? 'voided' : 'live',
  };
}

interface Named {
  readonly accounts: readonly string[];
  readonly customers: readonly string[];
  /** Event time of the decision: a chargeback comes months after the fraud. Infinity: it is about none. */
  readonly decidedAtMs: number;
}

interface OwnRow {
  readonly eventId: string;
  readonly accountId: string;
  readonly customerId: string;
  readonly occurredAtMs: number;
}

/** The cause's accounts, or its decision's, and the customer of that decision: never nobody in particular. */
async function namedBy(
  { analytics, isPlaceholder }: LookUpParts,
  { accountIds, decisionId, kind }: Cause,
): Promise<Named> {
  const [own] =
    decisionId === '' || kind === 'ring'
      ? []
      : await analytics.query<OwnRow>(OWN, { ids: [eventIdOf(decisionId)] });
  const accounts = accountIds.length > 0 ? accountIds : own === undefined ? [] : [own.accountId];
  const customers = own === undefined ? [] : [own.customerId];
  const isSomebody = (value: string): boolean => !isPlaceholder(value);
  return {
    accounts: accounts.filter(isSomebody),
    customers: customers.filter(isSomebody),
    decidedAtMs: own?.occurredAtMs ?? Infinity,
  };
}

interface Owner extends Said {
  /** The earliest event that is spoken of, or the cause's own time. */
  readonly fromMs: number;
}

async function ownersOf(
  { analytics, isPlaceholder }: LookUpParts,
  cause: Cause,
  said: readonly Said[],
): Promise<Readonly<Record<'accounts' | 'customers', ReadonlyMap<string, Owner>>>> {
  const byEvent = new Map(said.map((each) => [eventIdOf(each.decisionId), each]));
  const own = await analytics.query<OwnRow>(OWN, { ids: [...byEvent.keys()] });
  const accounts = new Map<string, Owner>();
  const customers = new Map<string, Owner>();
  const note = (owners: Map<string, Owner>, value: string, owner: Owner): void => {
    const known = owners.get(value);
    if (isPlaceholder(value) || (known !== undefined && known.fromMs <= owner.fromMs)) return;
    owners.set(value, owner);
  };
  for (const { eventId, accountId, customerId, occurredAtMs } of own) {
    const owner = { ...byEvent.get(eventId)!, fromMs: Math.min(cause.atMs, occurredAtMs) };
    note(accounts, accountId, owner);
    note(customers, customerId, owner);
  }
  return { accounts, customers };
}

const OWN = `
SELECT event_id AS eventId, account_id AS accountId, customer_id AS customerId,
  toFloat64(toUnixTimestamp64Milli(occurred_at)) AS occurredAtMs FROM events
WHERE event_id IN {ids:Array(String)} ORDER BY arrival DESC LIMIT 1 BY event_id`;

/** The newest revision of each grant without FINAL, which would not look into the indexes. */
const grantsSql = (condition: string): string => `
SELECT grant_id AS grantId, campaign_id AS campaignId, account_id AS accountId, customer_id AS customerId,
  event_id AS eventId, toString(state) AS state, toFloat64(amount_minor) AS amountMinor,
  toFloat64(clawed_back_minor) AS clawedBackMinor, toFloat64(toUnixTimestamp64Milli(occurred_at)) AS occurredAtMs
FROM
(
    SELECT * FROM grants
    WHERE (account_id IN {accounts:Array(String)} OR customer_id IN {customers:Array(String)})
      AND offer_id != '' AND occurred_at > fromUnixTimestamp64Milli({fromMs:Int64})
    ORDER BY revision DESC
    LIMIT 1 BY grant_id
)
WHERE ${condition}
ORDER BY occurred_at DESC, grant_id
LIMIT {ofAccount:UInt32} BY account_id
LIMIT {limit:UInt32}`;

const STANDING = grantsSql(`state IN ('held', 'posted', 'awaiting_claim', 'awaiting_choice')`);
const KEPT_BACK = grantsSql(`(state = 'held' AND reason IN {inReview:Array(String)})
  OR (state IN ('voided', 'clawed_back') AND reason IN {abuse:Array(String)})`);
