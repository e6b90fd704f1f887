/** Rows of a CSV to the JSON of events, as a mapping file says. What becomes of the JSON is the decoder's. */

import { Failure } from '../failure.ts';
import type { Cell, CsvMap, EventMap } from './csv-map-schema.ts';
import { timeReader } from './csv-map-time.ts';
import type { DecodeFailure } from './source.ts';

/** One event's JSON, or why the row gives none. */
export type MappedEvent = { readonly json: string } | { readonly refused: DecodeFailure };

/** Makes the events of one row. */
export type MapRow = (row: readonly string[]) => MappedEvent[];

/** Writes one field into the event, or says what is wrong with the cell. */
type Put = (row: readonly string[], event: Record<string, unknown>) => DecodeFailure | undefined;

type Reader = (row: readonly string[]) => unknown;

/**
 * @param header the CSV's first row
 * @param file the CSV's name, for messages
 * @throws Failure when a mapped column is not in the header, or stands there twice
 */
export function compileCsvMap(map: CsvMap, header: readonly string[], file: string): MapRow {
  const names = header.map((name) => name.trim());
  const missing = new Set<string>();
  const columns = (name: string): number => {
    const index = names.indexOf(name);
    if (index < 0) missing.add(name);
    else if (names.includes(name, index + 1)) {
      throw new Failure(`${file}: the header has the column "${name}" twice`, { exitCode: 2 });
    }
    return index;
  };
  const events = map.events.map((event) => compileEvent(event, columns));
  if (missing.size > 0) {
    const wanted = [...missing].map((name) => `"${name}"`).join(', ');
    const message = `${file}: no column ${wanted}, which the map names; the header has: ${names.join(', ')}`;
    throw new Failure(message, { exitCode: 2 });
  }
  return (row) => {
    if (row.length !== names.length) {
      const message = `${row.length} fields, the header has ${names.length}`;
      return [{ refused: { reason: 'bad_csv_row', fieldPath: '', message } }];
    }
    return events.map((puts) => mapEvent(puts, row));
  };
}

function mapEvent(puts: readonly Put[], row: readonly string[]): MappedEvent {
  const event: Record<string, unknown> = {};
  for (const put of puts) {
    const refused = put(row, event);
    if (refused !== undefined) return { refused };
  }
  return { json: JSON.stringify(event) };
}

type ColumnIndex = (name: string) => number;

const TEXT_CELLS = [
  'id',
  'type',
  'accountId',
  'customerId',
  'cardId',
  'deviceId',
  'ip',
  'merchantId',
  'category',
  'channel',
  'instrument',
  'refundOf',
  'currency',
] as const satisfies readonly (keyof EventMap)[];

function compileEvent(map: EventMap, columns: ColumnIndex): Put[] {
  const puts: Put[] = TEXT_CELLS.flatMap((field) => {
    const cell = map[field];
    return cell === undefined ? [] : [putCell(field, cell, columns)];
  });
  puts.push(putTime(map.occurredAt, columns));
  if (map.amount !== undefined) puts.push(putAmount(map.amount, columns));
  if (map.terms !== undefined) puts.push(putNumber('terms', [], map.terms, columns));
  if (map.label !== undefined) puts.push(putLabel(map.label, columns));
  const { lat, lon, city } = map.geo ?? {};
  if (lat !== undefined) puts.push(putNumber('lat', ['geo'], lat, columns));
  if (lon !== undefined) puts.push(putNumber('lon', ['geo'], lon, columns));
  if (city !== undefined) puts.push(putCell('city', city, columns, ['geo']));
  for (const [name, cell] of Object.entries(map.attributes ?? {})) {
    puts.push(putCell(name, cell, columns, ['attributes']));
  }
  return puts;
}

