/**
 * The inbox's durable position on disk: the sequence number of the first record that is not known to be
 * durable in ClickHouse. Written to a temporary file, synced and renamed, so a crash leaves the old or the new one.
 */

import { open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';

const FILE = 'checkpoint.json';

/**
 * The stored position; undefined when there is none or it cannot be read. Losing it is harmless: what is still in
 * the log is delivered again and recognised as repeated.
 */
export async function readCheckpoint(folder: string): Promise<number | undefined> {
  let text: string;
  try {
    text = await readFile(join(folder, FILE), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  const match = /^\{"durable":(\d{1,16})\}\n$/.exec(text);
  return match === null ? undefined : Number(match[1]);
}

/** Writes the position atomically. */
export async function writeCheckpoint(folder: string, durable: number): Promise<void> {
  const path = join(folder, FILE);
  const file = await open(`${path}.tmp`, 'w', 0o600);
  try {
    await file.writeFile(`{"durable":${durable}}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(`${path}.tmp`, path);
  await syncFolder(folder);
}

/** Makes file names created, renamed or removed in a folder survive a power cut. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
