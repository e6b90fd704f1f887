import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fixedClock } from '../../pipeline/clock.ts';
import { EventBatch } from '../../pipeline/event.ts';
import { Failure } from '../../pipeline/failure.ts';
import { parseCsvMap } from '../../pipeline/ingest/csv-map-schema.ts';
import { FileSource, type FileSourceOptions } from '../../pipeline/ingest/file.ts';
import type { RawRecord } from '../../pipeline/ingest/source.ts';
import { paymentOf, testDecoder } from '../support/events.ts';

const MODIFIED_MS = Date.parse('2026-03-02T12:00:00Z');
const NOW_MS = Date.parse('2026-03-03T00:00:00Z');
const MAX_BYTES = 1000;

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'file-source-'));
});

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

let files = 0;

function fileOf(content: string | Buffer, ending = '.ndjson'): string {
  const path = join(folder, `f${files++}${ending}`);
  writeFileSync(path, content);
  utimesSync(path, MODIFIED_MS / 1000, MODIFIED_MS / 1000);
  return path;
}

function sourceOf(options: Partial<FileSourceOptions> & { path: string }): FileSource {
  return new FileSource({ maxRecordBytes: MAX_BYTES, clock: fixedClock(NOW_MS), ...options });
}

async function read(options: Partial<FileSourceOptions> & { path: string }): Promise<RawRecord[]> {
  const records: RawRecord[] = [];
  await sourceOf(options).run((batch) => {
    records.push(...batch.records);
    return Promise.resolve();
  }, new AbortController().signal);
  return records;
}

/** Line and text of each record. */
async function readLines(
  options: Partial<FileSourceOptions> & { path: string },
): Promise<string[]> {
  return (await read(options)).map(({ position, bytes }) => `${position}:${bytes.toString()}`);
}

async function failureOf(options: Partial<FileSourceOptions> & { path: string }): Promise<Failure> {
  const error: unknown = await read(options).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(Failure);
  expect((error as Failure).message).not.toContain('\n');
  return error as Failure;
}

