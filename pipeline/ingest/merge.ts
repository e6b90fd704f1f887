/**
 * Several ordered streams joined into one by event time, over what is at hand.
 *
 * A consumer that catches up gets about a megabyte of one partition, then of the next: read in that order,
 * almost every event would be late for its key. The merge takes the earliest head instead. A lane that is
 * known to have more, but none at hand, holds the others back, so that a slow fetch does not break the
 * order; a lane that is at its end holds nobody back, so that a live event is taken as soon as it is there.
 * Within a lane the order never changes.
 */

/** One ordered stream: a partition. */
export class Lane<T> {
  readonly name: string;
  /** True while the log is known to hold more than was added: the merge waits for it. */
  awaiting = false;
  /** What the records at hand weigh, in bytes. */
  bytes = 0;
  readonly #chunks: (readonly T[])[] = [];
  #at = 0;
  /** Event time of the head, once somebody asked. */
  headAtMs: number | undefined;
  /** The latest event time taken or passed; the next record is expected not to lie before it. */
  lastAtMs = -Infinity;

  constructor(name: string) {
    this.name = name;
  }

  get head(): T | undefined {
    return this.#chunks[0]?.[this.#at];
  }

  add(records: readonly T[], bytes: number): void {
    if (records.length === 0) return;
    this.#chunks.push(records);
    this.bytes += bytes;
  }

  /** Removes the head. */
  shift(bytes: number): void {
    this.bytes -= bytes;
    this.headAtMs = undefined;
    this.#at += 1;
    if (this.#at < this.#chunks[0]!.length) return;
    this.#chunks.shift();
    this.#at = 0;
  }

  clear(): void {
    this.#chunks.length = 0;
    this.#at = 0;
    this.bytes = 0;
    this.headAtMs = undefined;
    this.awaiting = false;
  }
}

export interface MergeOptions<T> {
  /** Event time in milliseconds; NaN where it cannot be told, and then the record is taken at once. */
  readonly timeOf: (record: T) => number;
  /** What a record weighs in memory, in bytes. */
  readonly bytesOf: (record: T) => number;
}

export class EventTimeMerge<T> {
  readonly #options: MergeOptions<T>;
  readonly #lanes: Lane<T>[] = [];

  constructor(options: MergeOptions<T>) {
    this.#options = options;
  }

  get lanes(): readonly Lane<T>[] {
    return this.#lanes;
  }

  open(lane: Lane<T>): void {
    if (!this.#lanes.includes(lane)) this.#lanes.push(lane);
  }

  /** Forgets the lane and what it had at hand. */
  close(lane: Lane<T>): void {
    lane.clear();
    const at = this.#lanes.indexOf(lane);
    if (at >= 0) this.#lanes.splice(at, 1);
  }

  add(lane: Lane<T>, records: readonly T[]): void {
    let bytes = 0;
    for (const record of records) bytes += this.#options.bytesOf(record);
    lane.add(records, bytes);
  }

  /** True when a lane without records at hand holds the others back. */
  get starving(): boolean {
    return this.#lanes.some((lane) => lane.awaiting && lane.head === undefined);
  }

  /** Goes on without the lanes that hold the others back, until each has records again. */
  stopAwaiting(): void {
    for (const lane of this.#lanes) if (lane.head === undefined) lane.awaiting = false;
  }

  /** The next records in order, at most `max`; none when there are none or a lane must be waited for. */
  take(max: number): T[] {
    const taken: T[] = [];
    const only = this.#onlyLane();
    while (taken.length < max) {
      const lane = only ?? this.#earliest();
      const head = lane?.head;
      if (lane === undefined || head === undefined) break;
      taken.push(head);
      if (only === undefined && lane.headAtMs! > lane.lastAtMs) lane.lastAtMs = lane.headAtMs!;
      lane.shift(this.#options.bytesOf(head));
    }
    return taken;
  }

  /** The lane whose records need no comparison, because no other has or awaits any. */
  #onlyLane(): Lane<T> | undefined {
    let only: Lane<T> | undefined;
    for (const lane of this.#lanes) {
      if (lane.head === undefined && !lane.awaiting) continue;
      if (only !== undefined) return undefined;
      only = lane;
    }
    return only;
  }

  /** The lane with the earliest head, unless an empty lane may still bring something earlier. */
  #earliest(): Lane<T> | undefined {
    let earliest: Lane<T> | undefined;
    let earliestAtMs = Infinity;
    let heldAtMs = Infinity;
    for (const lane of this.#lanes) {
      const head = lane.head;
      if (head === undefined) {
        if (lane.awaiting && lane.lastAtMs < heldAtMs) heldAtMs = lane.lastAtMs;
        continue;
      }
      let atMs = lane.headAtMs;
      if (atMs === undefined) {
        atMs = this.#options.timeOf(head);
        if (Number.isNaN(atMs)) atMs = -Infinity;
        lane.headAtMs = atMs;
      }
      if (earliest === undefined || atMs < earliestAtMs) {
        earliest = lane;
        earliestAtMs = atMs;
      }
    }
    return earliestAtMs > heldAtMs ? undefined : earliest;
  }
}
