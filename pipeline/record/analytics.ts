/** What the rest of the product may ask of the analytics store, whichever profile is behind it. */

import { messageOf } from '../failure.ts';
import type { TableShape } from './table.ts';

/** Values for `{name:Type}` placeholders; they never become part of the SQL text. */
export type Parameters = Readonly<Record<string, unknown>>;

export interface Analytics {
  /** Where the data is, without credentials: for logs and messages. */
  readonly place: string;
  /** Rows as objects by column name. The caller vouches that Row is what the statement selects. */
  query<Row>(sql: string, parameters?: Parameters): Promise<Row[]>;
  /** As `query`, page by page in bounded memory. */
  stream<Row>(sql: string, parameters?: Parameters): AsyncIterable<Row[]>;
  /** The values of a statement as tab-separated lines without escapes, page by page, as bytes. */
  lines(sql: string, parameters?: Parameters): AsyncIterable<Buffer[]>;
  /** Appends rows in RowBinary. The bytes must stay untouched until it settles. Rejects with AnalyticsError. */
  insert(table: TableShape, rows: Buffer): Promise<void>;
  /** Runs one statement that returns nothing. */
  command(sql: string): Promise<void>;
  close(): Promise<void>;
}

/** What went wrong at the database, and whether trying again can help. */
export class AnalyticsError extends Error {
  override readonly name = 'AnalyticsError';
  /** ClickHouse's error code, or undefined when it never answered. */
  readonly code: number | undefined;

  constructor(message: string, code: number | undefined, cause: unknown) {
    super(message, { cause });
    this.code = code;
  }

  /** True when the same statement will fail for ever: the fault is in what was sent, or in the schema. */
  get permanent(): boolean {
    return this.code !== undefined && PERMANENT_CODES.has(this.code);
  }
}

/**
 * Parse, type, schema and access errors of ClickHouse (src/Common/ErrorCodes.cpp). Every other code, such
 * as too many parts, memory limit or a lost keeper, passes with time.
 */
const PERMANENT_CODES = new Set([
  6, 8, 10, 16, 20, 26, 27, 32, 33, 36, 38, 41, 42, 43, 44, 46, 47, 50, 53, 60, 62, 69, 70, 72, 73,
  81, 115, 117, 131, 192, 193, 321, 349, 407, 441, 456, 457, 497, 516, 691,
]);

/** Anything that the client or the engine threw, as an AnalyticsError. */
export function analyticsError(error: unknown, doing?: string): Error {
  if (error instanceof AnalyticsError) return error;
  const message = messageOf(error);
  return new AnalyticsError(
    `ClickHouse: ${doing === undefined ? '' : `${doing}: `}${message === '' ? 'no answer' : message}`,
    codeOf(error, message),
    error,
  );
}

/**
 * ClickHouse's own code. Its client and the embedded engine throw classes of different packages, so the
 * shape decides; system errors have codes too, such as ECONNREFUSED, but those are words.
 */
function codeOf(error: unknown, message: string): number | undefined {
  const named = error instanceof Error && 'code' in error ? String(error.code) : '';
  const code = /^\d+$/.exec(named)?.[0] ?? /^Code: (\d+)\./.exec(message)?.[1];
  return code === undefined ? undefined : Number(code);
}
