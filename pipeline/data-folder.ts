/** The data folder of a worker: made, checked for writing, and held by one process at a time. */

import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { link, mkdir, readFile, unlink, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { Failure, messageOf } from './failure.ts';

export interface DataFolder {
  readonly path: string;
  /** Secret of this folder's deployment, 32 bytes, made once: seeds of hashes and card tokens. */
  readonly secret: Buffer;
  release(): Promise<void>;
}

const SECRET_BYTES = 32;
const LOCK = 'lock';

/** @throws Failure when the folder cannot be written or another live process holds it. */
export async function holdDataFolder(path: string): Promise<DataFolder> {
  const lock = join(path, LOCK);
  try {
    await makeFolder(path);
  } catch (error) {
    throw unusable(path, error);
  }
  await takeLock(path, lock);
  const release = (): Promise<void> => unlink(lock).catch(() => undefined);
  try {
    return { path, secret: await ownSecret(path), release };
  } catch (error) {
    await release();
    throw error;
  }
}

/**
 * As `holdDataFolder`, for commands about what a worker left: a mistyped folder is not made, and not taken for one
 * in which all is well.
 *
 * @throws Failure (exit code 2) when no worker has run there, else as `holdDataFolder`.
 */
export async function holdUsedDataFolder(path: string): Promise<DataFolder> {
  await expectUsed(path);
  return holdDataFolder(path);
}

/** @throws Failure (exit code 2) when no worker has run in the folder. */
export async function expectUsed(path: string): Promise<void> {
  if ((await readSecret(path)) !== undefined) return;
  throw new Failure(
    `${path}: no worker has run with this data folder: name the worker's with --data`,
    { exitCode: 2 },
  );
}

/** With its parents. Node's own recursive mkdir never returns where a folder exists but takes none, as /proc. */
async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { mode: 0o700 });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return;
    const parent = dirname(resolve(path));
    if (code !== 'ENOENT' || parent === resolve(path)) throw error;
    await makeFolder(parent);
    await mkdir(path, { mode: 0o700 });
  }
}

/** The live process that holds the folder; undefined where none does. */
export async function holderOf(path: string): Promise<number | undefined> {
  const said = await readFile(join(path, LOCK), 'utf8').catch(() => '');
  const [pid, start] = said.trim().split(' ');
  const isLive = pid !== undefined && start !== undefined && startOf(Number(pid)) === start;
  return isLive ? Number(pid) : undefined;
}

async function takeLock(path: string, lock: string): Promise<void> {
  const self = `${process.pid} ${startOf(process.pid)}\n`;
  // Linked when it is written: whoever finds the lock finds its holder in it.
  const draft = `${lock}.${process.pid}`;
  for (let attempt = 0; attempt < 3; attempt++) {
    try {
      await writeFile(draft, self, { mode: 0o600 });
      await link(draft, lock);
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw unusable(path, error);
    } finally {
      await unlink(draft).catch(() => undefined);
    }
    const holder = await holderOf(path);
    if (holder !== undefined) {
      throw new Failure(
        `data folder ${path} is in use by process ${holder}: stop it, or choose another folder with --data`,
      );
    }
    // Its holder is gone without releasing it: a kill or a power cut.
    await unlink(lock).catch(() => undefined);
  }
  throw new Failure(`data folder ${path}: the lock file ${lock} keeps changing hands; try again`);
}

/** When the process started, in clock ticks since boot: tells a reused process id from the holder. '' when it is gone. */
function startOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    try {
      process.kill(pid, 0);
      // No /proc here: a live process with this id is taken for the holder.
      return 'alive';
    } catch {
      return '';
    }
  }
}

async function ownSecret(path: string): Promise<Buffer> {
  const file = join(path, 'secret');
  try {
    await writeFile(file, randomBytes(SECRET_BYTES), { flag: 'wx', mode: 0o600 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw unusable(path, error);
  }
  return (await readSecret(path))!;
}

/** The secret of a folder that may be held by another process; undefined when it has none yet. @throws Failure */
export async function readSecret(path: string): Promise<Buffer | undefined> {
  const file = join(path, 'secret');
  const secret = await readFile(file).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new Failure(`${file} cannot be read: ${messageOf(error)}`, { cause: error });
  });
  if (secret === undefined || secret.length === SECRET_BYTES) return secret;
  throw new Failure(`${file} is damaged: it must hold 32 bytes; restore it from a backup`);
}

function unusable(path: string, error: unknown): Failure {
  return new Failure(
    `data folder ${path} cannot be written (${messageOf(error)}): fix its permissions, or choose another with --data`,
    { cause: error },
  );
}
