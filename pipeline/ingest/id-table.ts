/**
 * Which ids have been seen within a horizon of event time, and with which body: the memory by which a
 * repeated event is recognised.
 *
 * 256 open-addressing tables over typed arrays, chosen by the top byte of the hash, so that growing one stops the
 * path for a 256th of the whole. A slot is 16 bytes, a quarter of a cache line; times are kept in seconds, rounded
 * up, so that an id is remembered up to a second beyond the horizon. Entries that left it are answered as unknown at
 * once and swept away by a hand that visits two slots at each check.
 */

export type IdAnswer = 'new' | 'repeat' | 'conflict';

export interface IdTableOptions {
  /** How far back from the largest event time an id is remembered. */
  readonly horizonMs: number;
  /** Most ids held; above it the horizon shrinks (see `coveredFromMs`). */
  readonly maxEntries: number;
}

const SHARDS = 256;
const FIRST_SLOTS = 16;
/** A slot: words 0 and 1 are the id's hash, 2 the body's hash, 3 the event time in seconds since 1970, up to 2106. */
const SLOT_WORDS = 4;
const SWEPT_PER_CHECK = 2;
/** Share of a full shard's entries that is dropped, oldest first, when the bound bites. */
const DROPPED_SHARE = 0.25;

export class IdTable {
  private readonly horizonMs: number;
  private readonly shards: Shard[];
  private largestMs = -Infinity;
  private floorMs = -Infinity;
  private dropped = 0;

  constructor(options: IdTableOptions) {
    this.horizonMs = options.horizonMs;
    const perShard = Math.max(1, Math.floor(options.maxEntries / SHARDS));
    this.shards = Array.from({ length: SHARDS }, () => new Shard(perShard));
  }

  /**
   * Every id whose event time is at or after this instant is known exactly. For an older event `check`
   * answers `new` without remembering it: the caller asks the record. Never moves back.
   */
  get coveredFromMs(): number {
    return this.coveredFromAt(this.largestMs);
  }

  /** `coveredFromMs` as it will be once an event of this time has come. */
  coveredFromAt(occurredAtMs: number): number {
    return Math.max(Math.max(this.largestMs, occurredAtMs) - this.horizonMs, this.floorMs);
  }

  /** Ids held, including those past the horizon that are not swept yet. */
  get size(): number {
    return this.shards.reduce((sum, shard) => sum + shard.size, 0);
  }

  get bytes(): number {
    return this.shards.reduce((sum, shard) => sum + shard.bytes, 0);
  }

  /** Ids forgotten inside the horizon because the bound bit. */
  get capped(): number {
    return this.dropped;
  }

  /**
   * `new` (and remembered) when no event with this id is known, `repeat` when one with the same body is,
   * `conflict` when its body differs; the first one stands.
   * @param idLo halves of the id's hash as in EventBatch, never both 0
   */
  check(idLo: number, idHi: number, bodyHash: number, occurredAtMs: number): IdAnswer {
    if (occurredAtMs > this.largestMs) this.largestMs = occurredAtMs;
    const fromMs = this.coveredFromMs;
    const shard = this.shards[idHi >>> 24]!;
    shard.sweep(fromMs);
    const slot = shard.find(idLo, idHi);
    if (slot >= 0 && shard.timeAt(slot) >= fromMs) {
      return shard.bodyAt(slot) === bodyHash ? 'repeat' : 'conflict';
    }
    if (slot >= 0) shard.remove(slot);
    if (occurredAtMs < fromMs) return 'new';
    if (shard.full) this.shrinkHorizon(shard);
    if (occurredAtMs < this.coveredFromMs) return 'new';
    shard.makeRoom(fromMs);
    shard.insert(idLo, idHi, bodyHash, occurredAtMs);
    return 'new';
  }

  private shrinkHorizon(shard: Shard): void {
    const times = shard.times().sort();
    this.floorMs = Math.max(
      this.floorMs,
      times[Math.min(times.length - 1, Math.ceil(times.length * DROPPED_SHARE))]!,
    );
    const before = shard.size;
    shard.dropBefore(this.coveredFromMs);
    // All of one instant: nothing is older, so that instant goes as a whole.
    if (shard.size === before) {
      this.floorMs = times.at(-1)! + 1;
      shard.dropBefore(this.floorMs);
    }
    this.dropped += before - shard.size;
  }
}

