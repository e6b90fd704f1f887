/**
 * Rewards about which something came to be known after they were decided: what is to be taken back, given after
 * all, or was kept waiting. Every step is a row; what is open follows from the rows in their order.
 */

import type { Cause, CausedGrant } from '../decide/cause.ts';

export const PROPOSAL_KINDS = ['clawback', 'compensation', 'hold'] as const;
export type ProposalKind = (typeof PROPOSAL_KINDS)[number];
/**
 * `done` needed no person: a hold that goes on or was given up, or what the configuration takes back by itself.
 * `withdrawn` is as if it had never been proposed: the trial that did was taken back.
 */
export const PROPOSAL_STATES = ['open', 'approved', 'dismissed', 'done', 'withdrawn'] as const;
export type ProposalState = (typeof PROPOSAL_STATES)[number];

export interface RewardProposal {
  /** One a grant and kind: `claw_`, `comp_` or `hold_` and the grant's id. */
  readonly id: string;
  /** Of the step: the command that led to it. */
  readonly actionId: string;
  readonly kind: ProposalKind;
  readonly state: ProposalState;
  readonly grantId: string;
  readonly campaignId: string;
  readonly accountId: string;
  readonly customerId: string;
  readonly eventId: string;
  /** What has not gone back when it was proposed, or would be given; minor units. */
  readonly amountMinor: number;
  readonly causeKind: Cause['kind'];
  readonly causeId: string;
  readonly evidence: string;
  /** The judging on trial that gave the cause; left out: none. */
  readonly trial?: string;
  /** Whose step it is, and why. */
  readonly actor: string;
  readonly reason: string;
  readonly occurredAtMs: number;
}

const PREFIX: Readonly<Record<ProposalKind, string>> = {
  clawback: 'claw_',
  compensation: 'comp_',
  hold: 'hold_',
};
/** What undoes the other: a reward that was made good can be taken back, whatever was done before. */
const OPPOSITE: Readonly<Partial<Record<ProposalKind, ProposalKind>>> = {
  clawback: 'compensation',
  compensation: 'clawback',
};
/** Judged ones are remembered so that nothing is proposed twice; forgetting the oldest proposes it again at worst. */
const MAX_JUDGED = 1_000_000;

type Said = Pick<Cause, 'byPerson' | 'trial'>;

export function proposalIdOf(kind: ProposalKind, grantId: string): string {
  return `${PREFIX[kind]}${grantId}`;
}

/** What stands about a grant's reward, opened or done by a step of a cause. */
export function proposalOf(
  step: Pick<RewardProposal, 'actionId' | 'kind' | 'state' | 'actor' | 'reason' | 'occurredAtMs'>,
  { kind: causeKind, id: causeId, evidence, trial }: Cause,
  { standing: _, because: __, ...grant }: CausedGrant,
): RewardProposal {
  const id = proposalIdOf(step.kind, grant.grantId);
  return {
    id,
    ...step,
    ...grant,
    causeKind,
    causeId,
    evidence,
    ...(trial !== undefined && { trial }),
  };
}

export class RewardProposals {
  readonly #maxOpen: number;
  readonly #open = new Map<string, RewardProposal>();
  readonly #judged = new Map<string, Exclude<ProposalState, 'open' | 'withdrawn'>>();

  /** @param maxOpen proposals that may be open; more are refused, and found again by their next cause. */
  constructor(maxOpen: number) {
    this.#maxOpen = maxOpen;
  }

  get size(): number {
    return this.#open.size;
  }

  get isFull(): boolean {
    return this.#open.size >= this.#maxOpen;
  }

  /** An open one. */
  get(id: string): RewardProposal | undefined {
    return this.#open.get(id);
  }

  /** Undefined: nothing was ever proposed under this id. */
  stateOf(id: string): ProposalState | undefined {
    return this.#open.has(id) ? 'open' : this.#judged.get(id);
  }

  /**
   * Whether a cause says something new of a reward: a dismissal, and what was done with a hold, stand until a
   * person says otherwise; what a trial proposed stands by itself once something else speaks for it.
   */
  isNews(kind: ProposalKind, grantId: string, { byPerson, trial }: Said): boolean {
    const id = proposalIdOf(kind, grantId);
    const state = this.stateOf(id);
    if (state === undefined) return true;
    if (trial === undefined && this.#open.get(id)?.trial !== undefined) return true;
    return byPerson && (state === 'dismissed' || kind === 'hold');
  }

  /** What a judging proposed on trial and nobody has judged. */
  ofTrial(judging: string): readonly RewardProposal[] {
    return [...this.#open.values()].filter(({ trial }) => trial === judging);
  }

  /** The open ones, oldest first. */
  all(): IterableIterator<RewardProposal> {
    return this.#open.values();
  }

  /** Takes a step in: new ones, and after a restart those of history in their order. */
  apply(proposal: RewardProposal): void {
    const { id, state, kind, grantId } = proposal;
    if (state === 'open') {
      this.#judged.delete(id);
      this.#open.set(id, proposal);
      return;
    }
    this.#open.delete(id);
    if (state === 'withdrawn') return;
    this.#judged.set(id, state);
    const opposite = OPPOSITE[kind];
    if (state !== 'dismissed' && opposite !== undefined) {
      this.#judged.delete(proposalIdOf(opposite, grantId));
    }
    if (this.#judged.size <= MAX_JUDGED) return;
    const oldest = this.#judged.keys().next();
    if (oldest.done !== true) this.#judged.delete(oldest.value);
  }
}
