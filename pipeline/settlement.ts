/**
 * What follows a decision, in the order of decisions: rewards are reserved, actions queued, refused records
 * sent to the dead-letter topic, and only then is the batch sealed as durable history. While the ledger or
 * the queue is away, batches wait here in order, up to a bound; deciding goes on until it is reached.
 */

import type { Clock } from './clock.ts';
import type { AccountAction } from './decide/account-action.ts';
import type { Cause } from './decide/cause.ts';
import { messageOf } from './failure.ts';
import type { DeadLetter } from './outcome.ts';
import type { Grant } from './reward/grant.ts';
import type { LedgerOp } from './reward/ledger-op.ts';
import type { Logger, Metrics } from './telemetry.ts';

/** One batch's consequences. */
export interface Consequences {
  readonly ops: readonly LedgerOp[];
  readonly actions: readonly AccountAction[];
  readonly letters: readonly DeadLetter[];
  /** What makes earlier rewards doubtful; left out: nothing. */
  readonly causes?: readonly Cause[];
  /** Called when all of it has taken effect, with the grants touched, one list an op. */
  readonly settled: (grants: readonly (readonly Grant[])[]) => void;
}

export interface SettlementParts {
  /** Applies the operations in order, all idempotent; rejects when the ledger cannot be reached. */
  readonly reward: (ops: readonly LedgerOp[]) => Promise<readonly (readonly Grant[])[]>;
  readonly act: (actions: readonly AccountAction[]) => Promise<void>;
  /** Queues what is to be looked at again; repeating it changes nothing. */
  readonly rescore: (causes: readonly Cause[]) => Promise<void>;
  /** Sends refused records on to the dead-letter topic, where there is one. */
  readonly refuse: (letters: readonly DeadLetter[]) => Promise<void>;
  /** Whether an error passes by itself: anything else is a defect and ends the process. */
  readonly isTransient: (error: unknown) => boolean;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
  /** Consequences that may wait before the sources are held. */
  readonly maxWaiting: number;
  /** Told once of what ended the settlement: a defect, not an absence. */
  readonly fail: (error: unknown) => void;
}

interface Waiter {
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

const LEDGER = 'the reward ledger';
const FIRST_RETRY_MS = 50;
const LAST_RETRY_MS = 5000;
/** Operations of one round trip; several batches share it under load. */
const OPS_A_ROUND = 2000;

export class Settlement {
  readonly #parts: SettlementParts;
  readonly #waiting: Consequences[] = [];
  #waitingOps = 0;
  #running: Promise<void> | undefined;
  #roomWaiters: Waiter[] = [];
  readonly #stopping = new AbortController();
  #ended: { readonly error: unknown } | undefined;
  /** Why nothing moves, while a part is away. */
  obstacle: string | undefined;

  constructor(parts: SettlementParts) {
    this.#parts = parts;
  }

  /** Rewards, actions and dead letters that have not taken effect, a batch without any counted as one. */
  get waiting(): number {
    return this.#waitingOps;
  }

  /** Queues a batch's consequences. Never blocks: the caller awaits `room` before the next batch. */
  add(consequences: Consequences): void {
    this.#waiting.push(consequences);
    this.#waitingOps += weightOf(consequences);
    this.#parts.metrics.rewardsWaiting.set(this.#waitingOps);
    if (this.#ended !== undefined) return;
    this.#running ??= this.#run();
  }

  /** Resolves while there is room for more; rejects with what ended the settlement. */
  async room(): Promise<void> {
    if (this.#ended !== undefined) throw this.#ended.error;
    if (this.#waitingOps < this.#parts.maxWaiting) return;
    await new Promise<void>((resolve, reject) => {
      this.#roomWaiters.push({ resolve, reject });
    });
  }

  /** Resolves when nothing waits, or when `stop` was called while a part is away. */
  async idle(): Promise<void> {
    await this.#running;
  }

  /** Gives up waiting for a part that is away: what waits is not sealed and comes again after a restart. */
  stop(): void {
    this.#stopping.abort();
  }

  async #run(): Promise<void> {
    try {
      while (this.#waiting.length > 0) {
        const round = this.#nextRound();
        const settled = await this.#settle(round);
        if (!settled) return;
        this.#waiting.splice(0, round.length);
        for (const consequences of round) this.#waitingOps -= weightOf(consequences);
        this.#parts.metrics.rewardsWaiting.set(this.#waitingOps);
        if (this.#waitingOps < this.#parts.maxWaiting) this.#release();
      }
    } catch (error) {
      this.#end(error);
    } finally {
      // In the same breath as the last look: what is added from here on begins a run of its own.
      this.#running = undefined;
    }
  }

  #nextRound(): readonly Consequences[] {
    let ops = 0;
    let count = 0;
    for (const consequences of this.#waiting) {
      ops += consequences.ops.length;
      if (count > 0 && ops > OPS_A_ROUND) break;
      count++;
    }
    return this.#waiting.slice(0, count);
  }

  /** @returns false when stopped before it took effect. */
  async #settle(round: readonly Consequences[]): Promise<boolean> {
    const ops = round.flatMap((each) => each.ops);
    const actions = round.flatMap((each) => each.actions);
    const letters = round.flatMap((each) => each.letters);
    const causes = round.flatMap((each) => each.causes ?? []);
    let grants: readonly (readonly Grant[])[] = [];
    const done =
      (ops.length === 0 ||
        (await this.#retry(LEDGER, async () => {
          grants = await this.#parts.reward(ops);
        }))) &&
      (actions.length === 0 ||
        (await this.#retry('the job queue', () => this.#parts.act(actions)))) &&
      (causes.length === 0 ||
        (await this.#retry('the job queue', () => this.#parts.rescore(causes)))) &&
      (letters.length === 0 ||
        (await this.#retry('the dead-letter topic', () => this.#parts.refuse(letters))));
    if (!done) return false;
    let from = 0;
    for (const each of round) {
      each.settled(grants.slice(from, from + each.ops.length));
      from += each.ops.length;
    }
    return true;
  }

  async #retry(what: string, attempt: () => Promise<void>): Promise<boolean> {
    const { clock, log, metrics, isTransient } = this.#parts;
    for (let waitMs = FIRST_RETRY_MS; ; waitMs = Math.min(LAST_RETRY_MS, waitMs * 2)) {
      try {
        await attempt();
        if (this.obstacle !== undefined) log.info({ part: what }, `${what} is back`);
        this.obstacle = undefined;
        if (what === LEDGER) metrics.ledgerUp.set(1);
        return true;
      } catch (error) {
        if (!isTransient(error)) throw error;
        if (this.obstacle === undefined) {
          log.warn({ part: what, error: messageOf(error) }, `${what} is away: effects wait`);
        }
        this.obstacle = `${what} is away: ${messageOf(error)}`;
        if (what === LEDGER) metrics.ledgerUp.set(0);
        if (this.#stopping.signal.aborted) return false;
        await clock.sleep(waitMs, this.#stopping.signal);
      }
    }
  }

  #release(): void {
    const waiters = this.#roomWaiters;
    this.#roomWaiters = [];
    for (const waiter of waiters) waiter.resolve();
  }

  #end(error: unknown): void {
    this.#ended = { error };
    const waiters = this.#roomWaiters;
    this.#roomWaiters = [];
    for (const waiter of waiters) waiter.reject(error);
    this.#parts.fail(error);
  }
}

/** A batch without operations still takes a place. */
function weightOf(consequences: Consequences): number {
  return 1 + consequences.ops.length + consequences.actions.length + consequences.letters.length;
}
