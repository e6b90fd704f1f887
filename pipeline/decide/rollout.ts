/**
 * A changed configuration on trial: a stable share of the accounts is judged by it, and how often it blocks and
 * reviews is held against the others. Event time only, event by event, so that a replay ends a trial at the
 * same event.
 */

import type { Decision, Verdict } from './decision.ts';

/**
 * The trial's share may block (review) at most `times` as often as the others, or `points` more often; and when
 * its time is over, at least a `times`-th as often.
 */
export interface RateBound {
  readonly times: number;
  /** A difference of rates: 0.001 is a tenth of a percentage point. */
  readonly points: number;
  /** Fewer blocks (reviews) than this in the trial's share say nothing, nor does a lower bound below it. */
  readonly atLeast: number;
}

export interface RolloutSettings {
  /** Of the accounts, in (0, 1); 1: a change applies to all at once. */
  readonly share: number;
  /** Events that the trial's share must have had before it is judged, or passes. */
  readonly minimumEvents: number;
  /** In event time. */
  readonly durationMs: number;
  readonly block: RateBound;
  readonly review: RateBound;
}

/**
 * What one side of a trial decided; reviews and blocks are those that findings made, of an account up to its
 * first block: a freeze ends them beside the trial, which freezes nobody.
 */
export interface RolloutCounts {
  events: number;
  reviews: number;
  blocks: number;
}

/** What history says of a trial that a restart interrupted. */
export interface TrialSoFar {
  readonly canary: RolloutCounts;
  readonly stable: RolloutCounts;
  /** Largest event time of the trial; −Infinity: none. */
  readonly latestMs: number;
  /** Accounts whose block was counted. */
  readonly blocked: readonly string[];
}

export type RolloutOutcome = 'promoted' | 'rolled_back';

export interface RolloutEnd {
  readonly outcome: RolloutOutcome;
  /** In words, with the figures. */
  readonly reason: string;
}

const UINT32 = 2 ** 32;
/** Accounts whose first block is remembered; beyond them every block counts. */
const MAX_BLOCKED = 100_000;

export class Rollout {
  readonly settings: RolloutSettings;
  /** Event time; −Infinity until the first event, where nothing had been seen before. */
  startedMs: number;
  readonly canary: RolloutCounts = { events: 0, reviews: 0, blocks: 0 };
  readonly stable: RolloutCounts = { events: 0, reviews: 0, blocks: 0 };
  readonly #below: number;
  readonly #blocked = new Set<string>();
  #latestMs: number;

  constructor(settings: RolloutSettings, startedMs: number) {
    this.settings = settings;
    this.startedMs = startedMs;
    this.#latestMs = startedMs;
    this.#below = settings.share * UINT32;
  }

  /** Largest event time of the trial. */
  get latestMs(): number {
    return this.#latestMs;
  }

  /** Goes on with what history says was decided since the start. */
  resume({ canary, stable, latestMs, blocked }: TrialSoFar): void {
    Object.assign(this.canary, canary);
    Object.assign(this.stable, stable);
    for (const account of blocked) this.#blocked.add(account);
    this.#latestMs = Math.max(this.#latestMs, latestMs);
  }

  /**
   * Whether the account of this hash takes part. The hash's seed is the deployment's own and outlives every
   * restart, so the share is always of the same accounts, and a larger one holds a smaller one. A missing or
   * placeholder account (0, 0) is many people: it takes no part.
   */
  takesPart(lo: number, hi: number): boolean {
    if (lo === 0 && hi === 0) return false;
    return mix(lo ^ Math.imul(hi, 0x9e3779b1)) >>> 0 < this.#below;
  }

  /** Counts a decision. @returns how the trial ends with it, if it does. */
  observe(
    isCanary: boolean,
    decision: Decision,
    atMs: number,
    accountId: string,
  ): RolloutEnd | undefined {
    if (this.startedMs === -Infinity) this.startedMs = atMs;
    if (atMs > this.#latestMs) this.#latestMs = atMs;
    // A freeze that follows from a block is no second block, yet its events tell how many people it met.
    const isCounted = byFindings(decision) && !this.#blocked.has(accountId);
    const verdict = isCounted ? decision.verdict : 'allow';
    if (verdict === 'block' && this.#blocked.size < MAX_BLOCKED) this.#blocked.add(accountId);
    count(isCanary ? this.canary : this.stable, verdict);
    const { minimumEvents, durationMs, block, review } = this.settings;
    if (this.canary.events < minimumEvents) return undefined;
    // Others' events only move the bound a little: it is looked at where the trial's own come.
    if (isCanary) {
      const reason = this.#beyond('blocks', block) ?? this.#beyond('reviews', review);
      if (reason !== undefined) return { outcome: 'rolled_back', reason };
    }
    if (this.#latestMs < this.startedMs + durationMs) return undefined;
    const short = this.#shortOf('blocks', block) ?? this.#shortOf('reviews', review);
    if (short !== undefined) return { outcome: 'rolled_back', reason: short };
    return { outcome: 'promoted', reason: `in bounds for its time: ${this.figures()}` };
  }

  /** The figures of both sides, for people. */
  figures(): string {
    const side = ({ events, reviews, blocks }: RolloutCounts): string =>
      `${blocks} blocks and ${reviews} reviews in ${events} events`;
    return `${side(this.canary)} on trial, ${side(this.stable)} beside it`;
  }

  /** A change that stops the blocks harms nobody at once: it is looked at when the trial's time is over. */
  #shortOf(what: 'blocks' | 'reviews', bound: RateBound): string | undefined {
    const { canary, stable } = this;
    const limit = stable.events === 0 ? 0 : stable[what] / stable.events / bound.times;
    const rate = canary[what] / canary.events;
    if (limit * canary.events < bound.atLeast || rate >= limit) return undefined;
    return `${percent(rate)} ${what}, at least ${percent(limit)} are in bounds: ${this.figures()}`;
  }

  #beyond(what: 'blocks' | 'reviews', bound: RateBound): string | undefined {
    const { canary, stable } = this;
    if (canary[what] < bound.atLeast) return undefined;
    const rate = canary[what] / canary.events;
    const usual = stable.events === 0 ? 0 : stable[what] / stable.events;
    const limit = Math.max(usual * bound.times, usual + bound.points);
    if (rate <= limit) return undefined;
    return `${percent(rate)} ${what}, at most ${percent(limit)} are in bounds: ${this.figures()}`;
  }
}

/** A listed or frozen account says nothing of the configuration that met it. */
function byFindings({ reasons }: Decision): boolean {
  return reasons.length === 0 || !UNJUDGED.has(reasons[0]!);
}

/** Reasons of decisions that no finding made. */
export const UNJUDGED: ReadonlySet<string> = new Set([
  'block_list',
  'allow_list',
  'account_frozen',
]);

function count(counts: RolloutCounts, verdict: Verdict): void {
  counts.events++;
  if (verdict === 'block') counts.blocks++;
  else if (verdict === 'review') counts.reviews++;
}

function percent(rate: number): string {
  return `${(rate * 100).toFixed(2)} %`;
}

/** The finishing mix of murmur3, so that every bit of the hash moves the share. */
function mix(value: number): number {
  let h = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}
