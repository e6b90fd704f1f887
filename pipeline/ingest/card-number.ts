/**
 * Full card numbers never pass the edge: 13 to 19 digits that satisfy Luhn's check, written together or
 * in groups parted by single blanks or dashes, are replaced by their first six and last four digits and a
 * keyed token, in any text. The token keeps two cards that look alike distinct, and makes the masked text
 * of a card the same wherever it stands: an id that is a card number stays unique, a refund still names it.
 */

import { createHmac } from 'node:crypto';

const FEWEST_DIGITS = 13;
const MOST_DIGITS = 19;
const DIGIT_0 = 0x30;
const DIGIT_9 = 0x39;
const BLANK = 0x20;
const DASH = 0x2d;
const STAR = 0x2a;

/** 48 bits: two cards with the same ten visible digits get the same token once in 2^48. */
const TOKEN_LETTERS = 12;

/** What follows the first six digits of a number that is masked already. */
const MASKED_REST = /^\*{3,9}\d{4}#[a-p]{12}/;
const LONGEST_MASKED_REST = 9 + 4 + 1 + TOKEN_LETTERS;

/** Byte offsets [from, to) of a card number. */
export type Stretch = readonly [number, number];

export class CardMask {
  private readonly tokenKey: string | Buffer | undefined;

  /**
   * @param tokenKey secret of the deployment; without one, a token could be searched for its card.
   *   A mask without a key makes no token: for words to a person, never for what an event becomes.
   */
  constructor(tokenKey?: string | Buffer) {
    this.tokenKey = tokenKey;
  }

  /** The text with every full card number masked; the very same text when there is none. */
  text(text: string): string {
    return maskString(text, this.tokenKey);
  }

  /**
   * The bytes with every full card number masked; the same Buffer when there is none. They may be raw input:
   * what is not UTF-8 is kept, and a digit or separator written as a JSON escape (`\u0034`) counts as one.
   */
  bytes(bytes: Buffer): Buffer {
    const plain = bytes.includes('\\u00') ? unescapeCards(bytes) : bytes;
    const masked = maskBuffer(plain, this.tokenKey);
    return masked === plain ? bytes : masked;
  }
}

/** Whether bytes `start` to `end` hold a full card number. Costs one look at every thirteenth byte when not. */
export function holdsCard(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start + FEWEST_DIGITS - 1; at < end; at += FEWEST_DIGITS) {
    if (!isRunByte(bytes[at]!)) continue;
    let digits = 0;
    let from = at;
    for (; from >= start && isRunByte(bytes[from]!); from--) if (isDigit(bytes[from]!)) digits++;
    let to = at + 1;
    for (; to < end && isRunByte(bytes[to]!); to++) if (isDigit(bytes[to]!)) digits++;
    at = to;
    if (digits < FEWEST_DIGITS) continue;
    // Long numeric ids are common; only groups need the whole search.
    const oneGroup = to - from - 1 === digits;
    if (oneGroup ? isCard(bytes, from + 1, to) : cardIn(bytes, from + 1, to)) return true;
  }
  return false;
}

/** Whether the digits from `from` to `to`, with nothing between them, are a card number. */
function isCard(bytes: Uint8Array, from: number, to: number): boolean {
  return to - from <= MOST_DIGITS && longestCardAt(bytes, from, to) > 0;
}

/** Where full card numbers stand in the bytes, in order. */
export function findCards(bytes: Buffer): readonly Stretch[] {
  const cards: Stretch[] = [];
  visitRuns(bytes, 0, bytes.length, (from, to) => {
    cards.push(...cardsOfRun(bytes, from, to));
    return false;
  });
  return cards;
}

function cardIn(bytes: Uint8Array, start: number, end: number): boolean {
  return visitRuns(bytes, start, end, (from, to) => cardsOfRun(bytes, from, to).length > 0);
}

/** An escaped digit, blank or dash; the alternative keeps an escaped backslash from being taken for its start. */
const ESCAPE = /\\(?:u00(3[0-9]|20|2[dD])|[^])/g;

function unescapeCards(bytes: Buffer): Buffer {
  const plain = bytes
    .toString('latin1')
    .replaceAll(ESCAPE, (all, hex?: string) =>
      hex === undefined ? all : String.fromCharCode(parseInt(hex, 16)),
    );
  return Buffer.from(plain, 'latin1');
}

function maskString(text: string, tokenKey: string | Buffer | undefined): string {
  if (text.length < FEWEST_DIGITS || !/\d(?:[ -]?\d){12}/.test(text)) return text;
  const bytes = Buffer.from(text, 'utf8');
  const masked = maskBuffer(bytes, tokenKey);
  return masked === bytes ? text : masked.toString('utf8');
}

function maskBuffer(bytes: Buffer, tokenKey: string | Buffer | undefined): Buffer {
  const cards = findCards(bytes);
  if (cards.length === 0) return bytes;
  const parts: Buffer[] = [];
  let copied = 0;
  for (const [from, to] of cards) {
    const mask = maskOf(bytes.toString('latin1', from, to), tokenKey);
    parts.push(bytes.subarray(copied, from), Buffer.from(mask));
    copied = to;
  }
  parts.push(bytes.subarray(copied));
  return Buffer.concat(parts);
}

