/**
 * Values that stand for "not known" and therefore never join two events: those of
 * config/lists/placeholders.txt, and those whose form gives them away.
 */

import { Failure } from '../failure.ts';

/** From here on, one character repeated is no id: `ffffffffffff`, `11111111-1111-…`. */
const FEWEST_REPEATS = 8;

/** Longest value of the list, in bytes. */
const LONGEST_VALUE = 64;

/** The values of a list file: one a line, `#` starts a comment line. */
export function parsePlaceholders(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
}

export class Placeholders {
  private readonly values: ReadonlySet<string>;
  /** 1 where some value has this byte length (times 256) and this first byte: all but a few ids stop here. */
  private readonly shapes = new Uint8Array((LONGEST_VALUE + 1) * 256);

  constructor(values: Iterable<string>) {
    const lowered = [...values].map((value) => value.trim().toLowerCase());
    this.values = new Set(lowered.filter((value) => value !== ''));
    for (const value of this.values) {
      for (const form of [value, value.toUpperCase()]) {
        const bytes = Buffer.from(form);
        if (bytes.length > LONGEST_VALUE) {
          throw new Failure(`the placeholder "${value}" is longer than ${LONGEST_VALUE} bytes`, {
            exitCode: 2,
          });
        }
        this.shapes[bytes.length * 256 + bytes[0]!] = 1;
      }
    }
  }

  /**
   * Whether bytes `start` to `end` (UTF-8) stand for "not known".
   * @param address an IP address: `11.11.11.11` is one, so that only zeros give themselves away.
   */
  matches(bytes: Buffer, start: number, end: number, address: boolean): boolean {
    if (start === end) return true;
    const first = bytes[start]!;
    const last = bytes[end - 1]!;
    if (first <= 0x20 || last <= 0x20) return this.matchesTrimmed(bytes, start, end, address);
    if (first === last || !isWordByte(first) || !isWordByte(last) || (first ^ last) === 0x20) {
      if (isRepeated(bytes, start, end, address)) return true;
    }
    if (end - start > LONGEST_VALUE || this.shapes[(end - start) * 256 + first] === 0) return false;
    return this.values.has(bytes.toString('utf8', start, end).toLowerCase());
  }

  private matchesTrimmed(bytes: Buffer, start: number, end: number, address: boolean): boolean {
    let from = start;
    let to = end;
    while (from < to && bytes[from]! <= 0x20) from++;
    while (to > from && bytes[to - 1]! <= 0x20) to--;
    return this.matches(bytes, from, to, address);
  }
}

/** Letters, digits and everything beyond ASCII; the rest only parts them. */
function isWordByte(byte: number): boolean {
  return (
    (byte >= 0x30 && byte <= 0x39) ||
    (byte >= 0x41 && byte <= 0x5a) ||
    (byte >= 0x61 && byte <= 0x7a) ||
    byte >= 0x80
  );
}

/** True when there is no word character at all, when all are `0`, or one is repeated eight times or more. */
function isRepeated(bytes: Uint8Array, start: number, end: number, address: boolean): boolean {
  let seen = 0;
  let count = 0;
  for (let at = start; at < end; at++) {
    const byte = bytes[at]!;
    if (!isWordByte(byte)) continue;
    if (byte >= 0x80) return false;
    const folded = byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte;
    if (count === 0) seen = folded;
    else if (folded !== seen) return false;
    count++;
  }
  return count === 0 || seen === 0x30 || (count >= FEWEST_REPEATS && !address);
}
