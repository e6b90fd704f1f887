/**
 * What was fetched and not yet delivered: one lane a partition, merged by event time, bounded. A full lane
 * holds the fetch, with heartbeats, or is paused when another lane must be fetched before it can drain.
 */

import type { EachBatchPayload } from 'kafkajs';
import type { Clock } from '../clock.ts';
import { EventTimePeek } from './kafka-event-time.ts';
import { KafkaLane, KafkaRecord } from './kafka-lane.ts';
import { EventTimeMerge } from './merge.ts';

export interface IntakeOptions {
  readonly clock: Clock;
  readonly heartbeatMs: number;
  readonly maxBytesPerPartition: number;
  /** Takes a lane out of the fetches, and back in. */
  readonly pause: (lane: KafkaLane) => void;
  readonly resume: (lane: KafkaLane) => void;
  /** Told when a full lane holds the fetches, and when it no longer does. */
  readonly onHold: (holding: boolean) => void;
}

/** What may be at hand over all partitions, beside one fetch. */
const MAX_HELD_BYTES = 64 * 1024 * 1024;
/** What an object around a record's bytes takes, roughly. */
const RECORD_OVERHEAD_BYTES = 120;
/** How long a partition whose records do not come may hold the others back. */
const STALL_MS = 250;
const NO_BYTES = Buffer.alloc(0);

export class KafkaIntake {
  readonly #options: IntakeOptions;
  readonly #lanes = new Map<string, KafkaLane>();
  readonly #merge: EventTimeMerge<KafkaRecord>;
  readonly #arrival = new Bell();
  readonly #room = new Bell();
  #stopped = false;

  constructor(options: IntakeOptions) {
    this.#options = options;
    const peek = new EventTimePeek();
    this.#merge = new EventTimeMerge({
      timeOf: (record) => peek.of(record.bytes),
      bytesOf: (record) => record.bytes.length + RECORD_OVERHEAD_BYTES,
    });
  }

  /** Every partition this process has owned. */
  get lanes(): Iterable<KafkaLane> {
    return this.#lanes.values();
  }

  lane(name: string): KafkaLane | undefined {
    return this.#lanes.get(name);
  }

  /** Takes over an assignment: what is at hand of a partition that was revoked is forgotten. */
  assign(partitions: readonly (readonly [topic: string, partition: number])[]): void {
    const names = new Set(partitions.map(([topic, partition]) => `${topic}/${partition}`));
    for (const lane of this.#lanes.values()) {
      if (names.has(lane.name)) continue;
      this.#merge.close(lane);
      lane.rewind();
      lane.owned = false;
    }
    for (const [topic, partition] of partitions) {
      const name = `${topic}/${partition}`;
      const lane = this.#lanes.get(name) ?? new KafkaLane(topic, partition);
      this.#lanes.set(name, lane);
      lane.owned = true;
      lane.paused = false;
      this.#merge.open(lane);
    }
    this.#room.ring();
  }

  /**
   * Takes a fetched batch in and resolves when there is room for another. Everything that moves a position
   * happens before the first await, so that no rebalance can come between.
   * @throws what a heartbeat threw while the batch was held: kafkajs then rejoins.
   */
  async accept(payload: EachBatchPayload): Promise<void> {
    const { batch } = payload;
    const lane = this.#lanes.get(`${batch.topic}/${batch.partition}`);
    // Unresolved, the batch is fetched again by whoever owns the partition then.
    if (lane?.owned !== true || this.#stopped) return;
    const now = this.#options.clock.now();
    const records = batch.messages.map(({ offset, value, timestamp }) => {
      const stamp = Number(timestamp);
      // The stamp is the producer's word, and how far an event may lie ahead is counted from it: from a clock
      // that shows 2099, an event of 2099 would pass and make all others late for ever. So nothing was
      // received after now. A stamp that does not lie ahead stays as it is: a replay reads it again and gives
      // the same answers. A log in the format of before 2016 has no timestamps.
      const receivedAtMs = stamp >= 0 ? Math.min(stamp, now) : now;
      return new KafkaRecord(lane, Number(offset), value ?? NO_BYTES, receivedAtMs);
    });
    const last = batch.lastOffset();
    payload.resolveOffset(last);
    lane.taken ??= records[0]?.offset;
    lane.next = Number(last) + 1;
    lane.high = Number(batch.highWatermark);
    this.#merge.add(lane, records);
    lane.awaiting = lane.next < lane.high;
    this.#arrival.ring();
    if (this.#isFull(lane)) await this.#hold(lane, () => payload.heartbeat());
  }

  /** The next records by event time; none when a lane must be waited for. */
  take(max: number): readonly KafkaRecord[] {
    const records = this.#merge.take(max);
    if (records.length === 0) return records;
    for (const record of records) record.lane.taken = record.offset + 1;
    for (const lane of this.#lanes.values()) {
      if (lane.paused && lane.owned && lane.bytes * 2 < this.#limit()) {
        lane.paused = false;
        this.#options.resume(lane);
      }
    }
    this.#room.ring();
    return records;
  }

  /** Resolves when `take` may have something: after an arrival or a `wake`, or when a stalled lane is given up. */
  async wait(): Promise<void> {
    const arrival = this.#arrival.wait();
    if (!this.#merge.starving) return arrival;
    // A held lane would wait for room while the lane that could make it waits for the fetch.
    this.#room.ring();
    const timer = new AbortController();
    const stall = this.#options.clock.sleep(STALL_MS, timer.signal).then(() => 'stalled' as const);
    const first = await Promise.race([arrival, stall]);
    timer.abort();
    if (first === 'stalled') this.#merge.stopAwaiting();
  }

  wake(): void {
    this.#arrival.ring();
  }

  /** Takes no more and releases who waits for room. */
  stop(): void {
    this.#stopped = true;
    this.#arrival.ring();
    this.#room.ring();
  }

  async #hold(lane: KafkaLane, heartbeat: () => Promise<void>): Promise<void> {
    const { clock, heartbeatMs, onHold, pause } = this.#options;
    let broken: { readonly error: unknown } | undefined;
    const stopBeating = clock.every(Math.max(1, heartbeatMs / 2), () => {
      heartbeat().catch((error: unknown) => {
        broken ??= { error };
        this.#room.ring();
      });
    });
    onHold(true);
    try {
      while (this.#isFull(lane) && lane.owned && !this.#stopped) {
        if (broken !== undefined) throw broken.error;
        if (this.#merge.starving) {
          lane.paused = true;
          pause(lane);
          return;
        }
        await this.#room.wait();
      }
    } finally {
      stopBeating();
      onHold(false);
    }
  }

  #isFull(lane: KafkaLane): boolean {
    return lane.bytes > this.#limit();
  }

  #limit(): number {
    const fair = MAX_HELD_BYTES / Math.max(1, this.#lanes.size);
    return Math.min(2 * this.#options.maxBytesPerPartition, fair);
  }
}

/** Wakes everyone who waits at this moment. */
class Bell {
  #waiters: (() => void)[] = [];

  wait(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiters.push(resolve);
    });
  }

  ring(): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const wake of waiters) wake();
  }
}
