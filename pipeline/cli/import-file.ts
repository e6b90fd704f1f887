/**
 * A CSV as orders to the worker: read as a stream, sent in parts, each part answered before the next. What is
 * refused goes to a file of rejects, or is told line by line. Importing the same file again changes nothing.
 */

import { once } from 'node:events';
import { createReadStream, createWriteStream, type WriteStream } from 'node:fs';
import { pipeline, type Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { parse, type CsvError } from 'csv-parse';
import type { Give, Order } from './order.ts';
import { orderMany } from './order.ts';
import type { ImportFlags } from './command-options.ts';
import { Failure, messageOf } from '../failure.ts';
import type { ImportMap, ReadRow } from './import-map.ts';
import { CardMask } from '../ingest/card-number.ts';
import type { RedisServer } from '../reward/redis.ts';
import { visible } from '../terminal/terminal-text.ts';

export interface Import<Item> {
  readonly file: string;
  readonly map: ImportMap<Item>;
  /** Items of one order. */
  readonly part: number;
  readonly order: (items: readonly Item[]) => Order;
  /** Resolves while what follows from earlier parts leaves room for another; left out: nothing follows. */
  readonly room?: ((redis: RedisServer) => Promise<void>) | undefined;
}

export interface ImportTally {
  done: number;
  same: number;
  refused: number;
  /** Lines of parts that wait for a second person, and the proposals by which they happen. */
  waiting: number;
  readonly proposals: string[];
}

interface Row {
  readonly line: number;
  readonly cells: readonly string[];
}

const MAX_RECORD_BYTES = 65_536;
/** Refused lines that are told on the screen, where they go to no file. */
const MAX_TOLD = 20;
const TELL_EVERY = 100_000;

/** @throws Failure when the file cannot be read, or no worker answers. */
export async function importFile<Item extends object>(
  what: Import<Item>,
  flags: ImportFlags,
): Promise<ImportTally> {
  const tally: ImportTally = { done: 0, same: 0, refused: 0, waiting: 0, proposals: [] };
  await checkHead(what);
  const rejects = new Rejects(flags.rejects, tally);
  try {
    await orderMany(flags, (give, redis) => {
      const paced: Give = async (order) => {
        await what.room?.(redis);
        return give(order);
      };
      return sendAll(what, paced, tally, rejects);
    });
  } finally {
    await rejects.close();
  }
  return tally;
}

async function sendAll<Item extends object>(
  what: Import<Item>,
  give: Give,
  tally: ImportTally,
  rejects: Rejects,
): Promise<void> {
  let read: ReadRow<Item> | undefined;
  let items: Item[] = [];
  let rows: Row[] = [];
  const send = async (): Promise<void> => {
    const { items: result, message, waitsAs } = await give(what.order(items));
    if (waitsAs !== undefined) {
      tally.waiting += items.length;
      tally.proposals.push(waitsAs);
    } else if (result === undefined) throw new Failure(message);
    tally.done += result?.done ?? 0;
    tally.same += result?.same ?? 0;
    for (const { index, why } of result?.refused ?? []) rejects.add(rows[index]!, why);
    items = [];
    rows = [];
  };
  let told = 0;
  for await (const row of csvRows(what.file, what.map.delimiter, rejects)) {
    await rejects.room();
    if (read === undefined) {
      read = what.map.rows(row.cells, what.file);
      rejects.head(row.cells);
      continue;
    }
    const item = read(row.cells);
    if ('why' in item) {
      rejects.add(row, item.why);
      continue;
    }
    items.push(item);
    rows.push(row);
    if (items.length === what.part) await send();
    const seen = tally.done + tally.same + tally.refused + tally.waiting;
    if (seen - told >= TELL_EVERY) {
      told = seen;
      process.stderr.write(`${seen} lines\n`);
    }
  }
  if (read === undefined) throw noHeader(what.file);
  if (items.length > 0) await send();
}

/**
 * The file is there, and has the columns that the map names: before anybody waits for a worker.
 * @throws Failure
 */
async function checkHead<Item>({ file, map }: Import<Item>): Promise<void> {
  // What is no row is told when the file is read for good.
  for await (const { cells } of csvRows(file, map.delimiter, { add: () => undefined })) {
    map.rows(cells, file);
    return;
  }
  throw noHeader(file);
}

function noHeader(file: string): Failure {
  return new Failure(`${file}: there is no header`, { exitCode: 2 });
}

/** The rows of a CSV, plain or gzip, the header first; a row that is none goes to the rejects. */
async function* csvRows(
  file: string,
  delimiter: string,
  rejects: Pick<Rejects, 'add'>,
): AsyncGenerator<Row, void, undefined> {
  const parser = parse({
    ...{ delimiter, bom: true, info: true, relax_column_count: true, skip_empty_lines: true },
    ...{ skip_records_with_error: true, max_record_size: MAX_RECORD_BYTES },
    on_skip: (error: CsvError | undefined) => {
      const line = (error as { lines?: number } | undefined)?.lines ?? 0;
      rejects.add({ line, cells: [] }, error?.message ?? 'no CSV row');
    },
  });
  const source: Readable[] = [createReadStream(file)];
  if (/\.gz$/i.test(file)) source.push(createGunzip());
  // A failure anywhere ends the parser, and is thrown where its rows are read.
  pipeline([...source, parser], () => undefined);
  try {
    for await (const each of parser) {
      const { record, info } = each as { record: string[]; info: { lines: number } };
      yield { line: info.lines, cells: record };
    }
  } catch (error) {
    if (error instanceof Failure) throw error;
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    throw new Failure(
      missing ? `${file}: there is no such file` : `${file}: cannot be read: ${messageOf(error)}`,
      { exitCode: missing ? 2 : 1, cause: error },
    );
  }
}

/** Where refused lines go; full card numbers never do. */
class Rejects {
  readonly #path: string | undefined;
  readonly #tally: ImportTally;
  readonly #cards = new CardMask();
  #out: WriteStream | undefined;
  #header: readonly string[] = [];

  constructor(path: string | undefined, tally: ImportTally) {
    this.#path = path;
    this.#tally = tally;
  }

  head(cells: readonly string[]): void {
    this.#header = cells;
  }

  add({ line, cells }: Row, why: string): void {
    this.#tally.refused++;
    const reason = this.#cards.text(why);
    if (this.#path === undefined) {
      if (this.#tally.refused <= MAX_TOLD)
        process.stderr.write(`line ${line}: ${visible(reason)}\n`);
      if (this.#tally.refused === MAX_TOLD + 1) {
        process.stderr.write('more lines are refused: --rejects FILE keeps them all\n');
      }
      return;
    }
    this.#out ??= this.#open(this.#path);
    this.#out.write(rowOf([String(line), reason, ...cells.map((cell) => this.#cards.text(cell))]));
  }

  /** Resolves when no line waits to be written beyond the stream's own bound. */
  async room(): Promise<void> {
    if (this.#out?.writableNeedDrain === true) await once(this.#out, 'drain');
  }

  async close(): Promise<void> {
    const out = this.#out;
    if (out === undefined) return;
    await new Promise<void>((resolve, reject) => {
      out.once('error', reject);
      out.end(resolve);
    });
  }

  #open(path: string): WriteStream {
    const out = createWriteStream(path, { mode: 0o600 });
    out.write(rowOf(['line', 'why', ...this.#header]));
    return out;
  }
}

function rowOf(cells: readonly string[]): string {
  return `${cells.map((cell) => (/[",\n\r]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)).join(',')}\n`;
}

/** What became of it, on stdout. @throws Failure (exit code 1) when lines were refused. */
export function tellImport(what: string, tally: ImportTally): void {
  const { done, same, refused, waiting, proposals } = tally;
  process.stdout.write(`${what}: ${done} taken, ${same} stood already, ${refused} refused\n`);
  if (waiting > 0) {
    const ids = proposals.join(' ');
    process.stdout.write(`${waiting} wait for a second person: \`proposals approve ${ids}\`\n`);
  }
  if (refused > 0) throw new Failure(`${refused} lines were refused; the others are in force`);
}