function maskOf(written: string, tokenKey: string | Buffer | undefined): string {
  const digits = written.replaceAll(/[ -]/g, '');
  // Overlapping numbers make a stretch of more digits than any number has; the mask looks as one number's all
  // the same, or it would not be known for a mask when the recorded text is decoded again.
  const hidden = Math.min(digits.length, MOST_DIGITS) - 10;
  const visible = `${digits.slice(0, 6)}${'*'.repeat(hidden)}${digits.slice(-4)}`;
  if (tokenKey === undefined) return visible;
  // Letters alone: digits of a token could join those behind it to what looks like a card number.
  const hex = createHmac('sha256', tokenKey).update(digits).digest('hex').slice(0, TOKEN_LETTERS);
  const token = hex.replaceAll(/./g, (digit) => String.fromCharCode(97 + parseInt(digit, 16)));
  return `${visible}#${token}`;
}

/**
 * Calls `visit` with each maximal run of digits and single separators that has at least 13 digits, until it
 * returns true. A run of 13 covers every thirteenth position, so the bytes between need no look.
 */
function visitRuns(
  bytes: Uint8Array,
  start: number,
  end: number,
  visit: (from: number, to: number) => boolean,
): boolean {
  let at = start + FEWEST_DIGITS - 1;
  let floor = start;
  while (at < end) {
    if (!isRunByte(bytes[at]!)) {
      at += FEWEST_DIGITS;
      continue;
    }
    let from = at;
    while (from > floor && isRunByte(bytes[from - 1]!)) from--;
    let to = at + 1;
    while (to < end && isRunByte(bytes[to]!)) to++;
    if (to - from >= FEWEST_DIGITS && eachRun(bytes, from, to, visit)) return true;
    floor = to;
    at = to + FEWEST_DIGITS;
  }
  return false;
}

/** Splits a stretch of digits and separators where two separators meet. */
function eachRun(
  bytes: Uint8Array,
  start: number,
  end: number,
  visit: (from: number, to: number) => boolean,
): boolean {
  let from = start;
  let digits = 0;
  for (let at = start; at <= end; at++) {
    const digit = at < end && isDigit(bytes[at]!);
    if (digit) {
      digits++;
    } else if (at === end || at === from || !isDigit(bytes[at - 1]!)) {
      if (digits >= FEWEST_DIGITS && visit(from, at)) return true;
      from = at + 1;
      digits = 0;
    }
  }
  return false;
}

function isDigit(byte: number): boolean {
  return byte >= DIGIT_0 && byte <= DIGIT_9;
}

function isRunByte(byte: number): boolean {
  return (byte >= DIGIT_0 && byte <= DIGIT_9) || byte === BLANK || byte === DASH;
}

/**
 * The card numbers of a run: consecutive whole groups with 13 to 19 digits together that satisfy Luhn.
 * Overlapping ones become one stretch, so that no reading of the groups leaves a card in the open.
 */
function cardsOfRun(bytes: Uint8Array, start: number, runEnd: number): Stretch[] {
  const cards: Stretch[] = [];
  const end = beforeMasked(bytes, start, runEnd);
  for (let from = start; from < end; from++) {
    if (!isDigit(bytes[from]!)) continue;
    const to = longestCardAt(bytes, from, end);
    const last = cards.at(-1);
    if (to > 0 && last !== undefined && from < last[1]) {
      cards[cards.length - 1] = [last[0], Math.max(to, last[1])];
    } else if (to > 0) cards.push([from, to]);
    while (from < end && isDigit(bytes[from]!)) from++;
  }
  return cards;
}

/**
 * The run without the visible head of a masked number at its end. What is masked must stay as it is, since
 * recorded events are decoded again after a restart.
 */
function beforeMasked(bytes: Uint8Array, start: number, end: number): number {
  if (bytes[end] !== STAR || end - start < 6) return end;
  const rest = Buffer.from(bytes.subarray(end, end + LONGEST_MASKED_REST)).toString('latin1');
  return MASKED_REST.test(rest) && !(end - start > 6 && isDigit(bytes[end - 7]!)) ? end - 6 : end;
}

/** The end of the longest card number that starts with the group at `start`, or 0. */
function longestCardAt(bytes: Uint8Array, start: number, end: number): number {
  let digits = 0;
  let longest = 0;
  // Luhn doubles every second digit from the right, so both parities are summed from the left.
  let evenDoubled = 0;
  let oddDoubled = 0;
  let allZero = true;
  for (let at = start; at <= end; at++) {
    const byte = at < end ? bytes[at]! : BLANK;
    if (isDigit(byte)) {
      const digit = byte - DIGIT_0;
      const doubled = digit > 4 ? digit * 2 - 9 : digit * 2;
      if (digit !== 0) allZero = false;
      evenDoubled += digits % 2 === 0 ? doubled : digit;
      oddDoubled += digits % 2 === 0 ? digit : doubled;
      digits++;
      if (digits > MOST_DIGITS) return longest;
    } else if (digits >= FEWEST_DIGITS && !allZero && isDigit(bytes[at - 1]!)) {
      const sum = digits % 2 === 0 ? evenDoubled : oddDoubled;
      if (sum % 10 === 0) longest = at;
    }
  }
  return longest;
}
