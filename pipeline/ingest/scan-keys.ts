/**
 * What stands between two values: `,"accountId":"` and the like. A sender writes its keys in the same order
 * with the same blanks every time, so each stretch is read with care once, remembered by the key before it,
 * and compared four bytes at a time from then on.
 */

import type { ByteCursor } from './scan-bytes.ts';

export interface KnownKey {
  readonly name: string;
  /** A string is expected: its opening quote belongs to the stretch. */
  readonly quoted: boolean;
}

/** A stretch of bytes up to a value, and what it says. */
export interface Step {
  readonly key: number;
  /** The value is null, which the stretch includes. */
  readonly isNull: boolean;
  readonly words: Int32Array;
  /** The last four bytes, which may overlap the last word. */
  readonly tail: number;
  readonly length: number;
}

const QUOTE = 0x22;
const COLON = 0x3a;
const COMMA = 0x2c;
const BRACE_OPEN = 0x7b;
const BRACE_CLOSE = 0x7d;
const NULL = Buffer.from('null');

/** Longer stretches are read with care every time. */
const LONGEST = 64;
/** Stretches remembered for each key before them: optional fields make several. */
const WAYS = 4;

export class Separators {
  private readonly keys: readonly KnownKey[];
  private readonly names: readonly Buffer[];
  /** By the key before; the last element is for the start of the object. */
  private readonly learned: Step[][];
  private replaced = 0;

  constructor(keys: readonly KnownKey[]) {
    this.keys = keys;
    this.names = keys.map(({ name }) => Buffer.from(`"${name}"`));
    this.learned = Array.from({ length: keys.length + 1 }, () => []);
  }

  /** Stands for "no key yet" in `next`. */
  get start(): number {
    return this.keys.length;
  }

  /** Takes the stretch behind the value of `before`; undefined, with nothing taken, when there is no known key. */
  next(cursor: ByteCursor, before: number): Step | undefined {
    const steps = this.learned[before]!;
    for (let i = 0; i < steps.length; i++) {
      if (follows(cursor, steps[i]!)) return steps[i];
    }
    const atEnd = cursor.at < cursor.end && cursor.view.getUint8(cursor.at) === BRACE_CLOSE;
    return atEnd ? undefined : this.learn(cursor, before);
  }

  private learn(cursor: ByteCursor, before: number): Step | undefined {
    const from = cursor.at;
    const key = this.readKey(cursor, before);
    const isNull = key >= 0 && cursor.takeBytes(NULL);
    const found =
      key >= 0 && (isNull || !this.keys[key]!.quoted || cursor.view.getUint8(cursor.at) === QUOTE);
    if (!found) {
      cursor.at = from;
      return undefined;
    }
    if (!isNull && this.keys[key]!.quoted) cursor.at++;
    const step = stepOf(cursor, from, key, isNull);
    if (step.length <= LONGEST) {
      const steps = this.learned[before]!;
      if (steps.length < WAYS) steps.push(step);
      else steps[this.replaced++ % WAYS] = step;
    }
    return step;
  }

  private readKey(cursor: ByteCursor, before: number): number {
    if (!cursor.take(before === this.start ? BRACE_OPEN : COMMA)) return -1;
    const key = this.names.findIndex((name) => cursor.takeBytes(name));
    return key >= 0 && cursor.take(COLON) ? key : -1;
  }
}

/** The bytes from `from` to the cursor as a step; none is shorter than the five of `"x":`, comma or brace included. */
function stepOf(cursor: ByteCursor, from: number, key: number, isNull: boolean): Step {
  const { view, at } = cursor;
  const length = at - from;
  const words = Int32Array.from({ length: length >> 2 }, (_, i) =>
    view.getInt32(from + i * 4, true),
  );
  return { key, isNull, words, tail: view.getInt32(at - 4, true), length };
}

function follows(cursor: ByteCursor, step: Step): boolean {
  const { view, at } = cursor;
  const { words, length } = step;
  if (at + length > cursor.end) return false;
  for (let i = 0; i < words.length; i++) {
    if (view.getInt32(at + i * 4, true) !== words[i]) return false;
  }
  if (view.getInt32(at + length - 4, true) !== step.tail) return false;
  cursor.at = at + length;
  return true;
}
