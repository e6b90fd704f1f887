/**
 * The ledger of deliveries: what was promised to whom, what has become of it, and which were acknowledged.
 * It, and not the queue, says whether a delivery is sent: an acknowledged one never is again. Every change
 * stands in a stream too, until it is a row of the record.
 *
 * Memory: about 1 kB a delivery on its way, 100 B an acknowledged one, bounded by the campaigns' quotas and budgets.
 */

import type { Redis } from 'ioredis';
import { Script } from '../reward/script.ts';
import type { Delivery } from './delivery.ts';

const PLACE = new Script(new URL('lua/place-delivery-7.lua', import.meta.url));
const NOTE = new Script(new URL('lua/note-delivery-7.lua', import.meta.url));

/** `unrouted`: no endpoint is configured for it; `failed`: it needs a person. */
export type DeliveryState = 'waiting' | 'delivered' | 'failed' | 'unrouted';
export const OPEN_STATES = ['waiting', 'unrouted', 'failed'] as const;
export type OpenState = (typeof OPEN_STATES)[number];

/** A delivery and what has become of it. */
export interface DeliveryRecord extends Delivery {
  readonly state: DeliveryState;
  /** Tries that were made, whatever their end. */
  readonly attempts: number;
  /** When the tries began that `delivery.retry.forMs` counts; undefined before the first. */
  readonly triedSinceMs: number | undefined;
  /** What the other side answered last, or why it could not be asked; never a secret. */
  readonly answer: string;
  readonly placedAtMs: number;
  /** Begins with `occurredAtMs` and grows with every change of the record. */
  readonly updatedAtMs: number;
}

/** The record after a change: the newest row stands, so no two changes of a delivery have the same time. */
export function changedRecord(
  record: DeliveryRecord,
  change: Partial<DeliveryRecord>,
  nowMs: number,
): DeliveryRecord {
  return { ...record, ...change, updatedAtMs: Math.max(nowMs, record.updatedAtMs + 1) };
}

/** How it stands after `place`: `held` waits for its original. */
export type Standing = DeliveryState | 'held';

export interface OpenCount {
  readonly count: number;
  /** When the oldest was taken in; undefined when there is none. */
  readonly oldestMs: number | undefined;
}

export interface Change {
  /** Place in the stream. */
  readonly id: string;
  readonly record: DeliveryRecord;
}

/** Before the first change. */
export const CHANGES_START = '0-0';
const RECORDS_A_CALL = 500;

type Keys = Readonly<Record<'records' | 'delivered' | OpenState | 'held' | 'changes', string>>;

export class Deliveries {
  readonly #redis: Redis;
  readonly #keys: Keys;
  readonly #keyList: readonly string[];
  readonly #complete: string;

  /** @param redis a connection of kind `effects`. Every method throws what Redis says when it is away. */
  constructor(redis: Redis, prefix = '{sheepdog}:deliveries') {
    this.#redis = redis;
    const names = ['records', 'delivered', ...OPEN_STATES, 'held', 'changes'] as const;
    this.#complete = `${prefix}:complete`;
    this.#keyList = names.map((name) => `${prefix}:${name}`);
    this.#keys = Object.fromEntries(
      names.map((name, index) => [name, this.#keyList[index]!]),
    ) as Keys;
  }

  /** Takes new ones in and leaves known ones as they are. @returns how each stands now, in their order. */
  async place(records: readonly DeliveryRecord[]): Promise<Standing[]> {
    const standings: Standing[] = [];
    for (let from = 0; from < records.length; from += RECORDS_A_CALL) {
      const args = records
        .slice(from, from + RECORDS_A_CALL)
        .flatMap((each) => [
          each.id,
          each.state,
          each.originalId,
          String(each.placedAtMs),
          JSON.stringify(each),
        ]);
      standings.push(...((await PLACE.run(this.#redis, this.#keyList, args)) as Standing[]));
    }
    return standings;
  }

  /** Whether all that was ever taken in is here: not in a new Redis, nor in one that has lost it. */
  async isComplete(): Promise<boolean> {
    return (await this.#redis.exists(this.#complete)) === 1;
  }

  /** To be said once all that is on record was placed. */
  async markComplete(): Promise<void> {
    await this.#redis.set(this.#complete, '1');
  }

  /** A delivery that is still open; undefined once it was acknowledged. */
  async open(id: string): Promise<DeliveryRecord | undefined> {
    return (await this.#read([id]))[0];
  }

  /** @returns those that waited for it and may be sent now; undefined when it had been acknowledged before, and nothing changed. */
  async note(record: DeliveryRecord): Promise<DeliveryRecord[] | undefined> {
    const args = [record.id, record.state, JSON.stringify(record)];
    const released = (await NOTE.run(this.#redis, this.#keyList, args)) as string[] | null;
    return released === null ? undefined : await this.#read(released);
  }

  /** Open deliveries in a state, page by page, in no order; they may be changed while they are walked. */
  async *inState(state: OpenState): AsyncGenerator<DeliveryRecord[], void, undefined> {
    let cursor = '0';
    do {
      const [next, found] = await this.#redis.zscan(
        this.#keys[state],
        cursor,
        'COUNT',
        RECORDS_A_CALL,
      );
      cursor = next;
      // Ids and scores in turn.
      const records = await this.#read(found.filter((_, index) => index % 2 === 0));
      yield records.filter((record) => record.state === state);
    } while (cursor !== '0');
  }

  async count(state: OpenState): Promise<OpenCount> {
    const key = this.#keys[state];
    const [count, oldest] = await Promise.all([
      this.#redis.zcard(key),
      this.#redis.zrange(key, '0', '0', 'WITHSCORES'),
    ]);
    return { count, oldestMs: oldest[1] === undefined ? undefined : Number(oldest[1]) };
  }

  /** Changes after the given one (`CHANGES_START` for all), oldest first. */
  async changes(afterId: string, limit: number): Promise<Change[]> {
    const found = await this.#redis.xrange(this.#keys.changes, `(${afterId}`, '+', 'COUNT', limit);
    return found.map(([id, fields]) => ({ id, record: decode(fields[1]!) }));
  }

  /** Forgets changes up to and including one: only once they are durable elsewhere. */
  async trim(throughId: string): Promise<void> {
    const [ms, count] = throughId.split('-');
    await this.#redis.xtrim(this.#keys.changes, 'MINID', `${ms}-${Number(count) + 1}`);
  }

  async #read(ids: readonly string[]): Promise<DeliveryRecord[]> {
    if (ids.length === 0) return [];
    const texts = await this.#redis.hmget(this.#keys.records, ...ids);
    return texts.filter((text) => text !== null).map(decode);
  }
}

/** JSON leaves out what is undefined, and reading gives it back as undefined. */
function decode(text: string): DeliveryRecord {
  return JSON.parse(text) as DeliveryRecord;
}
