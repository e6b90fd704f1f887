/** Newline-delimited JSON: records cut out of chunks of bytes, without a string or a copy per line. */

const NEWLINE = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/** Takes one record and the number of the line it starts on, from 1. */
export type TakeRecord = (bytes: Buffer, line: number) => void;

/** Cuts a file into records, given its bytes chunk by chunk. */
export interface Splitter {
  push(chunk: Buffer, take: TakeRecord): void;
  /** The file is over: hands on what has no newline behind it. */
  end(take: TakeRecord): void;
}

/**
 * One record a line. Blank lines are skipped; a byte order mark and carriage returns are dropped. Of a line
 * longer than `maxRecordBytes` only the first part is kept, one byte longer than allowed, so that the
 * decoder refuses it as too large and memory stays bounded whatever the file.
 */
export class LineSplitter implements Splitter {
  private readonly maxRecordBytes: number;
  private line = 1;
  /** The start of a line whose end is not seen yet. */
  private carried: Buffer[] = [];
  private carriedBytes = 0;

  constructor(maxRecordBytes: number) {
    this.maxRecordBytes = maxRecordBytes;
  }

  push(chunk: Buffer, take: TakeRecord): void {
    let start = 0;
    for (;;) {
      const newline = chunk.indexOf(NEWLINE, start);
      if (newline < 0) break;
      if (this.carriedBytes > 0) {
        this.carry(chunk.subarray(start, newline));
        this.takeCarried(take);
      } else {
        emitLine(chunk, start, newline, this.line, this.maxRecordBytes, take);
      }
      this.line++;
      start = newline + 1;
    }
    this.carry(chunk.subarray(start));
  }

  end(take: TakeRecord): void {
    if (this.carriedBytes > 0) this.takeCarried(take);
  }

  /** Keeps at most one byte more than allowed, plus the carriage return that may still go. */
  private carry(part: Buffer): void {
    const room = this.maxRecordBytes + 2 - this.carriedBytes;
    if (part.length === 0 || room <= 0) return;
    this.carried.push(part.subarray(0, room));
    this.carriedBytes += Math.min(part.length, room);
  }

  private takeCarried(take: TakeRecord): void {
    const bytes = this.carried.length === 1 ? this.carried[0]! : Buffer.concat(this.carried);
    this.carried = [];
    this.carriedBytes = 0;
    emitLine(bytes, 0, bytes.length, this.line, this.maxRecordBytes, take);
  }
}

/** Hands on bytes `start` to `end` as the record of a line, trimmed at its ends and cut at the limit. */
export function emitLine(
  bytes: Buffer,
  start: number,
  end: number,
  line: number,
  maxRecordBytes: number,
  take: TakeRecord,
): void {
  let from = start;
  let to = end;
  if (to > from && bytes[to - 1] === CARRIAGE_RETURN) to--;
  if (line === 1 && startsWithMark(bytes, from, to)) from += 3;
  if (to - from > maxRecordBytes) to = from + maxRecordBytes + 1;
  else if (isBlank(bytes, from, to)) return;
  take(bytes.subarray(from, to), line);
}

/** The byte order mark of UTF-8. */
function startsWithMark(bytes: Buffer, from: number, to: number): boolean {
  return (
    to - from >= 3 && bytes[from] === 0xef && bytes[from + 1] === 0xbb && bytes[from + 2] === 0xbf
  );
}

function isBlank(bytes: Buffer, from: number, to: number): boolean {
  for (let at = from; at < to; at++) {
    const byte = bytes[at]!;
    if (byte !== 0x20 && byte !== 0x09 && byte !== CARRIAGE_RETURN) return false;
  }
  return true;
}
