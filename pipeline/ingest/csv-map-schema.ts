/**
 * The file that says how the rows of a CSV become events.
 *
 * Everywhere, `{column: x}` reads a column and `{value: x}` is the same for every row. As a short form, a bare
 * text is a column's name, except for `type` and `currency`, where it is the value itself. An empty cell is a
 * missing field. A row that makes several events has them under `events`, each with an id of its own.
 *
 *   csv: {delimiter: ";"}                                # only where it is no comma
 *   id: transaction_id                                   # or {column: user_id, prefix: signup-, suffix: …}
 *   type: payment
 *   occurredAt: {column: ts, format: "yyyy-MM-dd HH:mm:ss", zone: America/Sao_Paulo}
 *   accountId: card
 *   amount: {column: amount, scale: 2}                   # "36.54" is 3654; without a scale, whole minor units
 *   currency: BRL
 *   geo: {lat: latitude, lon: longitude, city: town}
 *   attributes: {terminal: terminal_id}
 *   label: {column: cbk, positive: ["1", "TRUE"]}        # fraud for these, honest for the rest
 *
 * `format` is Luxon's tokens, or `iso` (the default), `unix` (seconds) or `unix_ms`; `zone` (default UTC) is
 * for times that carry no offset.
 */

import { IANAZone } from 'luxon';
import { isMap, isSeq, LineCounter, parseDocument, type Document } from 'yaml';
import { z } from 'zod';
import { messageOf, Failure } from '../failure.ts';

export const column = z.string().min(1);
export const literal = z.union([z.string(), z.number(), z.boolean()]);

const CELL = 'write a column name, {column: …} or {value: …}';

/** A cell or a constant, as the rest of the code sees it. */
export type Cell =
  | { readonly column: string; readonly prefix?: string; readonly suffix?: string }
  | { readonly value: string | number | boolean };

const longCell = [
  z.strictObject({
    column,
    prefix: z.string().exactOptional(),
    suffix: z.string().exactOptional(),
  }),
  z.strictObject({ value: literal }),
] as const;

/** Bare text names a column. */
export const cell = z.union([column.transform((name): Cell => ({ column: name })), ...longCell], {
  error: CELL,
});

/** Bare text is the value. */
export const literalCell = z.union([column.transform((value): Cell => ({ value })), ...longCell], {
  error: 'write the value itself, {column: …} or {value: …}',
});

const zone = z.string().refine((name) => IANAZone.isValidZone(name), {
  message: 'no such time zone; write one such as Asia/Shanghai',
});

export const timeCell = z.union(
  [
    column.transform((name) => ({ column: name, format: 'iso', zone: 'UTC' })),
    z.strictObject({ column, format: z.string().min(1).default('iso'), zone: zone.default('UTC') }),
  ],
  { error: 'write a column name or {column: …, format: …, zone: …} with a zone that exists' },
);

const amountCell = z.union(
  [
    column.transform((name) => ({ column: name, scale: 0 })),
    z.strictObject({ column, scale: z.int().min(0).max(6).default(0) }),
  ],
  { error: 'write a column name or {column: …, scale: 0 to 6}' },
);

const labelCell = z.union(
  [
    column.transform((name) => ({ column: name, positive: undefined })),
    z.strictObject({ column, positive: z.array(literal.transform(String)).min(1).optional() }),
  ],
  { error: 'write a column name or {column: …, positive: [values that mean fraud]}' },
);

const eventMap = z.strictObject({
  id: cell,
  type: literalCell,
  occurredAt: timeCell,
  accountId: cell,
  customerId: cell.optional(),
  cardId: cell.optional(),
  deviceId: cell.optional(),
  ip: cell.optional(),
  merchantId: cell.optional(),
  category: cell.optional(),
  channel: cell.optional(),
  instrument: cell.optional(),
  refundOf: cell.optional(),
  amount: amountCell.optional(),
  currency: literalCell.optional(),
  terms: cell.optional(),
  geo: z
    .strictObject({ lat: cell.optional(), lon: cell.optional(), city: cell.optional() })
    .optional(),
  attributes: z.record(z.string().min(1), cell).optional(),
  label: labelCell.optional(),
});

export const csvOptions = z
  .strictObject({ delimiter: z.string().length(1).default(',') })
  .prefault({});

const mapSchema = z.union([
  z.strictObject({ csv: csvOptions, events: z.array(eventMap).min(1) }),
  eventMap.extend({ csv: csvOptions }),
]);

/** How one event is made of a row. */
export type EventMap = z.infer<typeof eventMap>;

export interface CsvMap {
  readonly delimiter: string;
  readonly events: readonly EventMap[];
}

/**
 * Reads a mapping file.
 * @param file its name, for messages
 * @throws Failure (exit code 2) that lists every mistake as file:line:column
 */
export function parseCsvMap(yaml: string, file: string): CsvMap {
  const lines = new LineCounter();
  const document = parseDocument(yaml, { lineCounter: lines });
  const place = (offset: number): string => {
    const { line, col } = lines.linePos(offset);
    return `${file}:${line}:${col}`;
  };
  if (document.errors.length > 0) {
    const faults = document.errors.map((error) => `${place(error.pos[0])}: ${firstLine(error)}`);
    throw new Failure(faults.join('; '), { exitCode: 2 });
  }
  const value: unknown = document.toJS();
  // The two forms are told apart first, so that the mistakes listed are those of the form that was meant.
  const several = typeof value === 'object' && value !== null && 'events' in value;
  const result = mapSchema.options[several ? 0 : 1].safeParse(value ?? {});
  if (!result.success) {
    const faults = result.error.issues.flatMap((issue) => {
      const path = issue.path.map(String);
      const unknown = issue.code === 'unrecognized_keys' ? issue.keys : [];
      if (unknown.length > 0) {
        return unknown.map(
          (key) => `${place(offsetOf(document, [...path, key]))}: unknown key ${key}`,
        );
      }
      const missing = path.length > 0 && !document.hasIn(path) ? 'missing; ' : '';
      const name = path.join('.') || 'the map';
      return [`${place(offsetOf(document, path))}: ${name}: ${missing}${issue.message}`];
    });
    throw new Failure(faults.join('; '), { exitCode: 2 });
  }
  const { csv, ...rest } = result.data;
  return { delimiter: csv.delimiter, events: 'events' in rest ? rest.events : [rest] };
}

/** Where the node at the path starts, or its nearest ancestor that stands in the file. */
function offsetOf(document: Document, path: readonly string[]): number {
  for (let length = path.length; length > 0; length--) {
    const parent: unknown =
      length === 1 ? document.contents : document.getIn(path.slice(0, length - 1), true);
    const name = path[length - 1]!;
    if (isMap(parent)) {
      const pair = parent.items.find(({ key }) => String(key) === name);
      const range = (pair?.key as { range?: readonly number[] } | undefined)?.range;
      if (range !== undefined) return range[0]!;
    } else if (isSeq(parent)) {
      const item = parent.items[Number(name)] as { range?: readonly number[] } | undefined;
      if (item?.range !== undefined) return item.range[0]!;
    }
  }
  return 0;
}

function firstLine(error: Error): string {
  return messageOf(error).split(' at line ')[0]!;
}
