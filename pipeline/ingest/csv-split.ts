/**
 * CSV cut into rows of bytes: a newline inside a quoted field does not end a row. Quotes count only at the
 * start of a field, as RFC 4180 has it, so that an inch mark in the middle of a text harms one row at most.
 */

import { emitLine, type Splitter, type TakeRecord } from './ndjson.ts';

const NEWLINE = 0x0a;
const QUOTE = 0x22;

export class CsvSplitter implements Splitter {
  private readonly maxRecordBytes: number;
  private readonly delimiter: number;
  private line = 1;
  /** The bytes from the start of the row whose end is not seen yet. */
  private carried: Buffer = Buffer.alloc(0);
  /** The row was longer than allowed and is handed on; its rest is dropped up to the next newline. */
  private skipping = false;

  constructor(maxRecordBytes: number, delimiter: string) {
    this.maxRecordBytes = maxRecordBytes;
    this.delimiter = delimiter.charCodeAt(0);
  }

  push(chunk: Buffer, take: TakeRecord): void {
    let bytes = chunk;
    if (this.skipping) {
      const newline = chunk.indexOf(NEWLINE);
      if (newline < 0) return;
      this.skipping = false;
      this.line++;
      bytes = chunk.subarray(newline + 1);
    } else if (this.carried.length > 0) {
      bytes = Buffer.concat([this.carried, chunk]);
    }
    this.carried = bytes.subarray(this.cut(bytes, take));
  }

  end(take: TakeRecord): void {
    const bytes = this.carried;
    this.carried = Buffer.alloc(0);
    if (bytes.length > 0) emitLine(bytes, 0, bytes.length, this.line, this.maxRecordBytes, take);
  }

  /** Hands on every whole row; returns where the last, unfinished one starts. */
  private cut(bytes: Buffer, take: TakeRecord): number {
    let start = 0;
    // Looked for once per quote, not once per row: most files have none.
    let quote = bytes.indexOf(QUOTE);
    for (;;) {
      if (quote >= 0 && quote < start) quote = bytes.indexOf(QUOTE, start);
      const row = this.endOfRow(bytes, start, quote);
      const length = (row.end < 0 ? bytes.length : row.end) - start;
      if (length > this.maxRecordBytes + 1 && (row.end < 0 || row.lines > 1)) {
        start = this.giveUp(bytes, start, take);
        continue;
      }
      if (row.end < 0) return start;
      emitLine(bytes, start, row.end, this.line, this.maxRecordBytes, take);
      this.line += row.lines;
      start = row.end + 1;
    }
  }

  /**
   * A row longer than allowed, most likely because a quote was never closed: its first part goes on as too
   * large, and rows are looked for again behind the next newline after that part.
   */
  private giveUp(bytes: Buffer, start: number, take: TakeRecord): number {
    const cutAt = start + this.maxRecordBytes + 1;
    emitLine(bytes, start, cutAt, this.line, this.maxRecordBytes, take);
    for (let at = start; at < cutAt; at++) if (bytes[at] === NEWLINE) this.line++;
    const newline = bytes.indexOf(NEWLINE, cutAt);
    this.skipping = newline < 0;
    if (this.skipping) return bytes.length;
    this.line++;
    return newline + 1;
  }

  /** The newline that ends the row at `start`, −1 when it is not there yet, and how many lines the row has. */
  private endOfRow(bytes: Buffer, start: number, quote: number): { end: number; lines: number } {
    const newline = bytes.indexOf(NEWLINE, start);
    if (quote < 0 || (newline >= 0 && quote > newline)) return { end: newline, lines: 1 };
    let lines = 1;
    let quoted = false;
    let fieldStart = true;
    for (let at = start; at < bytes.length; at++) {
      const byte = bytes[at]!;
      if (quoted) {
        if (byte === QUOTE && bytes[at + 1] === QUOTE) at++;
        else if (byte === QUOTE) quoted = false;
        else if (byte === NEWLINE) lines++;
      } else if (byte === NEWLINE) {
        return { end: at, lines };
      } else if (byte === QUOTE && fieldStart) {
        quoted = true;
      }
      fieldStart = !quoted && byte === this.delimiter;
    }
    return { end: -1, lines };
  }
}