describe('an NDJSON file', () => {
  it.each([
    ['as usual', '{"a":1}\n{"b":2}\n'],
    ['without a final newline', '{"a":1}\n{"b":2}'],
    ['with carriage returns', '{"a":1}\r\n{"b":2}\r\n'],
    ['with a byte order mark', '\ufeff{"a":1}\n{"b":2}\n'],
  ])('is read line by line %s', async (_, content) => {
    const lines = ['1:{"a":1}', '2:{"b":2}'];
    for (const chunkBytes of [1, 2, 3, 7, 1 << 20]) {
      expect(await readLines({ path: fileOf(content), chunkBytes })).toEqual(lines);
    }
    expect(await readLines({ path: fileOf(gzipSync(content), '.ndjson.gz') })).toEqual(lines);
    expect(await readLines({ path: fileOf(gzipSync(content)) })).toEqual(lines);
    expect(await readLines({ path: '-', stdin: Readable.from([content]) })).toEqual(lines);
  });

  it('may be empty, plain or packed', async () => {
    expect(await read({ path: fileOf('') })).toEqual([]);
    expect(await read({ path: fileOf('\ufeff\n \r\n\n') })).toEqual([]);
    expect(await read({ path: fileOf('', '.gz') })).toEqual([]);
    expect(await read({ path: fileOf(gzipSync('')) })).toEqual([]);
    expect(await read({ path: '-', stdin: Readable.from([]) })).toEqual([]);
  });

  it('counts blank lines and skips them', async () => {
    expect(await readLines({ path: fileOf('a\n\n  \nb\n') })).toEqual(['1:a', '4:b']);
  });

  it('gives the same records whatever the size of the chunks', async () => {
    const piece = fc.constantFrom('x', 'yy', '\n', '\r\n', '\n\n', ' ', 'z'.repeat(40), '上');
    await fc.assert(
      fc.asyncProperty(
        fc.array(piece, { maxLength: 30 }),
        fc.integer({ min: 1, max: 50 }),
        async (pieces, size) => {
          const path = fileOf(pieces.join(''));
          const whole = await readLines({ path, maxRecordBytes: 30 });
          expect(await readLines({ path, maxRecordBytes: 30, chunkBytes: size })).toEqual(whole);
          const expected = pieces
            .join('')
            .split('\n')
            .map((line, i) => [i + 1, Buffer.from(line.replace(/\r$/, ''))] as const)
            .filter(([, line]) => line.toString().trim() !== '')
            .map(([line, bytes]) => `${line}:${bytes.subarray(0, 31).toString()}`);
          expect(whole).toEqual(expected);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('with a line of ten megabytes gives its first part as too large, and goes on', async () => {
    const path = fileOf(`{"a":"${'x'.repeat(10_000_000)}"}\n${JSON.stringify(paymentOf())}\n`);
    for (const chunkBytes of [65_536, 1 << 25]) {
      const records = await read({ path, chunkBytes, maxRecordBytes: 100_000 });
      expect(records.map(({ bytes, position }) => [bytes.length, position])).toEqual([
        [100_001, '1'],
        [JSON.stringify(paymentOf()).length, '2'],
      ]);
      const decoder = testDecoder({ maxRecordBytes: 100_000 });
      const batch = new EventBatch(1);
      expect(decoder.decodeRecord(records[0]!, batch)).toMatchObject({ reason: 'too_large' });
      expect(decoder.decodeRecord(records[1]!, batch)).toBeUndefined();
    }
  });

  it('arrived when it was last changed, the same at every replay; a pipe arrives now', async () => {
    expect((await read({ path: fileOf('a') }))[0]!.receivedAtMs).toBe(MODIFIED_MS);
    const piped = await read({ path: '-', stdin: Readable.from(['a']) });
    expect(piped[0]!.receivedAtMs).toBe(NOW_MS);
  });

  it('is handed over in batches, stops when told, and says how far it is', async () => {
    const path = fileOf('a\n'.repeat(250));
    const source = sourceOf({ path, batchRecords: 100 });
    const sizes: number[] = [];
    const stop = new AbortController();
    await source.run((batch) => {
      sizes.push(batch.records.length);
      if (sizes.length === 2) stop.abort();
      return Promise.resolve();
    }, stop.signal);
    expect(sizes).toEqual([100, 100]);
    expect(source.progress()).toEqual({ bytesRead: 500, bytesTotal: 500 });
  });

  it('from a silent pipe stops when told', async () => {
    const stop = new AbortController();
    const silent = new Readable({ read: () => undefined });
    const running = sourceOf({ path: '-', stdin: silent }).run(
      () => Promise.resolve(),
      stop.signal,
    );
    stop.abort();
    await expect(running).resolves.toBeUndefined();
  });
});

describe('a file that cannot be read', () => {
  it('is named in one line', async () => {
    const missing = join(folder, 'nothing.ndjson');
    expect((await failureOf({ path: missing })).message).toBe(`${missing}: there is no such file`);
    expect((await failureOf({ path: folder })).message).toBe(`${folder} is a folder; name a file`);
    const fake = fileOf('{"a":1}\n', '.ndjson.gz');
    expect((await failureOf({ path: fake })).message).toContain('is not gzip');
    const cut = fileOf(gzipSync('x'.repeat(100_000)).subarray(0, 60), '.gz');
    expect((await failureOf({ path: cut })).message).toContain('cut off');
    const damaged = gzipSync(JSON.stringify(paymentOf()));
    damaged.fill(0xff, 12, 40);
    expect((await failureOf({ path: fileOf(damaged) })).message).toContain('damaged gzip');
  });

  it('as a CSV without a map says what is missing', () => {
    expect(() => sourceOf({ path: 'rows.csv.gz' })).toThrow('needs a mapping file');
  });
});

describe('a CSV file', () => {
  const map = parseCsvMap(
    `{id: id, type: payment, occurredAt: t, accountId: acc, amount: {column: sum, scale: 2}, currency: CNY, category: note}`,
    'map.yaml',
  );
  const head = 'id,t,acc,sum,note\n';
  const row = (id: string, note = ''): string => `${id},2026-03-02T02:00:00,a,1.5,${note}\n`;

  it('gives one event a row, quoted newlines and all, by its line', async () => {
    const content = `\ufeff${head}${row('1', '"two\nlines, ""quoted"""')}\n${row('2', 'an inch"')}${row('3').trim()}`;
    for (const chunkBytes of [1, 5, 1 << 20]) {
      const records = await read({
        path: fileOf(content.replaceAll('\n', '\r\n'), '.csv'),
        map,
        chunkBytes,
      });
      expect(records.map(({ position, refused }) => [position, refused?.reason])).toEqual([
        ['2', undefined],
        ['5', 'bad_csv_row'],
        ['6', undefined],
      ]);
      expect(JSON.parse(records[0]!.bytes.toString())).toEqual({
        id: '1',
        type: 'payment',
        occurredAt: '2026-03-02T02:00:00.000Z',
        accountId: 'a',
        amount: 150,
        currency: 'CNY',
        category: 'two\r\nlines, "quoted"',
      });
    }
  });

  it('may be empty, or a header alone', async () => {
    expect(await read({ path: fileOf('', '.csv'), map })).toEqual([]);
    expect(await read({ path: fileOf(head, '.csv'), map })).toEqual([]);
  });

  it.each([
    ['too few fields', '9,2026-03-02T02:00:00,a,1\n', '', '4 fields, the header has 5'],
    [
      'a sum with three decimals',
      '9,2026-03-02T02:00:00,a,1.555,\n',
      'amount',
      'at most 2 decimals',
    ],
    ['a sum in words', '9,2026-03-02T02:00:00,a,ten,\n', 'amount', 'not a decimal number'],
    ['a date that does not exist', '9,2026-02-30T02:00:00,a,1,\n', 'occurredAt', 'format iso'],
    ['a quote that goes astray', '9,2026-03-02T02:00:00,a,1,"x"y\n', '', 'quotes do not match'],
  ])('turns a row with %s into a dead letter and goes on', async (_, bad, fieldPath, message) => {
    const records = await read({
      path: fileOf(`${head}${row('1')}${bad}${row('2')}`, '.csv'),
      map,
    });
    expect(records.map(({ position }) => position)).toEqual(['2', '3', '4']);
    const { refused, bytes } = records[1]!;
    expect(refused).toMatchObject({ reason: 'bad_csv_row', fieldPath });
    expect(refused!.message).toContain(message);
    expect(bytes.toString()).toBe(bad.trimEnd());
    const batch = new EventBatch(3);
    const failures = records.map((record) => testDecoder().decodeRecord(record, batch));
    expect(failures).toEqual([undefined, refused, undefined]);
  });

  it('leaves rows that are events but not sound ones to the decoder', async () => {
    const bad = `${head},2026-03-02T02:00:00,a,1,\n8,9999-01-01T00:00:00,a,1,\n9,2026-03-02T02:00:00,a,-1,\n`;
    const batch = new EventBatch(3);
    const failures = (await read({ path: fileOf(bad, '.csv'), map })).map((record) =>
      testDecoder().decodeRecord(record, batch),
    );
    expect(failures.map((failure) => [failure?.reason, failure?.fieldPath])).toEqual([
      ['missing_field', 'id'],
      ['time_out_of_range', 'occurredAt'],
      ['bad_amount', 'amount'],
    ]);
  });

  it('finds its rows again behind a quote that is never closed', async () => {
    const rows = Array.from({ length: 100 }, (_, i) => row(`${i + 2}`)).join('');
    const content = `${head}1,2026-03-02T02:00:00,a,1,"open\n${rows}`;
    const expected = await read({ path: fileOf(content, '.csv'), map });
    expect(expected[0]!.bytes).toHaveLength(MAX_BYTES + 1);
    expect(expected.length).toBeGreaterThan(60);
    expect(expected.at(-1)!.position).toBe('102');
    for (const chunkBytes of [1, 100, 1001, 5000]) {
      const records = await read({ path: fileOf(content, '.csv'), map, chunkBytes });
      expect(records.map(({ position }) => position)).toEqual(
        expected.map(({ position }) => position),
      );
    }
  });

  it('without a mapped column fails before anything is delivered, naming it and what there is', async () => {
    const path = fileOf('id,t,acc\n1,2,3\n', '.csv');
    const { message, exitCode } = await failureOf({ path, map });
    expect(exitCode).toBe(2);
    expect(message).toBe(
      `${path}: no column "note", "sum", which the map names; the header has: id, t, acc`,
    );
    const twice = fileOf('id,t,acc,sum,note,id\n', '.csv');
    expect((await failureOf({ path: twice, map })).message).toContain('the column "id" twice');
  });
});
