/**
 * A growing buffer of rows in ClickHouse's RowBinary format: strings as a variable-length byte count and
 * the bytes, integers and floats little-endian, a null as one leading byte. Both profiles take it, and
 * writing it makes no object per row. Source: clickhouse.com/docs, "RowBinary".
 */

const INITIAL_BYTES = 64 * 1024;
/** Below this a loop beats the call into the runtime's copy. */
const SHORT_BYTES = 40;
const WORD_BYTES = 4;
const TWO_32 = 4_294_967_296;

export class RowWriter {
  private buffer: Buffer;
  private view: DataView;
  private at = 0;
  /** What `span` copies from: the bytes, their memory, and where in it they begin; −1 when words may not be read. */
  private source: Uint8Array = new Uint8Array(0);
  private memory: ArrayBufferLike = this.source.buffer;
  private words: DataView = new DataView(this.memory);
  private base = -1;

  constructor(initialBytes = INITIAL_BYTES) {
    this.buffer = Buffer.allocUnsafeSlow(initialBytes);
    this.view = viewOf(this.buffer);
  }

  /** Bytes written since the last `clear`. */
  get length(): number {
    return this.at;
  }

  /** What was written. It shares memory with the writer and is valid until the next `clear`. */
  written(): Buffer {
    return this.buffer.subarray(0, this.at);
  }

  /** Forgets what was written and keeps the memory, unless one burst has made it larger than `keepBytes`. */
  clear(keepBytes = Infinity): void {
    this.at = 0;
    if (this.buffer.length > keepBytes) {
      this.buffer = Buffer.allocUnsafeSlow(INITIAL_BYTES);
      this.view = viewOf(this.buffer);
    }
  }

  /** The string that was written at an offset. */
  textAt(offset: number): string {
    let length = 0;
    let at = offset;
    for (let shift = 0; ; shift += 7) {
      const byte = this.buffer[at++]!;
      length |= (byte & 0x7f) << shift;
      if (byte < 0x80) break;
    }
    return this.buffer.toString('utf8', at, at + length);
  }

  u8(value: number): void {
    this.reserve(1);
    this.buffer[this.at++] = value;
  }

  bool(value: boolean): void {
    this.u8(value ? 1 : 0);
  }

  u16(value: number): void {
    this.reserve(2);
    this.view.setUint16(this.at, value, true);
    this.at += 2;
  }

  /** A 32-bit integer, signed or not: the bytes are the same. */
  i32(value: number): void {
    this.reserve(4);
    this.view.setInt32(this.at, value, true);
    this.at += 4;
  }

  /** A 64-bit integer from a number. Exact for every safe integer, negative ones included. */
  i64(value: number): void {
    this.reserve(8);
    this.view.setInt32(this.at, value, true);
    this.view.setInt32(this.at + 4, Math.floor(value / TWO_32), true);
    this.at += 8;
  }

  /** As `i64`, of element i of a column: a number that is passed on may have to be boxed. */
  i64At(column: Float64Array, i: number): void {
    const value = column[i]!;
    this.reserve(8);
    this.view.setInt32(this.at, value, true);
    this.view.setInt32(this.at + 4, Math.floor(value / TWO_32), true);
    this.at += 8;
  }

  /** A 64-bit integer from its halves, for values beyond 2^53. */
  i64Halves(high: number, low: number): void {
    this.reserve(8);
    this.view.setInt32(this.at, low, true);
    this.view.setInt32(this.at + 4, high, true);
    this.at += 8;
  }

  f64(value: number): void {
    this.reserve(8);
    this.view.setFloat64(this.at, value, true);
    this.at += 8;
  }

  /** The count that precedes a string, an array or a map. */
  count(value: number): void {
    this.reserve(5);
    let rest = value;
    while (rest >= 0x80) {
      this.buffer[this.at++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    this.buffer[this.at++] = rest;
  }

  /** A string from text. */
  text(value: string): void {
    const { length } = value;
    if (length < SHORT_BYTES && this.shortAscii(value, length)) return;
    const bytes = Buffer.byteLength(value);
    this.count(bytes);
    this.reserve(bytes);
    this.at += this.buffer.write(value, this.at, bytes, 'utf8');
  }

  /** A string from `length` bytes of UTF-8; a negative length is an absent value and writes ''. */
  bytes(source: Uint8Array, start: number, length: number): void {
    if (length <= 0) {
      this.u8(0);
      return;
    }
    this.count(length);
    this.copy(source, start, length);
  }

  /** The bytes that `span` copies from, until another source is named. */
  from(source: Uint8Array): void {
    this.source = source;
    const memory = source.buffer;
    // Records of one fetch share their memory: a view of it is made once.
    if (memory !== this.memory) {
      this.memory = memory;
      this.words = new DataView(memory);
    }
    const base = source.byteOffset;
    this.base = base + source.length + WORD_BYTES <= memory.byteLength ? base : -1;
  }

  /**
   * As `bytes`, of the source named by `from`. A short one is copied by words, which reads and writes up to
   * three bytes too many: what lies behind it in memory is overwritten by the next value.
   */
  span(start: number, length: number): void {
    if (length <= 0 || length >= SHORT_BYTES || this.base < 0) {
      this.bytes(this.source, start, length);
      return;
    }
    this.reserve(1 + length + WORD_BYTES);
    const { view, words, at } = this;
    view.setUint8(at, length);
    const from = this.base + start;
    for (let i = 0; i < length; i += WORD_BYTES)
      view.setInt32(at + 1 + i, words.getInt32(from + i, true), true);
    this.at = at + 1 + length;
  }

  /** A string of two parts: a fixed prefix and a span of bytes. */
  prefixed(prefix: Uint8Array, source: Uint8Array, start: number, length: number): void {
    this.count(prefix.length + length);
    this.copy(prefix, 0, prefix.length);
    this.copy(source, start, length);
  }

  /** Bytes that are already RowBinary, such as a string that repeats on every row. */
  encoded(value: Uint8Array): void {
    this.copy(value, 0, value.length);
  }

  private copy(source: Uint8Array, start: number, length: number): void {
    this.reserve(length);
    const { buffer, at } = this;
    if (length < SHORT_BYTES) {
      for (let i = 0; i < length; i++) buffer[at + i] = source[start + i]!;
    } else {
      buffer.set(source.subarray(start, start + length), at);
    }
    this.at = at + length;
  }

  /** Writes text of one-byte characters; false, with nothing written, when there is any other. */
  private shortAscii(value: string, length: number): boolean {
    this.reserve(length + 1);
    const { buffer, at } = this;
    for (let i = 0; i < length; i++) {
      const code = value.charCodeAt(i);
      if (code >= 0x80) return false;
      buffer[at + 1 + i] = code;
    }
    buffer[at] = length;
    this.at = at + 1 + length;
    return true;
  }

  private reserve(bytes: number): void {
    const needed = this.at + bytes;
    if (needed <= this.buffer.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.max(needed, this.buffer.length * 2));
    this.buffer.copy(grown, 0, 0, this.at);
    this.buffer = grown;
    this.view = viewOf(grown);
  }
}

function viewOf(buffer: Buffer): DataView {
  return new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength);
}

/** A string as RowBinary, to be written again and again with `encoded`. */
export function encodedText(value: string): Uint8Array {
  const out = new RowWriter(value.length * 3 + 8);
  out.text(value);
  return Uint8Array.from(out.written());
}
