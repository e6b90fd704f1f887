/** Analytics upon an engine: what a server and the embedded engine have in common. */

import type { ClickHouseClient } from '@clickhouse/client';
import { analyticsError, type Analytics, type Parameters } from './analytics.ts';
import { splitLines } from './lines.ts';
import type { TableShape } from './table.ts';

/** Numbers as numbers; and a decoder has no need of escapes that JSON does not ask for. */
export const READ_SETTINGS = {
  output_format_json_quote_64bit_integers: 0,
  output_format_json_escape_forward_slashes: 0,
} as const;

/** What differs between a server and the embedded engine. */
export interface Engine {
  /** Answers queries. */
  readonly reader: ClickHouseClient;
  /** Takes inserts and commands. */
  readonly writer: ClickHouseClient;
  insert(table: TableShape, rows: Buffer): Promise<void>;
  /** The statement's output as it comes. */
  bytes(sql: string, format: string, parameters: Parameters): AsyncIterable<Uint8Array>;
  close(): Promise<void>;
}

export function analyticsOf(place: string, engine: Engine): Analytics {
  async function* lines(sql: string, parameters: Parameters, format: string): Lines {
    try {
      yield* splitLines(engine.bytes(sql, format, parameters));
    } catch (error) {
      throw analyticsError(error);
    }
  }
  return {
    place,
    query: async <Row>(sql: string, parameters: Parameters = {}) => {
      try {
        const result = await engine.reader.query({
          query: sql,
          query_params: parameters,
          format: 'JSONEachRow',
        });
        return await result.json<Row>();
      } catch (error) {
        throw analyticsError(error);
      }
    },
    stream: async function* <Row>(sql: string, parameters: Parameters = {}) {
      for await (const page of lines(sql, parameters, 'JSONEachRow')) {
        yield page.map((line) => JSON.parse(line.toString()) as Row);
      }
    },
    lines: (sql, parameters = {}) => lines(sql, parameters, 'TabSeparatedRaw'),
    insert: async (table, rows) => {
      if (rows.length === 0) return;
      try {
        await engine.insert(table, rows);
      } catch (error) {
        throw analyticsError(error, `insert into ${table.name}`);
      }
    },
    command: async (sql) => {
      try {
        await engine.writer.command({ query: sql });
      } catch (error) {
        throw analyticsError(error);
      }
    },
    close: () => engine.close(),
  };
}

type Lines = AsyncGenerator<Buffer[], void, undefined>;
