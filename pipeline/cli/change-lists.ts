/** `list add`, `list remove` and `list import`: orders to the worker that change a list. */

import { instantOf, type AnalystFlags, type ImportFlags } from './command-options.ts';
import { MAX_ENTRIES_AN_ORDER, type ListKind, type ListName } from '../decide/list-entry.ts';
import { importFile, tellImport } from './import-file.ts';
import { readListMap } from './import-map.ts';
import { order } from './order.ts';

export interface ListAddFlags extends AnalystFlags {
  readonly expires?: string;
  readonly author?: string;
}

export async function addToList(
  list: ListName,
  kind: ListKind,
  values: readonly string[],
  flags: ListAddFlags,
): Promise<void> {
  const expiresAtMs =
    flags.expires === undefined ? undefined : instantOf('--expires', flags.expires);
  const { author } = flags;
  const entries = values.map((value) => ({ kind, value, author, expiresAtMs }));
  await order({ kind: 'list', order: { op: 'add', list, entries } }, flags);
}

export async function removeFromList(
  list: ListName,
  kind: ListKind,
  values: readonly string[],
  flags: AnalystFlags,
): Promise<void> {
  const entries = values.map((value) => ({ kind, value }));
  await order({ kind: 'list', order: { op: 'remove', list, entries } }, flags);
}

export async function importList(
  file: string,
  flags: ImportFlags & { readonly list: ListName },
): Promise<void> {
  const { list } = flags;
  const map = await readListMap(flags.map);
  const tally = await importFile(
    {
      ...{ file, map, part: MAX_ENTRIES_AN_ORDER },
      order: (entries) => ({ kind: 'list', order: { op: 'add', list, entries } }),
    },
    flags,
  );
  tellImport(`${list} list`, tally);
}