class Shard {
  size = 0;
  private readonly most: number;
  private mask = FIRST_SLOTS - 1;
  private words = new Int32Array(FIRST_SLOTS * SLOT_WORDS);
  private hand = 0;

  constructor(most: number) {
    this.most = most;
  }

  get full(): boolean {
    return this.size >= this.most;
  }

  get bytes(): number {
    return this.words.byteLength;
  }

  /** Up to a second later than it was. */
  timeAt(slot: number): number {
    return (this.words[slot * SLOT_WORDS + 3]! >>> 0) * 1000;
  }

  bodyAt(slot: number): number {
    return this.words[slot * SLOT_WORDS + 2]!;
  }

  /** The slot of the id, or −1. */
  find(lo: number, hi: number): number {
    for (let slot = lo & this.mask; this.used(slot); slot = (slot + 1) & this.mask) {
      const word = slot * SLOT_WORDS;
      if (this.words[word] === lo && this.words[word + 1] === hi) return slot;
    }
    return -1;
  }

  /** Linear probing stays short up to three quarters; a shard that is half dead is swept, not grown. */
  makeRoom(fromMs: number): void {
    const slots = this.mask + 1;
    if ((this.size + 1) * 4 <= slots * 3) return;
    this.dropBefore(fromMs);
    if (this.size * 2 > slots) this.grow();
  }

  /** Adds an id that is not in the table, which has room. */
  insert(lo: number, hi: number, body: number, timeMs: number): void {
    let slot = lo & this.mask;
    while (this.used(slot)) slot = (slot + 1) & this.mask;
    const word = slot * SLOT_WORDS;
    this.words[word] = lo;
    this.words[word + 1] = hi;
    this.words[word + 2] = body;
    this.words[word + 3] = Math.max(0, Math.ceil(timeMs / 1000));
    this.size++;
  }

  /** Moves the hand on and removes what it finds before `fromMs`. */
  sweep(fromMs: number): void {
    for (let i = 0; i < SWEPT_PER_CHECK; i++) {
      const slot = this.hand & this.mask;
      // A removal shifts the next entry into this slot, so the hand looks here again.
      if (this.used(slot) && this.timeAt(slot) < fromMs) this.remove(slot);
      else this.hand = (slot + 1) & this.mask;
    }
  }

  dropBefore(fromMs: number): void {
    for (let slot = 0; slot <= this.mask;) {
      if (this.used(slot) && this.timeAt(slot) < fromMs) this.remove(slot);
      else slot++;
    }
  }

  times(): Float64Array {
    const times = new Float64Array(this.size);
    let count = 0;
    for (let slot = 0; slot <= this.mask; slot++) {
      if (this.used(slot)) times[count++] = this.timeAt(slot);
    }
    return times;
  }

  /** Empties a slot and shifts back the entries that probed past it. */
  remove(slot: number): void {
    let hole = slot;
    for (let next = (hole + 1) & this.mask; this.used(next); next = (next + 1) & this.mask) {
      const home = this.words[next * SLOT_WORDS]! & this.mask;
      // The entry may fill the hole unless its home lies after the hole, in probing order.
      if (((next - home) & this.mask) < ((next - hole) & this.mask)) continue;
      this.words.copyWithin(hole * SLOT_WORDS, next * SLOT_WORDS, (next + 1) * SLOT_WORDS);
      hole = next;
    }
    this.words.fill(0, hole * SLOT_WORDS, (hole + 1) * SLOT_WORDS);
    this.size--;
  }

  private used(slot: number): boolean {
    const word = slot * SLOT_WORDS;
    return (this.words[word]! | this.words[word + 1]!) !== 0;
  }

  private grow(): void {
    const old = this.words;
    const slots = (this.mask + 1) * 2;
    this.mask = slots - 1;
    this.words = new Int32Array(slots * SLOT_WORDS);
    this.size = 0;
    for (let slot = 0; slot * SLOT_WORDS < old.length; slot++) {
      const word = slot * SLOT_WORDS;
      if ((old[word]! | old[word + 1]!) === 0) continue;
      const timeMs = (old[word + 3]! >>> 0) * 1000;
      this.insert(old[word]!, old[word + 1]!, old[word + 2]!, timeMs);
    }
  }
}
