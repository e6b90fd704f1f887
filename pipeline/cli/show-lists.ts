/** `list show`: what stands on the lists, from the record, or from the running worker that holds it. */

import { loadConfig } from '../../config/load.ts';
import { assembleFileLists } from '../assemble.ts';
import type { StoreFlags } from './command-options.ts';
import { LIST_NAMES, type ListKind, type ListName } from '../decide/list-entry.ts';
import { fileEntryId } from '../decide/lists.ts';
import { discoverDetectors } from '../detect/discover.ts';
import { RowPrinter, type RowsFlags } from '../terminal/print-rows.ts';
import type { Analytics } from '../record/analytics.ts';
import { recordedEntries } from '../record/list-history.ts';
import type { RunningWorker } from './running-worker.ts';
import { TRY_AGAIN, withRecord, workerBeside } from './with-record.ts';

export interface ShowFlags extends StoreFlags, RowsFlags {
  readonly config: string;
  readonly kind?: ListKind;
}

/** Entries that one question asks for: of the API at most so many. */
const PAGE = 1000;

const COLUMNS = ['list', 'kind', 'value', 'expiresAt', 'author', 'addedAt', 'reason', 'entryId'];

/** Those of the files first, then those of orders and of the engine. @throws Failure */
export async function showLists(list: ListName | undefined, flags: ShowFlags): Promise<void> {
  const asked = LIST_NAMES.filter((each) => list === undefined || each === list);
  const printer = new RowPrinter(COLUMNS, flags);
  const worker = await workerBeside(flags);
  if (worker === undefined) await fromRecord(asked, flags, printer);
  else await fromWorker(worker, asked, flags, printer);
  await printer.end('nothing stands there');
}

async function fromRecord(
  asked: readonly ListName[],
  flags: ShowFlags,
  printer: RowPrinter,
): Promise<void> {
  const config = await loadConfig(flags.config, await discoverDetectors());
  const files = assembleFileLists(config);
  await withRecord(flags, TRY_AGAIN, async (analytics) => {
    for (const list of asked) {
      const inFile = [...files[list].entries()].filter(
        ({ kind }) => flags.kind === undefined || kind === flags.kind,
      );
      const rows = inFile.map((entry) => {
        const { kind, value, reason, author, expiresAtMs } = entry;
        const entryId = fileEntryId(list, entry);
        return { list, kind, value, reason, author, entryId, expiresAt: iso(expiresAtMs) };
      });
      await printer.print(rows);
    }
    for (const list of asked) await recorded(analytics, list, flags, printer);
  });
}

async function recorded(
  analytics: Analytics,
  list: ListName,
  { kind }: ShowFlags,
  printer: RowPrinter,
): Promise<void> {
  let after: readonly [string, string, string] | undefined;
  for (;;) {
    const page = await recordedEntries(analytics, { list, kind, after, limit: PAGE });
    const rows = page.map(({ addedAtMs, expiresAtMs, ...entry }) => ({
      ...entry,
      addedAt: iso(addedAtMs),
      expiresAt: iso(expiresAtMs ?? undefined),
    }));
    await printer.print(rows);
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE) return;
    after = [last.list, last.kind, last.value];
  }
}

/** An answer of `GET /v1/lists/:list`. */
interface ListAnswer {
  readonly files: readonly Readonly<Record<string, unknown>>[];
  readonly entries: readonly (Readonly<Record<string, unknown>> & {
    readonly kind: string;
    readonly value: string;
  })[];
}

async function fromWorker(
  worker: RunningWorker,
  asked: readonly ListName[],
  { kind }: ShowFlags,
  printer: RowPrinter,
): Promise<void> {
  for (const list of asked) {
    let after: Readonly<Record<string, string>> = {};
    for (;;) {
      const only = kind === undefined ? {} : { kind };
      const query = new URLSearchParams({ ...only, ...after, limit: String(PAGE) });
      const { files, entries } = (await worker.ask(
        `/v1/lists/${list}?${query.toString()}`,
      )) as ListAnswer;
      const isFirst = Object.keys(after).length === 0;
      await printer.print([...(isFirst ? files : []), ...entries]);
      const last = entries.at(-1);
      if (last === undefined || entries.length < PAGE) break;
      after = { afterKind: last.kind, after: last.value };
    }
  }
}

function iso(ms: number | undefined): string | undefined {
  return ms === undefined ? undefined : new Date(ms).toISOString();
}
