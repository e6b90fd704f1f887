/** The pipeline's outcomes as the HTTP side answers them: rewards when they are known in time, stored answers for repeats. */

import type { Clock } from './clock.ts';
import { decisionIdOf } from './decide/decision.ts';
import type { Decide } from './http/intake.ts';
import type { EventOutcome, RewardAnswer } from './http/outcome.ts';
import type { RecordOutcome } from './outcome.ts';
import type { Pipeline } from './pipeline.ts';
import type { History } from './record/history.ts';
import type { EarnedGrant } from './rewards-of.ts';

export interface AnswerParts {
  readonly pipeline: Pipeline;
  readonly history: Pick<History, 'storedDecision'>;
  /** The rewards that an event has earned so far; undefined while the ledger cannot tell. */
  readonly grantsOf: (eventId: string) => Promise<readonly EarnedGrant[] | undefined>;
  readonly currencyOf: (campaignId: string) => string;
  /** An answer does not wait longer than this for the ledger. */
  readonly rewardTimeoutMs: number;
  readonly clock: Clock;
}

/** A repeat may wait for the record's next flush: whoever asks again missed the first answer and wants it whole. */
const STORED_WITHIN_MS = 2000;

/** Decides a batch that came by HTTP, one answer a record. */
export function answersFrom(parts: AnswerParts): Decide {
  return async (batch) => {
    const outcomes = await parts.pipeline.decide(batch);
    return outcomes.map((outcome) => answer(parts, outcome));
  };
}

function answer(parts: AnswerParts, outcome: RecordOutcome): EventOutcome | Promise<EventOutcome> {
  switch (outcome.kind) {
    case 'refused':
      return { kind: 'refused', ...outcome.failure };
    case 'conflict': {
      const { eventId } = outcome;
      return { kind: 'conflict', eventId, decisionId: decisionIdOf(eventId) };
    }
    case 'repeated':
      return stored(parts, outcome);
    case 'decided':
      return decided(parts, outcome);
  }
}

function decided(
  parts: AnswerParts,
  outcome: Extract<RecordOutcome, { kind: 'decided' }>,
): EventOutcome | Promise<EventOutcome> {
  const { eventId, decision, grants } = outcome;
  const base = {
    kind: 'decided',
    eventId,
    decisionId: decisionIdOf(eventId),
    verdict: decision.verdict,
    late: decision.late,
  } as const;
  if (!(grants instanceof Promise)) return { ...base, rewards: rewardsOf(parts, grants) };
  return inTime(parts, grants, parts.rewardTimeoutMs).then((rewards) => ({ ...base, rewards }));
}

async function stored(
  parts: AnswerParts,
  { eventId, settled }: Extract<RecordOutcome, { kind: 'repeated' }>,
): Promise<EventOutcome> {
  const known = await parts.history.storedDecision(eventId);
  if (known === undefined) {
    return { kind: 'unavailable', message: 'the first answer is not recorded yet: ask again' };
  }
  const { verdict, late } = known.decision;
  const grants = settled.then(() => parts.grantsOf(eventId));
  const rewards = await inTime(parts, grants, STORED_WITHIN_MS);
  return {
    kind: 'repeated',
    eventId,
    decisionId: decisionIdOf(eventId),
    verdict,
    late,
    rewards,
  };
}

async function inTime(
  parts: AnswerParts,
  grants: Promise<readonly EarnedGrant[] | undefined>,
  withinMs: number,
): Promise<readonly RewardAnswer[] | 'pending'> {
  const known = new AbortController();
  const timeout = parts.clock.sleep(withinMs, known.signal).then(() => 'pending' as const);
  const rewards = grants.then((found) =>
    found === undefined ? 'pending' : rewardsOf(parts, found),
  );
  try {
    return await Promise.race([rewards, timeout]);
  } finally {
    known.abort();
  }
}

function rewardsOf(parts: AnswerParts, grants: readonly EarnedGrant[]): readonly RewardAnswer[] {
  return grants.map(({ campaignId, offerId, state, amountMinor }) => ({
    offerId,
    state,
    amountMinor,
    currency: parts.currencyOf(campaignId),
  }));
}
