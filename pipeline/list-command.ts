/** `list` and `label import`: from the command line to the worker, and what stands on the lists. */

import { loadConfig } from '../config/load.ts';
import { assembleFileLists } from './assemble.ts';
import type { AnalystFlags } from './command-orders.ts';
import {
  LIST_NAMES,
  MAX_ENTRIES_AN_ORDER,
  type ListKind,
  type ListName,
} from './decide/list-entry.ts';
import { MAX_LABELS_AN_ORDER } from './decide/account-action.ts';
import { fileEntryId } from './decide/lists.ts';
import { discoverDetectors } from './detect/discover.ts';
import { Failure } from './failure.ts';
import { importFile, tellImport, type ImportFlags } from './import-file.ts';
import { readLabelMap, readListMap } from './import-map.ts';
import { order } from './order.ts';
import { recordedEntries } from './record/list-history.ts';
import { withRecord, type RecordFlags } from './with-record.ts';

const PAGE = 10_000;

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

export interface ShowFlags extends RecordFlags {
  readonly config: string;
  readonly kind?: ListKind;
}

/** One JSON line an entry: those of the files first, then those of orders and of the engine. */
export async function showList(list: ListName | undefined, flags: ShowFlags): Promise<void> {
  const config = await loadConfig(flags.config, await discoverDetectors());
  const { host, port } = config.system.http;
  const files = assembleFileLists(config);
  const whereElse = `ask the running worker: curl http://${host}:${port}/v1/lists/${list ?? 'block'}`;
  await withRecord(flags, whereElse, async (analytics) => {
    for (const name of LIST_NAMES.filter((each) => list === undefined || each === list)) {
      for (const entry of files[name].entries()) {
        const { kind, value, reason, author, expiresAtMs } = entry;
        if (flags.kind !== undefined && kind !== flags.kind) continue;
        const entryId = fileEntryId(name, entry);
        print({ list: name, kind, value, reason, author, entryId, expiresAt: iso(expiresAtMs) });
      }
    }
    let after: readonly [string, string, string] | undefined;
    for (;;) {
      const page = await recordedEntries(analytics, { list, kind: flags.kind, after, limit: PAGE });
      for (const { addedAtMs, expiresAtMs, ...entry } of page) {
        print({ ...entry, addedAt: iso(addedAtMs), expiresAt: iso(expiresAtMs ?? undefined) });
      }
      const last = page.at(-1);
      if (last === undefined || page.length < PAGE) return;
      after = [last.list, last.kind, last.value];
    }
  });
}

function print(line: Readonly<Record<string, unknown>>): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

function iso(ms: number | undefined): string | undefined {
  return ms === undefined ? undefined : new Date(ms).toISOString();
}
