/**
 * Single members of an event's attributes, found in their canonical JSON without parsing it: keys sorted,
 * no blanks, and each text written in the one way `JSON.stringify` writes it.
 */

import type { EventBatch } from './event.ts';
import { textColumn, type AttributeKey } from './event-fields.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const BRACE_CLOSE = 0x7d;
const MINUS = 0x2d;

/** Where a member's value stands: its bytes without quotes. `start` is −1 when there is no such member. */
export interface MemberSpan {
  start: number;
  end: number;
  /** The text holds an escape, so that its bytes are not the text. */
  escaped: boolean;
}

/** Finds one member at the top of canonical attributes; reused, so that a look makes no object. */
export class MemberFinder {
  readonly span: MemberSpan = { start: -1, end: -1, escaped: false };
  private readonly name: Buffer;
  private readonly column = textColumn('attributes');

  constructor(name: string) {
    this.name = Buffer.from(JSON.stringify(name));
  }

  /** Fills `span`; a value that is neither text nor an integer counts as missing. @returns whether it is there. */
  find(batch: EventBatch, row: number): boolean {
    const { span, name } = this;
    span.start = -1;
    const cell = this.column * batch.capacity + row;
    const length = batch.spanLength[cell]!;
    if (length < name.length + 4) return false;
    const bytes = batch.source[row]!;
    let at = batch.spanStart[cell]! + 1;
    const end = at + length - 2;
    while (at < end) {
      const keyEnd = stringEnd(bytes, at);
      const valueAt = keyEnd + 1;
      if (isWord(bytes, at, keyEnd, name)) return this.take(bytes, valueAt);
      at = valueEnd(bytes, valueAt) + 1;
    }
    return false;
  }

  private take(bytes: Uint8Array, at: number): boolean {
    const { span } = this;
    const quoted = bytes[at] === QUOTE;
    const end = valueEnd(bytes, at);
    if (!quoted && !isInteger(bytes, at, end)) return false;
    span.start = quoted ? at + 1 : at;
    span.end = quoted ? end - 1 : end;
    span.escaped = quoted && bytes.subarray(at, end).includes(BACKSLASH);
    return true;
  }
}

const finders = new Map<AttributeKey, MemberFinder>();

/** The text of an attribute, or of its integer; undefined when it is missing or anything else. */
export function attributeText(
  batch: EventBatch,
  name: AttributeKey,
  row: number,
): string | undefined {
  let finder = finders.get(name);
  if (finder === undefined) finders.set(name, (finder = new MemberFinder(name)));
  return finder.find(batch, row) ? memberText(batch.source[row]!, finder.span) : undefined;
}

/** The text that a span stands for. */
export function memberText(bytes: Buffer, { start, end, escaped }: MemberSpan): string {
  const written = bytes.toString('utf8', start, end);
  return escaped ? (JSON.parse(`"${written}"`) as string) : written;
}

/** Behind the closing quote of the text that opens at `at`. */
function stringEnd(bytes: Uint8Array, at: number): number {
  let end = at + 1;
  while (bytes[end] !== QUOTE) end += bytes[end] === BACKSLASH ? 2 : 1;
  return end + 1;
}

/** Behind the value at `at`: at the comma or brace that follows it. */
function valueEnd(bytes: Uint8Array, at: number): number {
  let depth = 0;
  let end = at;
  for (;;) {
    const byte = bytes[end]!;
    if (byte === QUOTE) {
      end = stringEnd(bytes, end);
      continue;
    }
    if (depth === 0 && (byte === COMMA || byte === BRACE_CLOSE)) return end;
    // Braces and brackets differ by 0x20 alone, opening and closing ones by 2.
    const folded = byte | 0x20;
    if (folded === 0x7b) depth++;
    else if (folded === BRACE_CLOSE) depth--;
    end++;
  }
}

function isWord(bytes: Uint8Array, from: number, to: number, word: Uint8Array): boolean {
  if (to - from !== word.length) return false;
  for (let i = 0; i < word.length; i++) if (bytes[from + i] !== word[i]) return false;
  return true;
}

function isInteger(bytes: Uint8Array, from: number, to: number): boolean {
  let at = bytes[from] === MINUS ? from + 1 : from;
  if (at === to) return false;
  for (; at < to; at++) if (bytes[at]! < 0x30 || bytes[at]! > 0x39) return false;
  return true;
}
