/**
 * Follows a cause: which rewards of the accounts and customers it names stand within the look-back, and the order
 * to the worker itself that does something about them. Everything up to the order can be repeated.
 */

import type { CommandLog } from './act/commands.ts';
import type { Clock } from './clock.ts';
import type { Cause, CausedGrant } from './decide/cause.ts';
import { eventIdOf } from './decide/decision.ts';
import type { JournalDrain } from './journal-drain.ts';
import { AnalyticsError, type Analytics } from './record/analytics.ts';
import type { GrantState } from './reward/grant.ts';
import type { Ledger } from './reward/ledger.ts';
import { isUnavailable } from './reward/redis.ts';
import type { Logger, Metrics } from './telemetry.ts';

export interface RescoreSettings {
  /** Event time before a cause, and before the event that it is about, within which rewards are looked at. */
  readonly lookBackMs: number;
  /** Rewards of one cause, the newest first. */
  readonly maxGrants: number;
}

export interface RescoreParts {
  readonly analytics: Pick<Analytics, 'query'>;
  readonly journal: Pick<JournalDrain, 'caughtUp'>;
  readonly ledger: Pick<Ledger, 'grant'>;
  readonly commands: Pick<CommandLog, 'append' | 'wait'>;
  readonly settings: RescoreSettings;
  /** Whether a value stands for nobody in particular. */
  readonly isPlaceholder: (value: string) => boolean;
  /** Aborts when the process is to stop: nobody obeys from then on. */
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Pick<Metrics, 'rescored'>;
}

/** Whose the orders are. */
export const RESCORER = 'late-truth';
const GRANTS_AN_ORDER = 100;
const OBEYED_WITHIN_MS = 10_000;
/** Holds that a person's word on the whole account releases; a reward that its offer always reviews is none. */
const IN_REVIEW = [
  'held_for_review',
  'review_overdue',
  'authorisation_in_review',
  'awaiting_payment_and_review',
];
const INTERCEPTED = ['account_frozen', 'risk_block'];

/** @returns what a queue asks of a cause: false while the ledger, the record or the worker is away. */
export function rescorer(parts: RescoreParts): (cause: Cause) => Promise<boolean> {
  return async (cause) => {
    try {
      // What was granted before the cause is on record once the journal is.
      if (!(await parts.journal.caughtUp())) return false;
      const grants = await grantsOf(parts, cause);
      if (!(await order(parts, cause, grants))) return false;
      return await order(parts, cause, await postedSince(parts, cause, grants));
    } catch (error) {
      const isAway = isUnavailable(error) || (error instanceof AnalyticsError && !error.permanent);
      if (!isAway) throw error;
      return false;
    }
  };
}

/** @returns false when no word came back: the order may be obeyed later all the same. */
async function order(
  { commands, clock, signal }: RescoreParts,
  cause: Cause,
  grants: readonly CausedGrant[],
): Promise<boolean> {
  for (let from = 0; from < grants.length; from += GRANTS_AN_ORDER) {
    const page = grants.slice(from, from + GRANTS_AN_ORDER);
    const said = { actor: RESCORER, reason: cause.evidence, issuedAtMs: clock.now() };
    const id = await commands.append({ kind: 'rescore', cause, grants: page, ...said });
    if ((await unlessAborted(commands.wait(id, OBEYED_WITHIN_MS), signal)) === undefined)
      return false;
  }
  return true;
}

/** What is waited for, or undefined when the signal aborts before. Listens no longer than it waits. */
async function unlessAborted<T>(waited: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  if (signal.aborted) return undefined;
  const done = new AbortController();
  const aborted = new Promise<undefined>((resolve) => {
    signal.addEventListener('abort', () => resolve(undefined), { signal: done.signal });
  });
  return Promise.race([waited, aborted]).finally(() => done.abort());
}

/** What still waited when the record was asked, and was given before the order came. */
async function postedSince(
  { ledger }: RescoreParts,
  cause: Cause,
  grants: readonly CausedGrant[],
): Promise<readonly CausedGrant[]> {
  if (cause.kind === 'cleared') return [];
  const since: CausedGrant[] = [];
  for (const grant of grants) {
    if (grant.standing !== 'held') continue;
    const now = await ledger.grant(grant.grantId);
    if (now !== undefined && LIVE.has(now.state)) since.push({ ...grant, standing: 'live' });
  }
  return since;
}

