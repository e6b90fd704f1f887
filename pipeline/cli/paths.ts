/** Files that a command names, looked at before anything is started: hours of work must not end at a typing error. */

import { access, constants, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Failure, messageOf } from '../failure.ts';

/** @param path a file, a pipe, or `-` for standard input. @throws Failure when it is not there or cannot be read. */
export async function requireReadable(path: string): Promise<void> {
  if (path === '-') return;
  try {
    if ((await stat(path)).isDirectory()) {
      throw new Failure(`${path} is a folder; name a file`, { exitCode: 2 });
    }
    await access(path, constants.R_OK);
  } catch (error) {
    if (error instanceof Failure) throw error;
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') throw new Failure(`${path}: there is no such file`, { exitCode: 2 });
    if (code === 'EACCES') throw new Failure(`${path}: no permission to read it`);
    throw new Failure(`${path}: cannot be read (${messageOf(error)})`);
  }
}

/**
 * @param path of a file that is to be written when all is done; it need not exist yet, and is not made.
 * @param what it is, for the message: `report`, say.
 * @throws Failure when its folder is not there, or one of them cannot be written.
 */
export async function requireWritable(path: string, what: string): Promise<void> {
  try {
    const found = await stat(path).catch(() => undefined);
    if (found?.isDirectory() === true) throw new Error('it is a folder; name a file');
    await access(found === undefined ? dirname(path) : path, constants.W_OK);
  } catch (error) {
    throw new Failure(`${path}: the ${what} cannot be written: ${messageOf(error)}`);
  }
}
