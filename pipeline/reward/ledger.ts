/**
 * The reward ledger: Redis is the sequencer, one Lua script the only writer (lua/apply-12.lua).
 *
 * Every operation takes all of its legs or none, and its answer (a rejection too) is kept under its
 * business id, so that any prefix of operations may be applied again and gets the same answers. One word
 * changes an answer: a payment that came again and is blocked now gives back what it had got.
 *
 * Memory: about 0.9 kB a grant that moved legs (record, indexes, counters), kept for the campaign's life and bounded by its
 * quotas and budget; about 0.4 kB an answer that moved none, of which two generations of `generationSize`
 * are kept. An answer older than those is still in the journal; the pipeline recognises repeats by event id.
 */

import type { Redis } from 'ioredis';
import { Failure } from '../failure.ts';
import type { Grant } from './grant.ts';
import { decodeEntry, type JournalEntry } from './journal.ts';
import type { LedgerOp } from './ledger-op.ts';
import {
  decodeAnswers,
  encodeRequest,
  type LedgerAnswer,
  type LedgerRequest,
} from './ledger-request.ts';
import { decodeGrant, decodeVoucher } from './record.ts';
import { isUnavailable, LedgerUnavailable } from './redis.ts';
import { Script } from './script.ts';
import type { Voucher } from './voucher.ts';

const APPLY = new Script(new URL('lua/apply-12.lua', import.meta.url));
const TRIM = new Script(new URL('lua/trim-2.lua', import.meta.url));

/** One call holds the server for about 2 ms, and the client's cost for a call is spread over it. */
const OPS_A_CALL = 128;

export interface LedgerOptions {
  /** Names this ledger's keys; the braces keep them on one server of a Redis cluster. */
  readonly prefix?: string;
  readonly generationSize?: number;
}

/** What stands on an account now. */
export interface Balance {
  readonly account: string;
  readonly posted: number;
  readonly pending: number;
}

/** The names of everything the ledger keeps, in the order of the script's keys. */
export interface LedgerKeys {
  readonly balances: string;
  readonly grants: string;
  readonly refused: string;
  readonly refusedBefore: string;
  readonly payments: string;
  readonly refunds: string;
  readonly parked: string;
  readonly parkedBefore: string;
  readonly due: string;
  readonly journal: string;
  readonly state: string;
  readonly vouchers: string;
}

export class Ledger {
  readonly redis: Redis;
  readonly keys: LedgerKeys;
  readonly generationSize: number;
  readonly #keyList: readonly string[];
  readonly #size: string;
  readonly #addedKey: string;
  /** The newest sequence seen: a ledger that stands before it has lost entries and decides nothing more. */
  #seen = 0;

  /** @param redis a connection that fails fast (`RedisServer.connect('effects')`). */
  constructor(redis: Redis, options: LedgerOptions = {}) {
    this.redis = redis;
    this.generationSize = options.generationSize ?? 500_000;
    const prefix = options.prefix ?? '{sheepdog}:ledger';
    this.keys = ledgerKeys(prefix);
    this.#addedKey = `${prefix}:added`;
    this.#keyList = Object.values(this.keys);
    this.#size = String(this.generationSize);
  }

  /**
   * Applies operations in their order, exactly once each by their ids.
   * @returns for each operation the grants it touched, as they stand after it.
   * @throws LedgerUnavailable when Redis cannot be reached or refuses for now. Whole groups of operations
   *   may then have been applied and no operation half: apply the same list again.
   * @throws Failure when Redis has lost entries that this ledger has seen: nothing was granted on what is left.
   */
  async apply(ops: readonly LedgerOp[]): Promise<Grant[][]> {
    const results: Grant[][] = [];
    let request = encodeRequest(ops.slice(0, OPS_A_CALL));
    let answered: (() => Grant[][]) | undefined;
    for (let from = 0; from < ops.length; from += OPS_A_CALL) {
      const sent = request;
      const call = this.#call(() => this.#send(sent, 'apply'));
      // While the server works, the last answer is read and the next request written; it is sent only
      // when this one has succeeded, so that no operation overtakes one that failed.
      call.catch(() => undefined);
      if (answered !== undefined) results.push(...answered());
      const next = from + OPS_A_CALL;
      if (next < ops.length) request = encodeRequest(ops.slice(next, next + OPS_A_CALL));
      const answers = await call;
      answered = () => decodeAnswers(sent, answers);
    }
    if (answered !== undefined) results.push(...answered());
    return results;
  }

  /**
   * What `apply` would answer now; nothing is written.
   * @throws as `apply`.
   */
  async quote(ops: readonly LedgerOp[]): Promise<Grant[][]> {
    const request = encodeRequest(ops);
    return decodeAnswers(request, await this.#call(() => this.#send(request, 'quote')));
  }

  async #send(request: LedgerRequest, mode: 'apply' | 'quote'): Promise<LedgerAnswer[]> {
    const answers: LedgerAnswer[] = [];
    for (let { text, records } = request; ;) {
      const args = [text, this.#size, String(this.#seen), mode, ...records];
      const [sequence, found] = (await APPLY.run(this.redis, this.#keyList, args)) as [
        number,
        LedgerAnswer[],
      ];
      this.#seen = Math.max(this.#seen, sequence);
      answers.push(...found);
      if (answers.length === request.ops.length) return answers;
      // So much became due that it filled the call: the rest is sent again, and goes on from there.
      ({ text, records } = encodeRequest(request.ops.slice(answers.length)));
    }
  }

  /**
   * Journal entries with a sequence above the given one, oldest first.
   * @throws Failure when Redis has lost entries.
   */
  async drain(afterSequence: number, limit = 1000): Promise<JournalEntry[]> {
    const seen = this.#seen;
    const [sequence, entries] = await this.#call(async () => {
      const answers = await this.redis
        .multi()
        .hget(this.keys.state, 'sequence')
        .xrange(this.keys.journal, `${afterSequence + 1}-0`, '+', 'COUNT', limit)
        .exec();
      for (const [error] of answers ?? []) if (error !== null) throw error;
      return (answers ?? []).map(([, answer]) => answer) as [string | null, [string, string[]][]];
    });
    this.#see(sequence, seen);
    return entries.map(([id, fields]) => decodeEntry(id, fields));
  }

