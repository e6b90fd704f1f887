/** What an inbox folder holds at start: which segments, what is still to be delivered, where writing goes on. */

import { mkdir, open, readdir, readFile, rename, truncate, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from '../telemetry.ts';
import { readCheckpoint, syncFolder } from './inbox-checkpoint.ts';
import {
  decodeSegment,
  numbered,
  segmentBase,
  segmentName,
  type InboxRecord,
} from './inbox-segment.ts';

/** A segment with records that are not known to be durable. */
export interface StoredSegment {
  /** Its records from the durable position on, in order. */
  read(): Promise<readonly InboxRecord[]>;
}

export interface InboxFolder {
  /** Sequence number of the first record not known to be durable. */
  readonly durable: number;
  /** Sequence number of the next record to be written. */
  readonly next: number;
  /** Bases of the segments, ascending. */
  readonly bases: readonly number[];
  /** Length of the last segment; undefined when writing cannot go on in it. */
  readonly lastBytes: number | undefined;
  readonly undelivered: readonly StoredSegment[];
  readonly cutBytes: number;
}

/**
 * Opens a folder, made when missing, and cuts the torn tail that a crash left behind. A torn record was never
 * synced, so nobody was told that it was accepted.
 */
export async function openInboxFolder(folder: string, log: Logger): Promise<InboxFolder> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await assertWritable(folder);
  const names = await readdir(folder);
  const bases = names
    .map(segmentBase)
    .filter((base) => base !== undefined)
    .sort((a, b) => a - b);
  const checkpoint = (await readCheckpoint(folder)) ?? 0;
  const tail = await cutTail(folder, bases, log);
  const next = Math.max(checkpoint, tail.next);
  const durable = Math.min(next, Math.max(checkpoint, bases[0] ?? checkpoint));
  const undelivered = bases
    .filter((_, i) => (bases[i + 1] ?? next) > durable)
    .map((base) => ({ read: () => readRecords(folder, base, bases, durable, log) }));
  // A segment numbers its records by counting: only one that ends at `next` can be continued.
  const lastBytes = tail.next === next ? tail.bytes : undefined;
  return { durable, next, bases, lastBytes, undelivered, cutBytes: tail.cutBytes };
}

/** A folder that can be read only must be refused at start, not at the first event. */
async function assertWritable(folder: string): Promise<void> {
  const probe = join(folder, 'probe.tmp');
  await (await open(probe, 'w', 0o600)).close();
  await unlink(probe);
}

interface Tail {
  readonly next: number;
  readonly bytes: number | undefined;
  readonly cutBytes: number;
}

/** Repairs the last segment. `bases` loses its last element when not even that segment's header was whole. */
async function cutTail(folder: string, bases: number[], log: Logger): Promise<Tail> {
  const base = bases.at(-1);
  if (base === undefined) return { next: 0, bytes: undefined, cutBytes: 0 };
  const path = join(folder, segmentName(base));
  const file = await readFile(path);
  const content = decodeSegment(file, base);
  const cutBytes = content.wrongBytes;
  if (cutBytes > 0) {
    log.warn({ segment: path, cutBytes }, 'inbox: the torn tail of a crash was cut');
  }
  if (content.endOffset === 0) {
    // The header is synced before the first record is written: no record can have been accepted here.
    await unlink(path);
    await syncFolder(folder);
    bases.pop();
    const before = await cutTail(folder, bases, log);
    return { ...before, next: Math.max(base, before.next), cutBytes: before.cutBytes + cutBytes };
  }
  if (file.length > content.endOffset) await truncate(path, content.endOffset);
  return { next: base + content.entries.length, bytes: content.endOffset, cutBytes };
}

async function readRecords(
  folder: string,
  base: number,
  bases: readonly number[],
  durable: number,
  log: Logger,
): Promise<readonly InboxRecord[]> {
  const path = join(folder, segmentName(base));
  const content = decodeSegment(await readFile(path), base);
  if (content.wrongBytes > 0 && base !== bases.at(-1)) {
    // Not a torn tail: the disk changed what was synced. What can be read is delivered, the rest is kept for repair.
    await rename(path, `${path}.damaged`);
    log.error(
      { segment: `${path}.damaged`, lostBytes: content.wrongBytes },
      'inbox: a segment is damaged',
    );
  }
  return content.entries
    .map((entry, i) => numbered(entry, base + i))
    .filter((record) => record.sequence >= durable);
}
