/** Reads RowBinary back by the types alone, knowing nothing of the writer: the tests' second opinion. */

import type { TableShape } from '../../pipeline/record/table.ts';

export type DecodedRow = Readonly<Record<string, unknown>>;

/** 64-bit integers as bigint, instants as milliseconds in bigint, null as null. */
export function decodeRows(table: TableShape, body: Buffer): readonly DecodedRow[] {
  const types = typesOf(table);
  const rows: DecodedRow[] = [];
  const cursor = { body, at: 0 };
  while (cursor.at < body.length) {
    rows.push(Object.fromEntries(types.map(([name, type]) => [name, read(cursor, type)])));
  }
  return rows;
}

interface Cursor {
  readonly body: Buffer;
  at: number;
}

function typesOf({ columns, structure }: TableShape): readonly (readonly [string, string])[] {
  return columns.map((name, index) => {
    const next = columns[index + 1];
    const from = structure.indexOf(`${name} `) + name.length + 1;
    const to = next === undefined ? structure.length : structure.indexOf(`, ${next} `, from);
    return [name, structure.slice(from, to)];
  });
}

function read(cursor: Cursor, type: string): unknown {
  const inner = /^(Nullable|Array)\((.*)\)$/.exec(type);
  if (inner?.[1] === 'Nullable') return number(cursor, 1) === 1n ? null : read(cursor, inner[2]!);
  if (inner?.[1] === 'Array') {
    return Array.from({ length: count(cursor) }, () => read(cursor, inner[2]!));
  }
  if (type === 'Map(String, String)') {
    return Object.fromEntries(
      Array.from({ length: count(cursor) }, () => [text(cursor), text(cursor)]),
    );
  }
  switch (type) {
    case 'String':
      return text(cursor);
    case 'Bool':
      return number(cursor, 1) === 1n;
    case 'Int8':
      return Number(BigInt.asIntN(8, number(cursor, 1)));
    case 'Int16':
      return Number(BigInt.asIntN(16, number(cursor, 2)));
    case 'UInt16':
      return Number(number(cursor, 2));
    case 'Int32':
      return Number(BigInt.asIntN(32, number(cursor, 4)));
    case 'UInt32':
      return Number(number(cursor, 4));
    case 'UInt64':
      return number(cursor, 8);
    case 'Int64':
    case "DateTime64(3, 'UTC')":
      return BigInt.asIntN(64, number(cursor, 8));
    case 'Float64':
      cursor.at += 8;
      return cursor.body.readDoubleLE(cursor.at - 8);
    default:
      throw new Error(`no reader for ${type}`);
  }
}

function number(cursor: Cursor, bytes: number): bigint {
  let value = 0n;
  for (let i = bytes - 1; i >= 0; i--) value = (value << 8n) | BigInt(cursor.body[cursor.at + i]!);
  cursor.at += bytes;
  return value;
}

function count(cursor: Cursor): number {
  let value = 0;
  for (let shift = 0; ; shift += 7) {
    const byte = cursor.body[cursor.at++]!;
    value += (byte & 0x7f) * 2 ** shift;
    if (byte < 0x80) return value;
  }
}

function text(cursor: Cursor): string {
  const length = count(cursor);
  cursor.at += length;
  return cursor.body.toString('utf8', cursor.at - length, cursor.at);
}
