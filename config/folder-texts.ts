/**
 * A folder's files as they stand at one moment, so that what is checked, compiled and stored is one content.
 * Names that begin with a dot are passed over: a mounted ConfigMap keeps its generations in them, and the
 * names beside them are links into the newest one.
 */

import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** What configuration is written in; the loader that ships beside it is none. */
const WRITTEN = /\.(ya?ml|txt|csv)$/;
const DEEPEST = 3;

export interface FolderTexts {
  readonly texts: Readonly<Record<string, string>>;
  /** Of paths and contents. */
  readonly hash: string;
}

/** Rejects, as the file system does, when a file goes while it is read: whoever asked looks again. */
export async function readFolderTexts(directory: string): Promise<FolderTexts> {
  const paths = (await pathsBelow(directory, '', DEEPEST)).sort();
  const texts: Record<string, string> = {};
  const hash = createHash('sha256');
  for (const path of paths) {
    const text = await readFile(join(directory, path), 'utf8');
    texts[path] = text;
    hash.update(`${path}\n${text.length}\n`).update(text);
  }
  return { texts, hash: hash.digest('hex') };
}

/** Changes whenever a file is written, added, removed or linked elsewhere; costs no reading. */
export async function folderStamp(directory: string): Promise<string> {
  const stamps: string[] = [];
  for (const path of await pathsBelow(directory, '', DEEPEST)) {
    const { ino, size, mtimeMs } = await stat(join(directory, path));
    stamps.push(`${path} ${ino} ${size} ${mtimeMs}`);
  }
  return stamps.sort().join('\n');
}

async function pathsBelow(directory: string, below: string, depth: number): Promise<string[]> {
  const found: string[] = [];
  for (const name of await readdir(join(directory, below))) {
    if (name.startsWith('.')) continue;
    const path = below === '' ? name : `${below}/${name}`;
    const { isDirectory, isFile } = await kindOf(join(directory, path));
    if (isFile && WRITTEN.test(name)) found.push(path);
    if (isDirectory && depth > 1) found.push(...(await pathsBelow(directory, path, depth - 1)));
  }
  return found;
}

/** Through links, which is what a mounted ConfigMap is made of. */
async function kindOf(path: string): Promise<{ isDirectory: boolean; isFile: boolean }> {
  const found = await stat(path);
  return { isDirectory: found.isDirectory(), isFile: found.isFile() };
}
