/**
 * How the memory store lays out its state in typed arrays. The shapes follow the machine: a key that saw
 * few events lives in one 64-byte cache line, and an entry takes 16 bytes.
 *
 * A *line* is what one stream keeps of one key, 16 integers:
 *   0–1   the key's hash (in the first line of a record only)
 *   2     fewer than 4: number of entries kept inside the line; otherwise the capacity of its ring
 *   3     time of the newest entry
 *   4–15  up to three entries, or for a ring: offset in the pool, first and end sequence number, and the
 *         number of its cursors (0 while it is small)
 *
 * An *entry* is 4 integers: time, value, and two that depend on the stream. With members: in a small
 * ring both halves of the member's hash; in a big one the low half and the distance back to the same
 * member's entry before. The top bit of the fourth says that the member occurs again later, so that the
 * distinct members of any window that ends at the newest entry are its entries with that bit clear.
 *
 * Times are milliseconds modulo 2^32 and compared by their signed difference. Sequence numbers wrap too.
 */

export const LINE_INTS = 16;
export const KEY_LO = 0;
export const KEY_HI = 1;
export const CAPACITY = 2;
export const NEWEST = 3;
export const INLINE = 4;
export const OFFSET = 4;
export const FIRST = 5;
export const END = 6;
export const BIG = 7;

export const INLINE_ENTRIES = 3;
/** Up to so many entries are scanned for each event; beyond it cursors answer. */
export const SMALL_ENTRIES = 32;

export const HAS_NEXT = 1 << 31;
export const MEMBER_BITS = 0x7fffffff;
/** The distance of a member's first occurrence: farther than any window reaches. */
export const NO_PREVIOUS = 0x3fffffff;

/** A value that is an integer from here up to 2^31 − 1 stands in the entry itself. */
export const LEAST_PLAIN = -(2 ** 30);
/** The entry has no value. Codes between this one and LEAST_PLAIN name a slot of `OddValues`. */
export const VALUE_ABSENT = -(2 ** 31);

/** Largest difference of two times that still compares right. */
export const TIME_REACH_MS = 2 ** 31 - 1;

/** Where one key's entries of one stream are: entry `seq` is at `base + ((seq & mask) << 2)`. */
export interface Ring {
  ints: Int32Array;
  base: number;
  mask: number;
  first: number;
  end: number;
}

/** The first sequence number in [first, end) whose entry is later than `time`, or `end`. */
export function firstAfter(ring: Ring, first: number, end: number, time: number): number {
  let low = 0;
  let high = (end - first) | 0;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const at = ring.base + (((first + middle) & ring.mask) << 2);
    if (((ring.ints[at]! - time) | 0) > 0) high = middle;
    else low = middle + 1;
  }
  return (first + low) | 0;
}

/**
 * As `firstAfter`, for a time close to the newest entry: it looks at 1, 2, 4 … entries from the end
 * before it halves, so that an event a little late touches only entries that are in the cache.
 */
export function firstAfterNear(ring: Ring, time: number): number {
  const { ints, base, mask, first, end } = ring;
  const held = (end - first) | 0;
  for (let back = 1, known = 0; ; known = back, back *= 2) {
    if (back >= held) return firstAfter(ring, first, (end - known) | 0, time);
    const seq = (end - back) | 0;
    if (((ints[base + ((seq & mask) << 2)]! - time) | 0) <= 0)
      return firstAfter(ring, (seq + 1) | 0, (end - known) | 0, time);
  }
}

/** What the third and fourth integer of a stream's entries hold. */
export const NO_MEMBER = 0;
export const MEMBER = 1;
export const ID_ORDER = 2;
