/** When an event occurred, read from its bytes without decoding it: only the order of a merge hangs on it. */

import { NOT_A_TIME, TimeParser } from './decode-time.ts';

const KEY = Buffer.from('"occurredAt"');
const QUOTE = 0x22;
const COLON = 0x3a;
/** Records of one sender resemble each other: the key is looked for around its last place first. */
const NEARBY = 12;
/** Longer than any time with nine digits of a fraction and an offset. */
const LONGEST_TIME = 40;

export class EventTimePeek {
  readonly #parser = new TimeParser();
  #lastAt = 0;

  /** Milliseconds since the Unix epoch, or NaN when the bytes do not show it plainly. */
  of(bytes: Buffer): number {
    let at = this.#find(bytes);
    if (at < 0) return NaN;
    at = skipBlanks(bytes, at + KEY.length);
    if (bytes[at] !== COLON) return NaN;
    at = skipBlanks(bytes, at + 1);
    if (bytes[at] !== QUOTE) return NaN;
    const start = at + 1;
    const limit = Math.min(bytes.length, start + LONGEST_TIME);
    let end = start;
    while (end < limit && bytes[end] !== QUOTE) end++;
    const atMs = this.#parser.parse(bytes, start, end);
    return atMs === NOT_A_TIME ? NaN : atMs;
  }

  #find(bytes: Buffer): number {
    const from = Math.max(0, this.#lastAt - NEARBY);
    const to = Math.min(bytes.length - KEY.length, this.#lastAt + NEARBY);
    for (let at = from; at <= to; at++) {
      if (bytes[at] === QUOTE && isKeyAt(bytes, at)) {
        this.#lastAt = at;
        return at;
      }
    }
    const at = bytes.indexOf(KEY);
    if (at >= 0) this.#lastAt = at;
    return at;
  }
}

function isKeyAt(bytes: Buffer, at: number): boolean {
  for (let i = 1; i < KEY.length; i++) if (bytes[at + i] !== KEY[i]) return false;
  return true;
}

function skipBlanks(bytes: Buffer, at: number): number {
  let next = at;
  while (
    bytes[next] === 0x20 ||
    bytes[next] === 0x09 ||
    bytes[next] === 0x0a ||
    bytes[next] === 0x0d
  ) {
    next++;
  }
  return next;
}
