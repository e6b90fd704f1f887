/** What an event would earn if it came now, changing nothing. */

import { rewardsOf, type AnswerParts } from './answers.ts';
import type { Decision } from './decide/decision.ts';
import { EventBatch, EventView } from './event.ts';
import type { Quote } from './http/quote.ts';
import type { Decoder } from './ingest/decode.ts';
import type { CustomerBook } from './reward/customer-book.ts';
import { evaluate, whyNot } from './reward/evaluate.ts';
import type { Grant } from './reward/grant.ts';
import type { Ledger } from './reward/ledger.ts';
import type { LiveCampaigns } from './reward/live-campaigns.ts';
import { isUnavailable } from './reward/redis.ts';

export interface QuoteParts extends Pick<AnswerParts, 'currencyOf'> {
  readonly decoder: Decoder;
  readonly campaigns: Pick<LiveCampaigns, 'compiled'>;
  readonly customers: Pick<CustomerBook, 'of'>;
  readonly ledger: Pick<Ledger, 'quote'>;
  readonly isFrozen: (accountId: string, atMs: number) => boolean;
  readonly configVersion: () => string;
}

const ALLOWED: Decision = { verdict: 'allow', reasons: [], late: false, findings: [], listed: [] };
const FROZEN: Decision = { ...ALLOWED, verdict: 'block', reasons: ['account_frozen'] };

/**
 * Answers for an event that risk allows: what detectors would say of it is known only when it comes. The
 * ledger is asked what it would answer, so that quotas, budgets and limits count as they stand.
 */
export function quoteFrom(
  parts: QuoteParts,
): (bytes: Buffer, receivedAtMs: number) => Promise<Quote> {
  const batch = new EventBatch(1);
  const event = new EventView(batch, 0);
  const { decoder, campaigns, customers, ledger, configVersion } = parts;
  return async (bytes, receivedAtMs) => {
    batch.clear();
    const failure = decoder.decode(bytes, receivedAtMs, batch);
    if (failure !== undefined) return { kind: 'refused', ...failure };
    const { id: eventId, accountId, occurredAtMs } = event;
    const decision = parts.isFrozen(accountId, occurredAtMs) ? FROZEN : ALLOWED;
    // Everything is read from the event before the first await: the batch serves the next question then.
    const facts = customers.of(event);
    const ops = evaluate(campaigns.compiled, event, decision, facts, configVersion(), false);
    const ineligible = whyNot(campaigns.compiled, event, decision, facts);
    try {
      const grants = (await ledger.quote(ops)).flat();
      const rewards = rewardsOf(
        parts,
        grants.map((grant) => undrawn(grant, eventId)),
      );
      return { kind: 'quoted', eventId, rewards, ineligible };
    } catch (error) {
      if (!isUnavailable(error)) throw error;
      return { kind: 'unavailable', message: 'the ledger is away: ask again' };
    }
  };
}

/**
 * A draw may be announced, its outcome not: who asked before choosing an event's id could choose one that wins.
 * What was drawn by an earlier event and is claimed by this one is known.
 */
function undrawn(grant: Grant, eventId: string): Grant {
  if (grant.detail === '' || grant.eventId !== eventId) return grant;
  const nothing = { ...grant, label: '', amountMinor: 0, award: [], deadlineMs: 0 };
  return grant.state === 'rejected' || grant.state === 'voided'
    ? nothing
    : { ...nothing, state: 'posted', reason: 'granted' };
}
