/**
 * The files that say how the rows of a CSV become entries of a list or labels. As in the map of a CSV of
 * events, bare text names a column, except where it is the value itself; `{column: x}` and `{value: x}` say which.
 *
 *   list:   value: card_no                 label:  decision: transaction_id      # the decision's id or its event's
 *           kind: cards                            label: {column: outcome, confirmed: [CB], falsePositive: [OK]}
 *           reason: why                            at: {column: posted, format: "yyyy-MM-dd", zone: Asia/Shanghai}
 *           author: {value: fraud-desk}            who: {value: issuing-bank}
 *           expires: {column: until}               reason: code
 *
 * A row is found by ids alone: card, time and amount do not name one payment.
 */

import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { check, ConfigFailure, parseYaml } from '../../config/yaml-file.ts';
import type { LabelValue, NewLabel } from '../decide/account-action.ts';
import { LIST_KINDS, type ListKind, type NewListEntry } from '../decide/list-entry.ts';
import { Failure, messageOf } from '../failure.ts';
import {
  cell,
  column,
  csvOptions,
  literal,
  literalCell,
  timeCell,
  type Cell,
} from '../ingest/csv-map-schema.ts';
import { timeReader } from '../ingest/csv-map-time.ts';

const listMap = z.strictObject({
  csv: csvOptions,
  value: cell,
  kind: literalCell,
  reason: cell.optional(),
  author: cell.optional(),
  expires: timeCell.optional(),
});

const values = z.array(literal.transform(String)).min(1);
const labelMap = z.strictObject({
  csv: csvOptions,
  decision: cell,
  label: z.union(
    [
      z.strictObject({ value: z.enum(['confirmed', 'false_positive']) }),
      z.strictObject({
        column,
        confirmed: values.default(['confirmed']),
        falsePositive: values.default(['false_positive']),
      }),
    ],
    { error: 'write {value: confirmed} or {column: …, confirmed: […], falsePositive: […]}' },
  ),
  at: timeCell,
  who: cell.optional(),
  reason: cell.optional(),
});

/** What a row is, or why it is nothing. */
export type ReadRow<Item> = (cells: readonly string[]) => Item | { readonly why: string };

/** A map, compiled against the header of a CSV by `rows`. */
export interface ImportMap<Item> {
  readonly delimiter: string;
  /** @throws Failure (exit code 2) when the header lacks a mapped column. */
  rows(header: readonly string[], file: string): ReadRow<Item>;
}

/** @throws ConfigFailure with every mistake as file:line:column. */
export async function readListMap(path: string): Promise<ImportMap<NewListEntry>> {
  const map = await readMap(path, listMap);
  return {
    delimiter: map.csv.delimiter,
    rows: (header, file) => {
      const columns = columnsOf(header, file);
      const value = textOf(map.value, columns);
      const kind = textOf(map.kind, columns);
      const reason = map.reason && textOf(map.reason, columns);
      const author = map.author && textOf(map.author, columns);
      const expires = map.expires && timeOf(map.expires, columns);
      return (cells) => {
        const named = kind(cells);
        if (!isKind(named)) return { why: `"${named}" is no kind: ${LIST_KINDS.join(', ')}` };
        const expiresAtMs = expires?.(cells);
        if (Number.isNaN(expiresAtMs)) return { why: 'the end cannot be read as a time' };
        return {
          kind: named,
          value: value(cells),
          reason: filled(reason?.(cells)),
          author: filled(author?.(cells)),
          expiresAtMs,
        };
      };
    },
  };
}

/** @throws ConfigFailure with every mistake as file:line:column. */
export async function readLabelMap(path: string): Promise<ImportMap<NewLabel>> {
  const map = await readMap(path, labelMap);
  return {
    delimiter: map.csv.delimiter,
    rows: (header, file) => {
      const columns = columnsOf(header, file);
      const decision = textOf(map.decision, columns);
      const label = labelOf(map.label, columns);
      const at = timeOf(map.at, columns);
      const who = map.who && textOf(map.who, columns);
      const reason = map.reason && textOf(map.reason, columns);
      return (cells) => {
        const decisionId = decision(cells);
        if (decisionId === '') return { why: 'the decision is empty' };
        const said = label(cells);
        if (said === undefined) return { why: 'the label is none of those that the map names' };
        const labelledAtMs = at(cells);
        if (labelledAtMs === undefined || Number.isNaN(labelledAtMs)) {
          return { why: 'the time of the label cannot be read' };
        }
        return {
          decisionId,
          label: said,
          labelledAtMs,
          actor: filled(who?.(cells)),
          reason: filled(reason?.(cells)),
        };
      };
    },
  };
}

async function readMap<T>(path: string, schema: z.ZodType<T>): Promise<T> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw new Failure(`${path}: cannot be read: ${messageOf(error)}`, { exitCode: 2 });
  });
  const problems: string[] = [];
  const map = check(parseYaml(path, text, problems), schema, problems);
  if (map === undefined || problems.length > 0) throw new ConfigFailure(problems);
  return map;
}

type Columns = (name: string) => number;

function columnsOf(header: readonly string[], file: string): Columns {
  const names = header.map((name) => name.trim());
  return (name) => {
    const at = names.indexOf(name);
    if (at >= 0) return at;
    throw new Failure(`${file}: the header has no column "${name}": it has ${names.join(', ')}`, {
      exitCode: 2,
    });
  };
}

function textOf(from: Cell, columns: Columns): (cells: readonly string[]) => string {
  if ('value' in from) {
    const value = String(from.value);
    return () => value;
  }
  const { prefix = '', suffix = '' } = from;
  const at = columns(from.column);
  return (cells) => {
    const text = cells[at]?.trim() ?? '';
    return text === '' ? '' : `${prefix}${text}${suffix}`;
  };
}

/** Undefined for an empty cell, NaN for one that is no time. */
function timeOf(
  from: z.infer<typeof timeCell>,
  columns: Columns,
): (cells: readonly string[]) => number | undefined {
  const at = columns(from.column);
  const read = timeReader(from.format, from.zone);
  return (cells) => {
    const text = cells[at]?.trim() ?? '';
    return text === '' ? undefined : read(text);
  };
}

function labelOf(
  from: z.infer<typeof labelMap>['label'],
  columns: Columns,
): (cells: readonly string[]) => LabelValue | undefined {
  if ('value' in from) return () => from.value;
  const at = columns(from.column);
  return (cells) => {
    const text = cells[at]?.trim() ?? '';
    if (from.confirmed.includes(text)) return 'confirmed';
    return from.falsePositive.includes(text) ? 'false_positive' : undefined;
  };
}

function isKind(text: string): text is ListKind {
  return LIST_KINDS.some((kind) => kind === text);
}

function filled(text: string | undefined): string | undefined {
  return text === '' ? undefined : text;
}
