import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../pipeline/clock.ts';
import { Failure } from '../../pipeline/failure.ts';
import { socketPathIn, startPrivateRedis } from '../../pipeline/reward/private-redis.ts';
import { openRedis, privateRedisRuns, type RedisServer } from '../../pipeline/reward/redis.ts';
import { silentLogger } from '../../pipeline/telemetry.ts';
import { startTestRedis } from '../support/redis.ts';

const log = silentLogger();
const clock = systemClock;
let folder: string;
const opened: RedisServer[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sheepdog-private-'));
});
afterEach(async () => {
  for (const server of opened.splice(0)) await server.close();
  await rm(folder, { recursive: true, force: true });
});

async function open(options: Partial<Parameters<typeof openRedis>[0]> = {}): Promise<RedisServer> {
  const server = await openRedis({ dataDir: folder, clock, log, ...options });
  opened.push(server);
  return server;
}

/** One command on a connection of its own. */
async function ask<T>(
  server: RedisServer,
  run: (redis: ReturnType<RedisServer['connect']>) => Promise<T>,
): Promise<T> {
  const redis = server.connect('blocking');
  const answer = await run(redis);
  redis.disconnect();
  return answer;
}

/** Whether a process is alive: a zombie is not. */
async function alive(pid: number): Promise<boolean> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  return text !== '' && text.slice(text.lastIndexOf(')') + 2, text.lastIndexOf(')') + 3) !== 'Z';
}

describe('a private server', () => {
  test('keeps every acknowledged write and evicts nothing', async () => {
    const server = await open();
    const settings = await ask(server, (redis) =>
      redis.config('GET', 'appendonly', 'appendfsync', 'maxmemory-policy', 'port'),
    );
    expect(settings).toEqual(
      expect.arrayContaining(['appendonly', 'yes', 'appendfsync', 'always', 'noeviction', '0']),
    );
  });

  test('has its data again after a stop and a start', async () => {
    const first = await open();
    await ask(first, (redis) => redis.set('key', 'kept'));
    await first.close();
    expect(await privateRedisRuns(folder)).toBe(false);
    expect(await ask(await open(), (redis) => redis.get('key'))).toBe('kept');
  });

  test('is started again when it dies, and its connections come back by themselves', async () => {
    const server = await startPrivateRedis({ dataDir: folder, clock, log });
    const view = await open({ attach: true });
    const redis = view.connect('blocking');
    await redis.set('key', 'kept');
    const pid = server.pid()!;
    process.kill(pid, 'SIGKILL');
    expect(await redis.get('key')).toBe('kept');
    // It answers before it is known to be ready.
    await expect.poll(() => server.pid(), { timeout: 60_000 }).not.toBe(pid);
    redis.disconnect();
    await server.stop();
  });

  test('ends with its parent, killed or not, and the next worker takes its data over', async () => {
    const script = join(import.meta.dirname, 'hold-private-redis.ts');
    const parent = spawn(process.execPath, ['--import', 'tsx', script, folder], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = (await once(parent.stdout, 'data')) as [Buffer];
    const pid = Number(line.toString());
    expect(await alive(pid)).toBe(true);
    parent.kill('SIGKILL');
    // At once, while the leftover may still be alive.
    const next = await open();
    expect(await ask(next, (redis) => redis.get('written-by-the-parent'))).toBe('yes');
    // What it held is free before it is gone.
    await expect.poll(() => alive(pid), { timeout: 60_000 }).toBe(false);
  });

  test('a command beside a running worker attaches to its server and leaves it running', async () => {
    const worker = await open();
    await ask(worker, (redis) => redis.set('key', 'seen'));
    const beside = await openRedis({ dataDir: folder, clock, log, attach: true });
    expect(await ask(beside, (redis) => redis.get('key'))).toBe('seen');
    await beside.close();
    expect(await privateRedisRuns(folder)).toBe(true);
  });

  test('listens elsewhere when the path of the data folder is too long for a socket', async () => {
    const deep = join(folder, 'd'.repeat(120));
    await mkdir(deep);
    const path = await socketPathIn(deep);
    expect(Buffer.byteLength(path)).toBeLessThan(104);
    expect((await stat(join(path, '..'))).mode & 0o777).toBe(0o700);
    const server = await open({ dataDir: deep });
    expect(await ask(server, (redis) => redis.ping())).toBe('PONG');
    await rm(join(path, '..'), { recursive: true, force: true });
  });

  test('a missing program is named with the line that installs it', async () => {
    const start = startPrivateRedis({ dataDir: folder, clock, log, program: 'no-such-redis' });
    await expect(start).rejects.toThrow(
      /no-such-redis is not installed: apt-get install redis-server/,
    );
    await expect(start).rejects.toBeInstanceOf(Failure);
  });

  test('a folder that cannot be used is named', async () => {
    await writeFile(join(folder, 'redis'), 'a file in the way');
    await expect(open()).rejects.toThrow(
      `the private Redis cannot write to ${join(folder, 'redis')}`,
    );
  });

  test('what the server says about a damaged file reaches the user', async () => {
    await mkdir(join(folder, 'redis', 'appendonlydir'), { recursive: true });
    await writeFile(
      join(folder, 'redis', 'appendonlydir', 'appendonly.aof.manifest'),
      'nonsense\n',
    );
    await expect(open()).rejects.toThrow(/the private Redis did not start: .*manifest/i);
  });
});

describe('a server by address', () => {
  test('is used, warned about when it is volatile, and left running', async () => {
    const server = await startTestRedis({ tcp: true });
    const opened = await openRedis({ url: server.url, clock, log });
    expect(opened.warnings.join()).toContain('append-only');
    expect(await ask(opened, (redis) => redis.set('key', 'x'))).toBe('OK');
    await opened.close();
    expect(await server.connect().get('key')).toBe('x');
    await server.close();
  });

  test('is refused when it would evict', async () => {
    const settings = ['--maxmemory', '100mb', '--maxmemory-policy', 'allkeys-lru'];
    const server = await startTestRedis({ tcp: true, settings });
    await expect(openRedis({ url: server.url, clock, log })).rejects.toThrow(
      'set maxmemory-policy noeviction',
    );
    await server.close();
  });

  test('that does not answer ends in one line without its password', async () => {
    const failure = await openRedis({
      url: 'redis://user:secret@127.0.0.1:1/0',
      clock,
      log,
    }).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(Failure);
    expect((failure as Failure).message).toMatch(
      /^Redis at redis:\/\/127\.0\.0\.1:1\/0 cannot be used \(.*ECONNREFUSED.*\): start it, or correct REDIS_URL$/,
    );
    expect((failure as Failure).message).not.toContain('secret');
  });

  test('that is no address is wrong usage', async () => {
    await expect(openRedis({ url: 'localhost', clock, log })).rejects.toMatchObject({
      exitCode: 2,
    });
  });
});
