/** Labels of a file: a CSV with a header, or NDJSON; the id of an event or of its decision, and a word. */

import { createReadStream } from 'node:fs';
import { pipeline, type Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { createInterface } from 'node:readline';
import { parse } from 'csv-parse';
import { isFraud } from '../backtest/score.ts';
import { eventIdOf } from '../decide/decision.ts';
import { Failure, messageOf } from '../failure.ts';

const IDS = ['event_id', 'decision_id', 'eventId', 'decisionId', 'id', 'event', 'decision'];
const WORDS: Readonly<Record<string, string>> = { confirmed: 'fraud', false_positive: 'honest' };
/** About 100 bytes of memory each. */
const MAX_LABELS = 5_000_000;

type Row = Readonly<Record<string, unknown>>;

/**
 * The truth by event id; where an event comes twice, its last line stands.
 * @throws Failure when the file cannot be read, a line has no id or no word it knows, or there are too many.
 */
export async function readLabels(path: string): Promise<ReadonlyMap<string, boolean>> {
  const labels = new Map<string, boolean>();
  const isCsv = /\.csv(\.gz)?$/i.test(path);
  let line = isCsv ? 1 : 0;
  try {
    for await (const row of isCsv ? csvRows(path) : jsonRows(path)) {
      line++;
      const id = IDS.map((name) => row[name]).find((value) => typeof value === 'string');
      const word = row['label'];
      if (typeof id !== 'string' || id === '' || typeof word !== 'string') {
        throw wrong(`${path}:${line}: a label needs event_id or decision_id, and label`);
      }
      const eventId = eventIdOf(id);
      const fraud = isFraud(WORDS[word] ?? word, eventId);
      if (fraud === undefined) throw wrong(`${path}:${line}: the label is empty`);
      labels.set(eventId, fraud);
      if (labels.size > MAX_LABELS) {
        throw new Failure(
          `${path}: more than ${MAX_LABELS} labels: import them with label import, and use --from-clickhouse`,
        );
      }
    }
  } catch (error) {
    if (error instanceof Failure) throw error;
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    throw new Failure(
      missing
        ? `${path}: there is no such file`
        : `${path}:${line + 1}: cannot be read: ${messageOf(error)}`,
      { exitCode: missing ? 2 : 1, cause: error },
    );
  }
  return labels;
}

async function* csvRows(path: string): AsyncGenerator<Row, void, undefined> {
  const parser = parse({ columns: true, bom: true, trim: true, skip_empty_lines: true });
  pipeline([...bytesOf(path), parser], () => undefined);
  for await (const row of parser) yield row as Row;
}

async function* jsonRows(path: string): AsyncGenerator<Row, void, undefined> {
  const streams = bytesOf(path);
  const last = streams.at(-1)!;
  if (streams.length > 1) pipeline(streams, () => undefined);
  for await (const text of createInterface({ input: last, crlfDelay: Infinity })) {
    if (text.trim() !== '') yield (JSON.parse(text) ?? {}) as Row;
  }
}

function bytesOf(path: string): Readable[] {
  const file = createReadStream(path);
  return /\.gz$/i.test(path) ? [file, createGunzip()] : [file];
}

function wrong(message: string): Failure {
  return new Failure(message, { exitCode: 2 });
}
