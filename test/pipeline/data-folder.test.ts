import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { holdDataFolder } from '../../pipeline/data-folder.ts';

let parent: string;
beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'sheepdog-folder-'));
});
afterEach(() => rm(parent, { recursive: true, force: true }));

describe('a data folder', () => {
  it('is made with its parents, for its owner only, and its secret stays the same', async () => {
    const path = join(parent, 'a', 'b', 'data');
    const first = await holdDataFolder(path);
    expect((await stat(path)).mode & 0o777).toBe(0o700);
    expect((await stat(join(path, 'secret'))).mode & 0o777).toBe(0o600);
    await first.release();
    const second = await holdDataFolder(path);
    expect(second.secret).toEqual(first.secret);
    expect(second.secret).toHaveLength(32);
    const other = await holdDataFolder(join(parent, 'other'));
    expect(other.secret).not.toEqual(first.secret);
  });

  it('is refused while a live process holds it, and held again after that released it', async () => {
    const path = join(parent, 'data');
    const first = await holdDataFolder(path);
    const refusal = `in use by process ${process.pid}: stop it, or choose another folder`;
    await expect(holdDataFolder(path)).rejects.toThrow(refusal);
    await first.release();
    await expect(holdDataFolder(path)).resolves.toHaveProperty('path', path);
  });

  it('is taken over from a process that ended without releasing it', async () => {
    const path = join(parent, 'data');
    const child = spawn(process.execPath, ['-e', '']);
    await once(child, 'exit');
    await (await holdDataFolder(path)).release();
    await writeFile(join(path, 'lock'), `${child.pid} 12345\n`);
    await holdDataFolder(path);
    expect(await readFile(join(path, 'lock'), 'utf8')).toMatch(`${process.pid} `);
  });

  it('is taken over when its process number belongs to another process by now', async () => {
    const path = join(parent, 'data');
    await (await holdDataFolder(path)).release();
    // This very process, but with another beginning.
    await writeFile(join(path, 'lock'), `${process.pid} 1\n`);
    await expect(holdDataFolder(path)).resolves.toHaveProperty('path', path);
  });

  it('is taken over when its lock was left empty by a power cut', async () => {
    const path = join(parent, 'data');
    await (await holdDataFolder(path)).release();
    await writeFile(join(path, 'lock'), '');
    await expect(holdDataFolder(path)).resolves.toHaveProperty('path', path);
  });

  it('is refused when its secret is damaged, and the lock is left to nobody', async () => {
    const path = join(parent, 'data');
    await (await holdDataFolder(path)).release();
    await writeFile(join(path, 'secret'), 'short');
    await expect(holdDataFolder(path)).rejects.toThrow('secret is damaged: it must hold 32 bytes');
    await expect(stat(join(path, 'lock'))).rejects.toThrow('ENOENT');
  });

  it('is refused when it is a file, or where none can be made', async () => {
    const path = join(parent, 'file');
    await writeFile(path, '');
    await expect(holdDataFolder(path)).rejects.toThrow(/cannot be written .*--data/);
    await expect(holdDataFolder(join(path, 'below'))).rejects.toThrow(/cannot be written/);
  });
});
