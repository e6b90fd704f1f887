/** A multiset of texts that answers from their UTF-8 bytes, without making a string, whether one may be among them. */
export class Fingerprints {
  /** How many of the texts have a fingerprint. */
  readonly #counts = new Map<number, number>();

  /** False only when the text of these bytes is not among them; two texts may share a fingerprint. */
  mayHold(bytes: Uint8Array, from: number, to: number): boolean {
    return this.#counts.has(fingerprint(bytes, from, to));
  }

  add(text: string): void {
    this.#count(text, 1);
  }

  /** Once for each time that it was added. */
  remove(text: string): void {
    this.#count(text, -1);
  }

  #count(text: string, change: 1 | -1): void {
    const bytes = Buffer.from(text);
    const key = fingerprint(bytes, 0, bytes.length);
    const count = (this.#counts.get(key) ?? 0) + change;
    if (count === 0) this.#counts.delete(key);
    else this.#counts.set(key, count);
  }
}

/** FNV-1a, 32 bits. Source: Fowler, Noll, Vo (draft-eastlake-fnv). */
function fingerprint(bytes: Uint8Array, from: number, to: number): number {
  let hash = 0x811c9dc5;
  for (let at = from; at < to; at++) hash = Math.imul(hash ^ bytes[at]!, 0x01000193);
  return hash;
}
