/** CSV rows to records: each batch of rows is parsed at once, each row becomes the JSON of its events. */

import { parse } from 'csv-parse/sync';
import { Failure } from '../failure.ts';
import { compileCsvMap, type MapRow } from './csv-map.ts';
import type { CsvMap } from './csv-map-schema.ts';
import type { RawRecord } from './source.ts';

/** The bytes of one row, and the line it starts on. */
export interface CsvRow {
  readonly bytes: Buffer;
  readonly line: number;
}

export class CsvReader {
  private readonly map: CsvMap;
  private readonly file: string;
  private readonly maxRecordBytes: number;
  private mapRow: MapRow | undefined;

  constructor(map: CsvMap, file: string, maxRecordBytes: number) {
    this.map = map;
    this.file = file;
    this.maxRecordBytes = maxRecordBytes;
  }

  /**
   * The records of the rows, in order; the first row of the file is the header. The position of a record is its
   * line, `12`, or `12/2` for the second event of a row that makes several. The record of an event holds
   * the event's JSON, one of a row that gives none holds the row.
   * @throws Failure when the header lacks a mapped column
   */
  read(rows: readonly CsvRow[], receivedAtMs: number): RawRecord[] {
    const records: RawRecord[] = [];
    const fields = this.parseRows(rows);
    rows.forEach((row, index) => {
      const cells = fields[index];
      if (this.mapRow === undefined) {
        if (cells === undefined) throw this.badHeader();
        this.mapRow = compileCsvMap(this.map, cells, this.file);
        return;
      }
      this.take(row, cells, receivedAtMs, records);
    });
    return records;
  }

  private take(
    row: CsvRow,
    cells: readonly string[] | undefined,
    receivedAtMs: number,
    records: RawRecord[],
  ): void {
    const position = String(row.line);
    const { bytes } = row;
    if (bytes.length > this.maxRecordBytes) {
      // The decoder says that it is too large.
      records.push({ bytes, receivedAtMs, position });
      return;
    }
    if (cells === undefined) {
      const message = 'quotes do not match';
      const refused = { reason: 'bad_csv_row', fieldPath: '', message } as const;
      records.push({ bytes, receivedAtMs, position, refused });
      return;
    }
    const mapped = this.mapRow!(cells);
    mapped.forEach((event, index) => {
      const place = mapped.length === 1 ? position : `${position}/${index + 1}`;
      records.push(
        'json' in event
          ? { bytes: Buffer.from(event.json), receivedAtMs, position: place }
          : { bytes, receivedAtMs, position: place, refused: event.refused },
      );
    });
  }

  /** The cells of each row, undefined for a row that is no CSV. One bad row makes each be parsed alone. */
  private parseRows(rows: readonly CsvRow[]): (readonly string[] | undefined)[] {
    const sound = rows.filter(({ bytes }) => bytes.length <= this.maxRecordBytes);
    const all = this.parse(sound.map(({ bytes }) => bytes.toString('utf8')).join('\n'));
    if (sound.length === rows.length && all?.length === rows.length) return all;
    return rows.map(({ bytes }) =>
      bytes.length > this.maxRecordBytes ? undefined : this.parse(bytes.toString('utf8'))?.[0],
    );
  }

  private parse(text: string): string[][] | undefined {
    try {
      return parse(text, {
        delimiter: this.map.delimiter,
        record_delimiter: '\n',
        relax_column_count: true,
        skip_empty_lines: false,
      });
    } catch {
      return undefined;
    }
  }

  private badHeader(): Failure {
    return new Failure(`${this.file}: the first line is no CSV header`, { exitCode: 2 });
  }
}
