/**
 * Attributes on the fast path: texts and small whole numbers, told apart by plain keys. Their canonical JSON is
 * put behind a copy of the record, so that one piece of memory holds every text of the event; the copy costs a
 * hundredth of what the general path does.
 */

import { holdsCard } from './card-number.ts';
import type { ByteCursor } from './scan-bytes.ts';

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const BRACE_OPEN = 0x7b;
const BRACE_CLOSE = 0x7d;

/** More are left to the general path. */
const MOST_MEMBERS = 16;
/** From here on a number or a text can be a card number. */
const FEWEST_CARD_DIGITS = 13;
/** Keys that the general path refuses. */
const FORBIDDEN = ['__proto__', 'constructor', 'prototype'].map((key) => Buffer.from(`"${key}"`));

export class AttributeScan {
  /** Members taken since `reset`. */
  count = 0;
  /** Four offsets into the record a member: its key with both quotes, and its value as it stands. */
  private readonly spans = new Int32Array(MOST_MEMBERS * 4);

  reset(): void {
    this.count = 0;
  }

  /** Takes the content of a string and its closing quote as the value of a key at the top of the event. */
  member(cursor: ByteCursor, quotedKey: Uint8Array): boolean {
    if (!text(cursor)) return false;
    const { bytes, base, from, to } = cursor;
    // The key stands before the value, behind nothing but a colon, blanks and the opening quote.
    let keyEnd = from - base - 1;
    while (keyEnd > 0 && bytes[keyEnd - 1] !== QUOTE) keyEnd--;
    return this.add(keyEnd - quotedKey.length, keyEnd, from - base - 1, to - base + 1);
  }

  /** Takes the members of an object behind its opening brace, and the closing one. */
  object(cursor: ByteCursor): boolean {
    if (cursor.take(BRACE_CLOSE)) return true;
    do {
      const { base } = cursor;
      const keyFrom = cursor.at - base;
      if (!this.key(cursor)) return false;
      const keyTo = cursor.at - base;
      if (!cursor.take(COLON)) return false;
      const from = cursor.at - base;
      if (!value(cursor) || !this.add(keyFrom, keyTo, from, cursor.at - base)) return false;
    } while (cursor.take(COMMA));
    return cursor.take(BRACE_CLOSE);
  }

  /**
   * A copy of the record with the canonical attributes behind it; undefined when the general path must decide
   * between two members of one name.
   */
  layOut(bytes: Buffer): Buffer | undefined {
    if (!this.sort(bytes)) return undefined;
    const { spans } = this;
    let length = bytes.length + 1;
    for (let n = 0; n < this.count; n++)
      length += spans[n * 4 + 1]! - spans[n * 4]! + spans[n * 4 + 3]! - spans[n * 4 + 2]! + 2;
    const room = Buffer.allocUnsafe(length);
    bytes.copy(room);
    let at = bytes.length;
    for (let n = 0; n < this.count; n++) {
      room[at++] = n === 0 ? BRACE_OPEN : COMMA;
      for (let from = spans[n * 4]!; from < spans[n * 4 + 1]!; from++) room[at++] = bytes[from]!;
      room[at++] = COLON;
      for (let from = spans[n * 4 + 2]!; from < spans[n * 4 + 3]!; from++)
        room[at++] = bytes[from]!;
    }
    room[at] = BRACE_CLOSE;
    return room;
  }

  /** A key in ASCII that may be taken as it stands; the cursor is behind its closing quote then. */
  private key(cursor: ByteCursor): boolean {
    if (cursor.at >= cursor.end || cursor.view.getUint8(cursor.at) !== QUOTE) return false;
    cursor.at++;
    const wasBeyond = cursor.beyondAscii;
    cursor.beyondAscii = false;
    const isPlain = text(cursor) && !cursor.beyondAscii;
    cursor.beyondAscii ||= wasBeyond;
    const { bytes, base, from, to } = cursor;
    return isPlain && !FORBIDDEN.some((key) => isWord(bytes, from - base - 1, to - base + 1, key));
  }

  private add(keyFrom: number, keyTo: number, from: number, to: number): boolean {
    if (this.count === MOST_MEMBERS) return false;
    const at = this.count++ * 4;
    const { spans } = this;
    spans[at] = keyFrom;
    spans[at + 1] = keyTo;
    spans[at + 2] = from;
    spans[at + 3] = to;
    return true;
  }

  /** Sorts the members by their keys; false when two have the same. */
  private sort(bytes: Uint8Array): boolean {
    const { spans } = this;
    for (let n = 1; n < this.count; n++) {
      for (let m = n; m > 0; m--) {
        const order = compareKeys(bytes, spans, m - 1, m);
        if (order === 0) return false;
        if (order < 0) break;
        for (let k = 0; k < 4; k++) {
          const held = spans[m * 4 + k]!;
          spans[m * 4 + k] = spans[m * 4 - 4 + k]!;
          spans[m * 4 - 4 + k] = held;
        }
      }
    }
    return true;
  }
}

/** By bytes, which is by UTF-16 code unit for ASCII; a key that the other one goes on from comes first. */
function compareKeys(bytes: Uint8Array, spans: Int32Array, a: number, b: number): number {
  const aLength = spans[a * 4 + 1]! - spans[a * 4]! - 2;
  const bLength = spans[b * 4 + 1]! - spans[b * 4]! - 2;
  const length = Math.min(aLength, bLength);
  for (let n = 1; n <= length; n++) {
    const order = bytes[spans[a * 4]! + n]! - bytes[spans[b * 4]! + n]!;
    if (order !== 0) return order;
  }
  return aLength - bLength;
}

/** A string whose opening quote is taken, without escapes and without a card number in it. */
function text(cursor: ByteCursor): boolean {
  if (!cursor.string()) return false;
  const { bytes, base, from, to } = cursor;
  return to - from < FEWEST_CARD_DIGITS || !holdsCard(bytes, from - base, to - base);
}

/** A text or a whole number that is written in the one canonical way. */
function value(cursor: ByteCursor): boolean {
  if (cursor.at < cursor.end && cursor.view.getUint8(cursor.at) === QUOTE) {
    cursor.at++;
    return text(cursor);
  }
  const first = cursor.at;
  return !Number.isNaN(cursor.integer()) && cursor.at - first < FEWEST_CARD_DIGITS;
}

function isWord(bytes: Uint8Array, from: number, to: number, word: Uint8Array): boolean {
  if (to - from !== word.length) return false;
  for (let i = 0; i < word.length; i++) if (bytes[from + i] !== word[i]) return false;
  return true;
}
