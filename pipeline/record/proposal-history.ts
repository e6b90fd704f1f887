/** The steps of reward proposals as the record has them, and recorded events to give a reward anew by. */

import type { RewardProposal } from '../reward/proposal.ts';
import type { Analytics } from './analytics.ts';
import { eventJson } from './restore.ts';

/** Every step of history in the order in which they were taken, page by page. */
export async function* proposalSteps(
  analytics: Analytics,
  isHistory: string,
): AsyncGenerator<readonly RewardProposal[], void, undefined> {
  const pages = analytics.stream<StepRow>(
    `SELECT proposal_id AS id, action_id AS actionId, toString(kind) AS kind, toString(state) AS state,
       grant_id AS grantId, campaign_id AS campaignId, account_id AS accountId, customer_id AS customerId,
       event_id AS eventId, toFloat64(amount_minor) AS amountMinor, cause_kind AS causeKind, cause_id AS causeId,
       evidence, trial, actor, reason, toFloat64(toUnixTimestamp64Milli(occurred_at)) AS occurredAtMs
     FROM reward_proposals WHERE ${isHistory} ORDER BY arrival LIMIT 1 BY proposal_id, action_id`,
  );
  for await (const page of pages) {
    yield page.map(({ trial, ...step }) => ({ ...step, ...(trial !== '' && { trial }) }));
  }
}

type StepRow = Omit<RewardProposal, 'trial'> & { readonly trial: string };

/**
 * The payment that a reward was earned by, as JSON that the decoder takes: the event itself, or of an
 * authorisation the payment that named it; undefined when there is none on record.
 */
export async function earningEvent(
  analytics: Analytics,
  eventId: string,
): Promise<{ readonly json: Buffer; readonly receivedAtMs: number } | undefined> {
  const [own] = await analytics.query<EventRow>(eventSql('event_id = {eventId:String}'), {
    eventId,
  });
  if (own === undefined) return undefined;
  if (own.type !== 'payment.authorising') return read(own);
  const [payment] = await analytics.query<EventRow>(
    eventSql(`type = 'payment' AND account_id = {accountId:String}
      AND JSONExtractString(attributes, 'authorisationId') = {eventId:String}`),
    { eventId, accountId: own.accountId },
  );
  return payment === undefined ? undefined : read(payment);
}

interface EventRow {
  readonly type: string;
  readonly accountId: string;
  readonly receivedAtMs: number;
  readonly json: string;
}

function read({ json, receivedAtMs }: EventRow): { json: Buffer; receivedAtMs: number } {
  return { json: Buffer.from(json), receivedAtMs };
}

const eventSql = (where: string): string => `
  SELECT toString(type) AS type, account_id AS accountId,
    toFloat64(toUnixTimestamp64Milli(received_at)) AS receivedAtMs, ${eventJson()} AS json
  FROM events WHERE ${where} ORDER BY occurred_at, arrival LIMIT 1`;
