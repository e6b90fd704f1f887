/**
 * A table as the code sees it: its columns in order, each with its ClickHouse type and how a value is
 * written. The row type, the insert's column list and the encoder all follow from the one declaration.
 */

import type { RowWriter } from './row-writer.ts';

export interface Column<Value> {
  /** The type that RowBinary bytes are read as; the database converts it to the column's own. */
  readonly type: string;
  readonly write: (out: RowWriter, value: Value) => void;
}

type Columns = Readonly<Record<string, Column<never>>>;

/** A row as a plain value: one property per column. */
export type RowOf<T extends Columns> = {
  readonly [Name in keyof T]: T[Name] extends Column<infer Value> ? Value : never;
};

/** What an insert needs to know of a table. */
export interface TableShape {
  readonly name: string;
  /** Column names in the order they are encoded. */
  readonly columns: readonly string[];
  /** The same with their types, as `file()` and `input()` take it. */
  readonly structure: string;
}

export interface Table<Row> extends TableShape {
  /** Appends one row. */
  encode(out: RowWriter, row: Row): void;
}

/** @param columns in the order of the insert; the row type follows from them. */
export function defineTable<T extends Columns>(name: string, columns: T): Table<RowOf<T>> {
  const entries = Object.entries(columns) as [string, Column<unknown>][];
  return {
    name,
    columns: entries.map(([column]) => column),
    structure: entries.map(([column, { type }]) => `${column} ${type}`).join(', '),
    encode: (out, row) => {
      for (const [column, { write }] of entries) {
        write(out, (row as Readonly<Record<string, unknown>>)[column]);
      }
    },
  };
}

export const text: Column<string> = { type: 'String', write: (out, value) => out.text(value) };

/** Bytes that may not be UTF-8, kept as they came. */
export const raw: Column<Uint8Array> = {
  type: 'String',
  write: (out, value) => out.bytes(value, 0, value.length),
};

export const bool: Column<boolean> = { type: 'Bool', write: (out, value) => out.bool(value) };
export const int8: Column<number> = { type: 'Int8', write: (out, value) => out.u8(value) };
export const uint16: Column<number> = { type: 'UInt16', write: (out, value) => out.u16(value) };
export const int32: Column<number> = { type: 'Int32', write: (out, value) => out.i32(value) };
const UINT32_MAX = 4_294_967_295;
/** Rounded, and held at the ends of the range: an hour-old event's latency in microseconds lies beyond it. */
export const uint32: Column<number> = {
  type: 'UInt32',
  write: (out, value) => out.i32(Math.min(UINT32_MAX, Math.max(0, Math.round(value)))),
};
/** Safe integers only: money, counts and milliseconds never come near 2^53. */
export const int64: Column<number> = { type: 'Int64', write: (out, value) => out.i64(value) };
export const uint64: Column<number> = { type: 'UInt64', write: (out, value) => out.i64(value) };
export const float64: Column<number> = { type: 'Float64', write: (out, value) => out.f64(value) };

/** Milliseconds since the Unix epoch. */
export const instant: Column<number> = {
  type: "DateTime64(3, 'UTC')",
  write: (out, value) => out.i64(value),
};

export const texts: Column<readonly string[]> = {
  type: 'Array(String)',
  write: (out, value) => {
    out.count(value.length);
    for (const item of value) out.text(item);
  },
};

export const textMap: Column<Readonly<Record<string, string>>> = {
  type: 'Map(String, String)',
  write: (out, value) => {
    const entries = Object.entries(value);
    out.count(entries.length);
    for (const [key, item] of entries) {
      out.text(key);
      out.text(item);
    }
  },
};

/** `undefined` is null. */
export function nullable<Value>(column: Column<Value>): Column<Value | undefined> {
  return {
    type: `Nullable(${column.type})`,
    write: (out, value) => {
      out.bool(value === undefined);
      if (value !== undefined) column.write(out, value);
    },
  };
}

/** An Enum8 column: names to the codes of the schema. */
export function code<Name extends string>(codes: Readonly<Record<Name, number>>): Column<Name> {
  return { type: 'Int8', write: (out, value) => out.u8(codes[value]) };
}

/** A place in the order of arrival: epoch * 2^38 + sequence. */
export interface Arrival {
  readonly epoch: number;
  readonly sequence: number;
}

/** Written from halves, because epochs from 2^15 on leave the range of exact numbers. */
export const arrival: Column<Arrival> = {
  type: 'UInt64',
  write: (out, { epoch, sequence }) => writeArrival(out, epoch, sequence),
};

/** Writes epoch · 2^38 + sequence, in 32-bit halves: a number of JavaScript is exact up to 2^53 only. */
export function writeArrival(out: RowWriter, epoch: number, sequence: number): void {
  out.i64Halves(epoch * 64 + Math.floor(sequence / 4_294_967_296), sequence);
}