  /**
   * Forgets journal entries up to and including a sequence: only once they are durable elsewhere.
   * @throws Failure when Redis has lost entries; then none was forgotten.
   */
  async trim(throughSequence: number): Promise<void> {
    const { journal, state } = this.keys;
    const args = [String(this.#seen), String(throughSequence)];
    await this.#call(() => TRIM.run(this.redis, [journal, state], args));
  }

  /**
   * The sequence of the newest entry, 0 for an empty ledger.
   * @throws Failure when it is below one that was seen before.
   */
  async sequence(): Promise<number> {
    const seen = this.#seen;
    return this.#see(await this.#call(() => this.redis.hget(this.keys.state, 'sequence')), seen);
  }

  /** Journal entries that wait to be drained. */
  async waiting(): Promise<number> {
    return this.#call(() => this.redis.xlen(this.keys.journal));
  }

  /** What stands on the given accounts; an account that was never moved stands at 0. */
  async balances(accounts: readonly string[]): Promise<Balance[]> {
    if (accounts.length === 0) return [];
    const found = await this.#call(() => this.redis.hmget(this.keys.balances, ...accounts));
    return accounts.map((account, index) => balanceOf(account, found[index] ?? '0 0'));
  }

  /**
   * Leaves word of what was added to limits while campaigns run, for who reads balances beside the worker: it is
   * no part of the ledger's state, which knows no limits.
   */
  async noteAdded(added: ReadonlyMap<string, number>): Promise<void> {
    const key = this.#addedKey;
    await this.#call(async () => {
      const batch = this.redis.multi().del(key);
      for (const [account, by] of added) batch.hset(key, account, by);
      for (const [error] of (await batch.exec()) ?? []) if (error !== null) throw error;
    });
  }

  /** What the worker that ran last left word of. */
  async added(): Promise<ReadonlyMap<string, number>> {
    const found = await this.#call(() => this.redis.hgetall(this.#addedKey));
    return new Map(Object.entries(found).map(([account, by]) => [account, Number(by)]));
  }

  /** A grant by its id, whichever way the answer went. */
  async grant(id: string): Promise<Grant | undefined> {
    const { grants, refused, refusedBefore } = this.keys;
    for (const key of [grants, refused, refusedBefore]) {
      const text = await this.#call(() => this.redis.hget(key, id));
      if (text !== null) return decodeGrant(id, text);
    }
    return undefined;
  }

  /** A voucher by its id, `<grant>.<n>`. */
  async voucher(id: string): Promise<Voucher | undefined> {
    const text = await this.#call(() => this.redis.hget(this.keys.vouchers, id));
    const grant = text === null ? undefined : await this.grant(id.slice(0, id.lastIndexOf('.')));
    return text === null || grant === undefined ? undefined : decodeVoucher(id, text, grant);
  }

  /** @param seen what had been seen when the question was sent. */
  #see(text: string | null, seen: number): number {
    const sequence = Number(text ?? 0);
    if (sequence < seen) throw lost(seen, sequence);
    this.#seen = Math.max(this.#seen, sequence);
    return sequence;
  }

  async #call<T>(run: () => Promise<T>): Promise<T> {
    try {
      return await run();
    } catch (error) {
      const found = error instanceof Error && /^LEDGERLOST (\d+)/.exec(error.message);
      if (found) throw lost(this.#seen, Number(found[1]));
      throw isUnavailable(error) ? new LedgerUnavailable(error) : error;
    }
  }
}

function lost(seen: number, found: number): Failure {
  return new Failure(
    `the ledger in Redis went back from entry ${seen} to ${found} (flushed, restored, or failed over?): nothing was granted on what is left; start the worker again, it restores the ledger from the record`,
  );
}

function ledgerKeys(prefix: string): LedgerKeys {
  return {
    balances: `${prefix}:balances`,
    grants: `${prefix}:grants`,
    refused: `${prefix}:refused`,
    refusedBefore: `${prefix}:refused:before`,
    payments: `${prefix}:payments`,
    refunds: `${prefix}:refunds`,
    parked: `${prefix}:parked`,
    parkedBefore: `${prefix}:parked:before`,
    due: `${prefix}:due`,
    journal: `${prefix}:journal`,
    state: `${prefix}:state`,
    vouchers: `${prefix}:vouchers`,
  };
}

/** @param text a balance as the script keeps it: `posted pending`. */
export function balanceOf(account: string, text: string): Balance {
  const [posted, pending] = text.split(' ');
  return { account, posted: Number(posted), pending: Number(pending) };
}
