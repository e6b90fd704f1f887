/** `list` and `label import`: from the command line to the worker, and what stands on the lists. */

import type { AnalystFlags } from './command-orders.ts';
import { MAX_ENTRIES_AN_ORDER, type ListKind, type ListName } from './decide/list-entry.ts';
import { MAX_LABELS_AN_ORDER } from './decide/account-action.ts';
import { Failure } from './failure.ts';
import { importFile, tellImport, type ImportFlags } from './import-file.ts';
import { readLabelMap, readListMap } from './import-map.ts';
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
  const expiresAtMs = flags.expires === undefined ? undefined : Date.parse(flags.expires);
  if (Number.isNaN(expiresAtMs)) {
    throw new Failure('--expires: write a time such as 2027-01-01T00:00:00+08:00', { exitCode: 2 });
  }
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

export async function importLabels(file: string, flags: ImportFlags): Promise<void> {
  const map = await readLabelMap(flags.map);
  const tally = await importFile(
    {
      ...{ file, map, part: MAX_LABELS_AN_ORDER },
      order: (labels) => ({ kind: 'labels', labels }),
    },
    flags,
  );
  tellImport('labels', tally);
}
