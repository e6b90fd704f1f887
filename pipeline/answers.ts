/** The pipeline's outcomes as the HTTP side answers them: rewards when they are known in time, stored answers for repeats. */

import type { Clock } from './clock.ts';
import { decisionIdOf } from './decide/decision.ts';
import { hintFor } from './hints.ts';
import type { Decide } from './http/intake.ts';
import type { EventOutcome, RewardAnswer } from './http/outcome.ts';
import type { RecordOutcome } from './outcome.ts';
import type { Pipeline } from './pipeline.ts';
import type { History } from './record/history.ts';
import type { EarnedGrant, EarnedGrants } from './rewards-of.ts';

export interface AnswerParts {
  readonly pipeline: Pick<Pipeline, 'decide'>;
  readonly history: Pick<History, 'storedDecisions'>;
  /** The rewards that events have earned so far; undefined while the ledger cannot tell. */
  readonly grantsOf: (eventIds: readonly string[]) => Promise<EarnedGrants | undefined>;
  readonly currencyOf: (campaignId: string) => string;
  /** An answer does not wait longer than this for the ledger. */
  readonly rewardTimeoutMs: number;
  readonly clock: Clock;
}

/** A repeat may wait for the record's next flush: whoever asks again missed the first answer and wants it whole. */
const STORED_WITHIN_MS = 2000;

type Repeated = Extract<RecordOutcome, { kind: 'repeated' }>;
type Answer = EventOutcome | Promise<EventOutcome>;

/** Decides a batch that came by HTTP, one answer a record. */
export function answersFrom(parts: AnswerParts): Decide {
  return async (batch) => {
    const outcomes = await parts.pipeline.decide(batch);
    const repeats = outcomes.filter((outcome) => outcome.kind === 'repeated');
    const repeated = repeats.length === 0 ? undefined : repeatedIn(parts, repeats);
    return outcomes.map((outcome) => answer(parts, outcome, repeated));
  };
}

function answer(
  parts: AnswerParts,
  outcome: RecordOutcome,
  repeated: ((eventId: string) => Answer) | undefined,
): Answer {
  switch (outcome.kind) {
    case 'refused':
      return { kind: 'refused', ...outcome.failure };
    case 'conflict': {
      const { eventId } = outcome;
      return { kind: 'conflict', eventId, decisionId: decisionIdOf(eventId) };
    }
    case 'repeated':
      return repeated!(outcome.eventId);
    case 'decided':
      return decided(parts, outcome);
  }
}

function decided(parts: AnswerParts, outcome: Extract<RecordOutcome, { kind: 'decided' }>): Answer {
  const { eventId, decision, grants } = outcome;
  const base = {
    kind: 'decided',
    eventId,
    decisionId: decisionIdOf(eventId),
    verdict: decision.verdict,
    late: decision.late,
  } as const;
  if (!(grants instanceof Promise)) return { ...base, ...told(parts, grants) };
  const rewards = grants.then((earned) => told(parts, earned));
  return inTime(parts, rewards, parts.rewardTimeoutMs).then((known) => ({
    ...base,
    ...(known ?? { rewards: 'pending' }),
  }));
}

/** The stored answers to a batch's repeats: one look-up of decisions and one of rewards for all of them. */
function repeatedIn(
  parts: AnswerParts,
  repeats: readonly Repeated[],
): (eventId: string) => Promise<EventOutcome> {
  const eventIds = repeats.map(({ eventId }) => eventId);
  const decisions = parts.history.storedDecisions(eventIds);
  const settled = Promise.all(repeats.map((repeat) => repeat.settled));
  const grants = inTime(
    parts,
    settled.then(() => parts.grantsOf(eventIds)),
    STORED_WITHIN_MS,
  );
  // Whoever answers takes them up later; until then a rejection is not an unhandled one.
  grants.catch(() => undefined);
  return async (eventId) => {
    const known = (await decisions).get(eventId);
    if (known === undefined) {
      return { kind: 'unavailable', message: 'the first answer is not recorded yet: ask again' };
    }
    const { verdict, late } = known.decision;
    const earned = await grants;
    const rewards =
      earned === undefined
        ? ({ rewards: 'pending' } as const)
        : told(parts, earned.get(eventId) ?? NOTHING);
    const decisionId = decisionIdOf(eventId);
    return { kind: 'repeated', eventId, decisionId, verdict, late, ...rewards };
  };
}

/** The rewards, and what the event should have said. */
function told(
  parts: AnswerParts,
  grants: readonly EarnedGrant[],
): { readonly rewards: readonly RewardAnswer[]; readonly hint?: string } {
  const rewards = rewardsOf(parts, grants);
  const hint = hintFor(grants);
  return hint === undefined ? { rewards } : { rewards, hint };
}

const NOTHING: readonly EarnedGrant[] = [];

/** @returns undefined when it is not known within the time. */
async function inTime<Known>(
  { clock }: AnswerParts,
  known: Promise<Known>,
  withinMs: number,
): Promise<Known | undefined> {
  const done = new AbortController();
  const timeout = clock.sleep(withinMs, done.signal).then(() => undefined);
  try {
    return await Promise.race([known, timeout]);
  } finally {
    done.abort();
  }
}

/** States in which the award is the customer's, or will be; of others it is what would have been. */
const GIVEN: ReadonlySet<string> = new Set(['held', 'awaiting_claim', 'posted', 'clawed_back']);

/** How the ledger names what became of a refund or a customer's wish when it changed nothing. */
const REFUSED_WISH = /^(claim|choose|redeem|extend|refuse|capture|cancel|refund)_/;

/**
 * Each reward once, as it stands last: a payment that posts what its authorisation reserved also asks for what
 * it would earn without one. A refund that took nothing back says why, until it has. In the order of their ids, so that a repeat is answered with the very same text.
 */
export function rewardsOf(
  parts: Pick<AnswerParts, 'currencyOf'>,
  grants: readonly EarnedGrant[],
): readonly RewardAnswer[] {
  return [...new Map(grants.map((grant) => [grant.id, grant])).values()]
    .filter(
      ({ id, offerId, reason }) =>
        offerId !== '' || (REFUSED_WISH.test(id) && reason !== 'refund_applied'),
    )
    .sort((a, b) => (a.id < b.id ? -1 : 1))
    .map(({ id, campaignId, clawedBackMinor, deductMinor = 0, award, deadlineMs, ...grant }) => ({
      grantId: id,
      offerId: grant.offerId,
      label: grant.label,
      state: grant.state,
      reason: grant.reason,
      amountMinor: grant.amountMinor,
      ...(clawedBackMinor > 0 && { clawedBackMinor }),
      ...(deductMinor > 0 && { deductMinor }),
      currency: parts.currencyOf(campaignId),
      award: GIVEN.has(grant.state) ? award : [],
      ...(deadlineMs > 0 && { deadline: new Date(deadlineMs).toISOString() }),
    }));
}
