import { spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../pipeline/clock.ts';
import { Failure } from '../../pipeline/failure.ts';
import { Inbox, InboxRefusal } from '../../pipeline/ingest/inbox.ts';
import { segmentName, type InboxRecord } from '../../pipeline/ingest/inbox-segment.ts';
import type { RawBatch } from '../../pipeline/ingest/source.ts';
import { silentLogger } from '../../pipeline/telemetry.ts';

const NEVER = new AbortController().signal;
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sheepdog-inbox-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const open = (segmentBytes?: number, onSync?: () => void): Promise<Inbox> =>
  Inbox.open({
    folder,
    clock: systemClock,
    log: silentLogger(),
    ...(segmentBytes === undefined ? {} : { segmentBytes }),
    ...(onSync === undefined ? {} : { onSync }),
  });

const entry = (text: string) => ({ bytes: Buffer.from(text), receivedAtMs: text.length + 0.5 });

/** Everything a restart would deliver, with the batches' own words on durability kept back. */
async function redelivered(inbox: Inbox): Promise<{ texts: string[]; batches: RawBatch[] }> {
  const batches: RawBatch[] = [];
  await inbox.run((batch) => {
    batches.push(batch);
    return Promise.resolve();
  }, NEVER);
  const records = batches.flatMap((batch) => batch.records);
  return { texts: records.map((record) => record.bytes.toString()), batches };
}

describe('what was appended', () => {
  it('is delivered again after a restart, in order, with its time and position', async () => {
    const inbox = await open();
    const [a, b] = await Promise.all([
      inbox.append([entry('a')]),
      inbox.append([entry('bb'), entry('ccc')]),
    ]);
    await inbox.close();
    expect([...a, ...b].map((record) => record.position)).toEqual(['0', '1', '2']);
    const again = await open();
    expect(again.lag()).toBe(3);
    const { batches } = await redelivered(again);
    expect(batches.flatMap((batch) => batch.records)).toMatchObject([
      { position: '0', receivedAtMs: 1.5, bytes: Buffer.from('a') },
      { position: '1', receivedAtMs: 2.5, bytes: Buffer.from('bb') },
      { position: '2', receivedAtMs: 3.5, bytes: Buffer.from('ccc') },
    ]);
    expect(again.lag()).toBe(0);
    await again.close();
  });

  it('shares one sync among requests that come together', async () => {
    let syncs = 0;
    const inbox = await open(undefined, () => syncs++);
    await Promise.all(Array.from({ length: 500 }, (_, i) => inbox.append([entry(String(i))])));
    expect(syncs).toBeLessThanOrEqual(2);
    await inbox.close();
    const again = await open();
    expect((await redelivered(again)).texts).toEqual(
      Array.from({ length: 500 }, (_, i) => String(i)),
    );
    await again.close();
  });

  it('is not delivered again once it is durable, even when a later batch became durable first', async () => {
    const inbox = await open();
    const batches: RawBatch[] = [];
    for (const text of ['a', 'b', 'c']) {
      batches.push(inbox.batchOf(await inbox.append([entry(text)])));
    }
    batches[1]!.onDurable!();
    await inbox.close();
    const second = await open();
    expect((await redelivered(second)).texts).toEqual(['a', 'b', 'c']);
    await second.close();

    const third = await open();
    const { batches: again } = await redelivered(third);
    again[0]!.onDurable!();
    const fourth = third.batchOf(await third.append([entry('d')]));
    expect(fourth.records[0]!.position).toBe('3');
    await third.close();
    const last = await open();
    expect((await redelivered(last)).texts).toEqual(['d']);
    await last.close();
  });

  it('keeps a segment until every record in it is durable', async () => {
    const inbox = await open(200);
    const batches: RawBatch[] = [];
    for (let i = 0; i < 8; i++) {
      batches.push(inbox.batchOf(await inbox.append([entry(`${i}${'x'.repeat(100)}`)])));
    }
    const segments = async (): Promise<string[]> =>
      (await readdir(folder)).filter((name) => name.endsWith('.log')).sort();
    expect(await segments()).toEqual([0, 2, 4, 6].map(segmentName));
    for (const batch of batches.slice(1)) batch.onDurable!();
    await inbox.close();
    expect(await segments()).toEqual([0, 2, 4, 6].map(segmentName));

    const half = await open(200);
    const [three] = (await redelivered(half)).batches;
    half.batchOf((three!.records as InboxRecord[]).slice(0, 3)).onDurable!();
    await half.close();
    expect(await segments()).toEqual([2, 4, 6].map(segmentName));

    const again = await open(200);
    (await redelivered(again)).batches.forEach((batch) => batch.onDurable!());
    await again.close();
    expect(await segments()).toEqual([segmentName(6)]);
    const last = await open(200);
    expect((await redelivered(last)).texts).toEqual([]);
    await last.close();
  });

  it('comes again whole when the checkpoint cannot be read', async () => {
    const inbox = await open();
    inbox.batchOf(await inbox.append([entry('a')])).onDurable!();
    await inbox.close();
    expect(await readFile(join(folder, 'checkpoint.json'), 'utf8')).toBe('{"durable":1}\n');
    await writeFile(join(folder, 'checkpoint.json'), '{"dur');
    const again = await open();
    expect((await redelivered(again)).texts).toEqual(['a']);
    await again.close();
  });

  it('never reuses a number the checkpoint has passed, even when the log lost its end', async () => {
    const inbox = await open();
    inbox.batchOf(await inbox.append([entry('a'), entry('b')])).onDurable!();
    await inbox.close();
    await truncate(join(folder, segmentName(0)), 20);
    const again = await open();
    expect((await redelivered(again)).texts).toEqual([]);
    expect((await again.append([entry('c')]))[0]!.position).toBe('2');
    await again.close();
    const last = await open();
    expect((await redelivered(last)).texts).toEqual(['c']);
    await last.close();
  });
});

describe('after a crash', () => {
  it('a tail cut at any byte loses only the records that were not whole, and writing goes on', async () => {
    const texts = ['first', 'second one', 'the third'];
    const inbox = await open(4096);
    const ends: number[] = [];
    const path = join(folder, segmentName(0));
    for (const text of texts) {
      await inbox.append([entry(text)]);
      ends.push((ends.at(-1) ?? 16) + 16 + text.length);
    }
    await inbox.close();
    const whole = await readFile(path);
    for (let length = 0; length < whole.length; length++) {
      await rm(folder, { recursive: true });
      await (await open(4096)).close();
      await writeFile(path, whole.subarray(0, length));
      const kept = texts.filter((_, i) => ends[i]! <= length);
      const torn = await open(4096);
      const end = Math.max(length < 16 ? 0 : 16, ...ends.filter((each) => each <= length));
      const cut = whole.toString('latin1', end, length).replace(/\0+$/, '');
      expect(torn.cutBytes, `cut at ${length}`).toBe(cut.length);
      expect((await redelivered(torn)).texts, `cut at ${length}`).toEqual(kept);
      await torn.append([entry('after')]);
      await torn.close();
      const next = await open(4096);
      expect((await redelivered(next)).texts, `cut at ${length}`).toEqual([...kept, 'after']);
      await next.close();
    }
  });

  it('a record with any wrong byte is not delivered', async () => {
    const inbox = await open();
    await inbox.append([entry('good')]);
    const from = 16 + 16 + 'good'.length;
    await inbox.append([entry('bad')]);
    await inbox.close();
    const path = join(folder, segmentName(0));
    const whole = await readFile(path);
    for (let at = from; at < whole.length; at++) {
      const changed = Buffer.from(whole);
      changed[at]! ^= 0x10;
      await writeFile(path, changed);
      const torn = await open();
      expect((await redelivered(torn)).texts, `byte ${at}`).toEqual(['good']);
      await torn.close();
    }
  });

  it('what was cut cannot come back when a record of the same length is written over it', async () => {
    const inbox = await open();
    for (const text of ['kept', 'torn', 'lost']) await inbox.append([entry(text)]);
    await inbox.close();
    const path = join(folder, segmentName(0));
    const whole = await readFile(path);
    whole[16 + 20 + 16]! ^= 1;
    await writeFile(path, whole);
    const again = await open();
    await again.append([entry('anew')]);
    await again.close();
    const last = await open();
    expect((await redelivered(last)).texts).toEqual(['kept', 'anew']);
    await last.close();
  });

  it('numbers whose records are gone do not hold the checkpoint back', async () => {
    const inbox = await open(200);
    for (let i = 0; i < 4; i++) await inbox.append([entry(`${i}${'x'.repeat(100)}`)]);
    await inbox.close();
    const path = join(folder, segmentName(2));
    await truncate(path, (await readFile(path)).length - 1);
    await writeFile(join(folder, segmentName(4)), '');
    const again = await open(200);
    const { texts, batches } = await redelivered(again);
    expect(texts.map((text) => text[0])).toEqual(['0', '1', '2']);
    batches.forEach((batch) => batch.onDurable!());
    again.batchOf(await again.append([entry('next')])).onDurable!();
    await again.close();
    expect(await readFile(join(folder, 'checkpoint.json'), 'utf8')).toBe('{"durable":5}\n');
  });

  it('a damaged segment in the middle is kept for repair and does not stop the others', async () => {
    const inbox = await open(200);
    for (let i = 0; i < 6; i++) await inbox.append([entry(`${i}${'x'.repeat(100)}`)]);
    await inbox.close();
    const path = join(folder, segmentName(2));
    const whole = await readFile(path);
    whole[150]! ^= 1;
    await writeFile(path, whole);
    const again = await open(200);
    const { texts, batches } = await redelivered(again);
    expect(texts.map((text) => text[0])).toEqual(['0', '1', '2', '4', '5']);
    batches.forEach((batch) => batch.onDurable!());
    await again.close();
    expect(await readFile(join(folder, 'checkpoint.json'), 'utf8')).toBe('{"durable":6}\n');
    expect(await readdir(folder)).toContain(`${segmentName(2)}.damaged`);
  });

  it('a process killed in the middle of appends leaves every answered record, in order', async () => {
    const answered: string[] = [];
    for (let round = 0; round < 4; round++) {
      const lines = await killedAfter(40 + 97 * round, round * 1_000_000);
      answered.push(...lines);
    }
    const inbox = await open();
    const { texts } = await redelivered(inbox);
    await inbox.close();
    const stored = new Set(texts);
    expect(answered.length).toBeGreaterThan(4 * 40);
    expect(answered.filter((line) => !stored.has(line))).toEqual([]);
    const numbers = texts.map((text) => Number(/"e(\d+)"/.exec(text)![1]));
    expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
  });
});

describe('a disk that refuses', () => {
  it('at start is one clear failure', async () => {
    await rm(folder, { recursive: true });
    await writeFile(folder, 'a file, not a folder');
    await expect(open()).rejects.toThrow(Failure);
    await expect(open()).rejects.toThrow(/the inbox .* cannot be opened .*--data/);
  });

  it('when full refuses the new event and keeps every answered one', async () => {
    // The shell's file size limit makes write(2) fail in the middle of a record, as a full disk does.
    const child = spawn('sh', [
      '-c',
      'ulimit -f 64 && exec "$@"',
      'sh',
      ...childCommand(0, 200_000),
    ]);
    const lines: string[] = [];
    for await (const line of createInterface(child.stdout)) lines.push(line);
    const answered = lines.filter((line) => !line.startsWith('refused'));
    const refusals = lines.filter((line) => line.startsWith('refused'));
    expect(refusals.length).toBeGreaterThan(0);
    expect(answered.length).toBeGreaterThan(20);
    expect(refusals[0]).toMatch(/event log on disk: EFBIG/);
    const inbox = await open();
    expect(inbox.cutBytes).toBe(0);
    expect(new Set((await redelivered(inbox)).texts)).toEqual(new Set(answered));
    await inbox.close();
  });

  it('refuses appends after close', async () => {
    const inbox = await open();
    await inbox.close();
    await expect(inbox.append([entry('late')])).rejects.toThrow(InboxRefusal);
  });
});

function childCommand(first: number, count: number): string[] {
  const script = join(import.meta.dirname, 'inbox-child.ts');
  return [process.execPath, '--import', 'tsx', script, folder, String(first), String(count)];
}

/** Runs a child until it has answered `lines` appends, then kills it; returns all it had answered. */
async function killedAfter(lines: number, first: number): Promise<string[]> {
  const [command, ...args] = childCommand(first, 1_000_000);
  const child = spawn(command!, args);
  const answered: string[] = [];
  for await (const line of createInterface(child.stdout)) {
    answered.push(line);
    if (answered.length === lines) child.kill('SIGKILL');
  }
  return answered.filter((line) => line.endsWith('"}'));
}