const LIVE: ReadonlySet<GrantState> = new Set(['posted', 'awaiting_claim', 'awaiting_choice']);

interface GrantRow extends Omit<CausedGrant, 'standing'> {
  readonly state: GrantState;
  readonly clawedBackMinor: number;
}

async function grantsOf(
  { analytics, settings, metrics, log, isPlaceholder }: RescoreParts,
  cause: Cause,
): Promise<readonly CausedGrant[]> {
  const { maxGrants, lookBackMs } = settings;
  const cleared = cause.kind === 'cleared';
  const { decidedAtMs, ...who } = await namedBy(analytics, cause, isPlaceholder);
  if (who.accounts.length === 0) return [];
  const found = await analytics.query<GrantRow>(cleared ? KEPT_BACK : STANDING, {
    ...who,
    fromMs: Math.floor(Math.min(cause.atMs, decidedAtMs) - lookBackMs),
    limit: maxGrants + 1,
    ...(cleared && { inReview: IN_REVIEW, intercepted: INTERCEPTED }),
  });
  if (found.length > maxGrants) {
    metrics.rescored.inc({ cause: cause.kind, outcome: 'beyond_limit' });
    log.warn(
      { causeId: cause.id, maxGrants },
      'more rewards than are looked at again for one cause',
    );
  }
  return found.slice(0, maxGrants).map(({ state, clawedBackMinor, amountMinor, ...grant }) => ({
    ...grant,
    amountMinor: amountMinor - clawedBackMinor,
    standing: state === 'held' ? 'held' : state === 'voided' ? 'voided' : 'live',
  }));
}

interface Named {
  readonly accounts: readonly string[];
  readonly customers: readonly string[];
  /** Event time of the decision: a chargeback comes months after the fraud. Infinity: it is about none. */
  readonly decidedAtMs: number;
}

interface OwnRow {
  readonly accountId: string;
  readonly customerId: string;
  readonly occurredAtMs: number;
}

/** The cause's accounts, or its decision's, and the customer of that decision: never nobody in particular. */
async function namedBy(
  analytics: Pick<Analytics, 'query'>,
  { accountIds, decisionId, kind }: Cause,
  isPlaceholder: (value: string) => boolean,
): Promise<Named> {
  const [own] =
    decisionId === '' || kind === 'ring'
      ? []
      : await analytics.query<OwnRow>(OWN, {
          eventId: eventIdOf(decisionId),
        });
  const accounts = accountIds.length > 0 ? accountIds : own === undefined ? [] : [own.accountId];
  const customers = own === undefined ? [] : [own.customerId];
  const isSomebody = (value: string): boolean => !isPlaceholder(value);
  return {
    accounts: accounts.filter(isSomebody),
    customers: customers.filter(isSomebody),
    decidedAtMs: own?.occurredAtMs ?? Infinity,
  };
}

const OWN = `
SELECT account_id AS accountId, customer_id AS customerId,
  toFloat64(toUnixTimestamp64Milli(occurred_at)) AS occurredAtMs FROM events
WHERE event_id = {eventId:String} ORDER BY arrival DESC LIMIT 1`;

/** The newest revision of each grant without FINAL, which would not look into the indexes. */
const grantsSql = (condition: string): string => `
SELECT grant_id AS grantId, campaign_id AS campaignId, account_id AS accountId, customer_id AS customerId,
  event_id AS eventId, toString(state) AS state, toFloat64(amount_minor) AS amountMinor,
  toFloat64(clawed_back_minor) AS clawedBackMinor
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
LIMIT {limit:UInt32}`;

const STANDING = grantsSql(`state IN ('held', 'posted', 'awaiting_claim', 'awaiting_choice')`);
const KEPT_BACK = grantsSql(`(state = 'held' AND reason IN {inReview:Array(String)})
  OR (state = 'voided' AND reason IN {intercepted:Array(String)})`);
