/**
 * The bytes of one inbox segment: a header with the sequence number of its first record, then records.
 *
 *     header   "SHDINBX1" (8 bytes), sequence number of the first record (u64 LE)
 *     record   crc32 over all that follows (u32 LE), body length (u32 LE), receivedAtMs (f64 LE), body
 *
 * The checksum covers the length too, and a run of zeros (what a file system leaves behind a crash in a
 * file that had grown, and what the writer fills a file with ahead of its records) has a wrong one, so a torn
 * record can never be read as a whole one.
 */

import { crc32 } from 'node:zlib';
import type { RawRecord } from './source.ts';

const MAGIC = Buffer.from('SHDINBX1', 'latin1');
export const SEGMENT_HEADER_BYTES = 16;
const RECORD_HEADER_BYTES = 16;

export interface InboxEntry {
  readonly bytes: Buffer;
  /** Milliseconds since the Unix epoch. */
  readonly receivedAtMs: number;
}

/** A record of the log; `position` is its sequence number in decimal. */
export interface InboxRecord extends RawRecord {
  readonly sequence: number;
}

/** A record under its number, which is its position too. */
export function numbered({ bytes, receivedAtMs }: InboxEntry, sequence: number): InboxRecord {
  return { bytes, receivedAtMs, position: String(sequence), sequence };
}

/** The header of a segment whose first record has the sequence number `base`. */
export function encodeSegmentHeader(base: number): Buffer {
  const header = Buffer.allocUnsafe(SEGMENT_HEADER_BYTES);
  MAGIC.copy(header);
  header.writeBigUInt64LE(BigInt(base), 8);
  return header;
}

/** All entries as one run of bytes, so that one write carries a whole group. */
export function encodeEntries(entries: readonly InboxEntry[]): Buffer {
  let size = 0;
  for (const entry of entries) size += RECORD_HEADER_BYTES + entry.bytes.length;
  const out = Buffer.allocUnsafe(size);
  let at = 0;
  for (const entry of entries) {
    const end = at + RECORD_HEADER_BYTES + entry.bytes.length;
    out.writeUInt32LE(entry.bytes.length, at + 4);
    out.writeDoubleLE(entry.receivedAtMs, at + 8);
    entry.bytes.copy(out, at + RECORD_HEADER_BYTES);
    out.writeUInt32LE(crc32(out.subarray(at + 4, end)), at);
    at = end;
  }
  return out;
}

export interface SegmentContent {
  readonly entries: readonly InboxEntry[];
  /** Length of the readable part. 0: not even the header is whole. */
  readonly endOffset: number;
  /** Bytes beyond it up to the last that is not zero: torn or damaged. */
  readonly wrongBytes: number;
}

/** Reads the whole records from the front; stops at the first that is not whole. Entries share `file`'s memory. */
export function decodeSegment(file: Buffer, base: number): SegmentContent {
  const entries: InboxEntry[] = [];
  if (
    file.length < SEGMENT_HEADER_BYTES ||
    !file.subarray(0, MAGIC.length).equals(MAGIC) ||
    file.readBigUInt64LE(8) !== BigInt(base)
  ) {
    return { entries, endOffset: 0, wrongBytes: wrongBytesFrom(file, 0) };
  }
  let at = SEGMENT_HEADER_BYTES;
  while (at + RECORD_HEADER_BYTES <= file.length) {
    const end = at + RECORD_HEADER_BYTES + file.readUInt32LE(at + 4);
    if (end > file.length || crc32(file.subarray(at + 4, end)) !== file.readUInt32LE(at)) break;
    const bytes = file.subarray(at + RECORD_HEADER_BYTES, end);
    entries.push({ bytes, receivedAtMs: file.readDoubleLE(at + 8) });
    at = end;
  }
  return { entries, endOffset: at, wrongBytes: wrongBytesFrom(file, at) };
}

function wrongBytesFrom(file: Buffer, offset: number): number {
  let end = file.length;
  while (end > offset && file[end - 1] === 0) end--;
  return end - offset;
}

/** Segment files sort by name as their records do by number. */
export function segmentName(base: number): string {
  return `inbox-${base.toString().padStart(16, '0')}.log`;
}

/** The base in a segment's file name, or undefined when the file is not a segment. */
export function segmentBase(name: string): number | undefined {
  const match = /^inbox-(\d{16})\.log$/.exec(name);
  return match === null ? undefined : Number(match[1]);
}