/** Undefined where the cell is empty. */
function reader(cell: Cell, columns: ColumnIndex): Reader {
  if ('value' in cell) return () => cell.value;
  const index = columns(cell.column);
  const { prefix = '', suffix = '' } = cell;
  return (row) => {
    const text = row[index]!;
    return text === '' ? undefined : `${prefix}${text}${suffix}`;
  };
}

/** Sets `name` in the event, or in the object at `path` within it; a missing value sets nothing. */
function set(
  event: Record<string, unknown>,
  path: readonly string[],
  name: string,
  value: unknown,
): void {
  if (value === undefined) return;
  const target = path.reduce((at, step) => (at[step] ??= {}) as Record<string, unknown>, event);
  // A plain assignment to `__proto__` would be lost; the decoder is to refuse it.
  Object.defineProperty(target, name, { value, enumerable: true, configurable: true });
}

function putCell(name: string, cell: Cell, columns: ColumnIndex, path: string[] = []): Put {
  const read = reader(cell, columns);
  return (row, event) => {
    set(event, path, name, read(row));
    return undefined;
  };
}

function putNumber(name: string, path: string[], cell: Cell, columns: ColumnIndex): Put {
  const read = reader(cell, columns);
  const fieldPath = [...path, name].join('.');
  return (row, event) => {
    const value = read(row);
    if (typeof value === 'string' && !/^\s*-?(0|[1-9]\d*)(\.\d+)?\s*$/.test(value)) {
      return badRow(fieldPath, 'not a number');
    }
    set(event, path, name, typeof value === 'string' ? Number(value) : value);
    return undefined;
  };
}

function putTime(cell: EventMap['occurredAt'], columns: ColumnIndex): Put {
  const index = columns(cell.column);
  const read = timeReader(cell.format, cell.zone);
  return (row, event) => {
    const text = row[index]!.trim();
    if (text === '') return undefined;
    const ms = read(text);
    // Years 0 to 9999, which RFC 3339 can write; whether they make sense is for the decoder to say.
    if (Number.isNaN(ms) || ms < -62_167_219_200_000 || ms >= 253_402_300_800_000) {
      return badRow('occurredAt', `does not fit the format ${cell.format}`);
    }
    set(event, [], 'occurredAt', new Date(ms).toISOString());
    return undefined;
  };
}

function putAmount(cell: NonNullable<EventMap['amount']>, columns: ColumnIndex): Put {
  const index = columns(cell.column);
  return (row, event) => {
    const text = row[index]!.trim();
    if (text === '') return undefined;
    const minor = toMinorUnits(text, cell.scale);
    if (minor === undefined) {
      return badRow('amount', `not a decimal number with at most ${cell.scale} decimals`);
    }
    set(event, [], 'amount', minor);
    return undefined;
  };
}

/**
 * A decimal number in minor units, without a detour over floating point: "36.54" at scale 2 is 3654,
 * "2416.7" is 241670. More decimals than the scale are right only when they are zeros.
 */
export function toMinorUnits(text: string, scale: number): number | undefined {
  const parts = /^([+-]?)(\d{1,15})(?:\.(\d*))?$/.exec(text);
  if (parts === null) return undefined;
  const decimals = parts[3] ?? '';
  if (/[^0]/.test(decimals.slice(scale))) return undefined;
  const minor = Number(`${parts[2]!}${decimals.slice(0, scale).padEnd(scale, '0')}`);
  if (minor === 0) return 0;
  return parts[1] === '-' ? -minor : minor;
}

function putLabel(cell: NonNullable<EventMap['label']>, columns: ColumnIndex): Put {
  const index = columns(cell.column);
  const positive = cell.positive === undefined ? undefined : new Set(cell.positive);
  return (row, event) => {
    const text = row[index]!.trim();
    const label = positive === undefined ? text : positive.has(text) ? 'fraud' : 'honest';
    set(event, [], 'label', label === '' ? undefined : label);
    return undefined;
  };
}

function badRow(fieldPath: string, message: string): DecodeFailure {
  return { reason: 'bad_csv_row', fieldPath, message };
}
