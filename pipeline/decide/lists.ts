/**
 * Block, allow and watch lists: who is named, until when and why. Entries of config/lists stand beside those
 * that orders added; where both name a subject, the order's speaks as long as it holds.
 */

import { isAddressRange, RangeTable, rangeOf } from '../detect/address-range.ts';
import type { Event, EventView } from '../event.ts';
import { parseAddress } from '../ingest/decode-address.ts';
import {
  FIELD_OF_KIND,
  LIST_KINDS,
  LIST_NAMES,
  NO_HITS,
  type ListEntries,
  type ListEntry,
  type ListHit,
  type ListKind,
  type ListName,
} from './list-entry.ts';
import { ListGuard, type AutomaticListing, type SharedValues } from './list-guard.ts';
import type { LiveLists } from './live-lists.ts';

export type { ListEntries, ListEntry } from './list-entry.ts';

/** An entry of a file, and its place in it. */
export interface FileEntry extends ListEntry {
  readonly kind: ListKind;
  /** From 0, among the entries of its kind. */
  readonly index: number;
}

interface Kind {
  readonly field: (typeof FIELD_OF_KIND)[ListKind];
  readonly exact: ReadonlyMap<string, FileEntry>;
  readonly ranges: RangeTable<FileEntry>;
}

/** The entries of one file, compiled: a kind that names nothing costs nothing per event. */
export class SubjectList {
  readonly #kinds: readonly Kind[];

  /** @param entries where two name the same subject, the one that holds longer stands, else the later one. */
  constructor(entries: ListEntries) {
    this.#kinds = LIST_KINDS.filter((kind) => entries[kind].length > 0).map((kind) =>
      compile(kind, entries[kind]),
    );
  }

  get isEmpty(): boolean {
    return this.#kinds.length === 0;
  }

  /** The first entry that names the event's account, card, device, address or merchant and still holds. */
  match(event: Event): FileEntry | undefined {
    for (const { field, exact, ranges } of this.#kinds) {
      const value = event[field];
      if (value === undefined) continue;
      const holds = (entry: FileEntry): boolean => holdsAt(entry, event.occurredAtMs);
      const entry = exact.get(value);
      if (entry !== undefined && holds(entry)) return entry;
      if (ranges.size === 0) continue;
      const bytes = Buffer.from(value);
      const range = ranges.match(bytes, 0, bytes.length, holds);
      if (range !== undefined) return range;
    }
    return undefined;
  }

  /** Every entry that stands, for people. */
  *entries(): Generator<FileEntry> {
    for (const { exact, ranges } of this.#kinds) {
      yield* exact.values();
      yield* ranges.values();
    }
  }
}

/** What a configuration says of lists: the entries of its files, and what the engine may add itself. */
export interface FileLists extends Readonly<Record<ListName, SubjectList>> {
  readonly automatic: AutomaticListing;
}

/** All lists as an event meets them. */
export class Lists {
  readonly live: LiveLists;
  readonly guard: ListGuard;
  #files: FileLists;
  #filesEmpty: boolean;

  /** @param shared values that stand for many people: the engine never lists one by itself. */
  constructor(files: FileLists, live: LiveLists, shared: SharedValues) {
    this.#files = files;
    this.#filesEmpty = areEmpty(files);
    this.live = live;
    this.guard = new ListGuard(files.automatic, live, shared);
  }

  get files(): FileLists {
    return this.#files;
  }

  /** Another configuration's files stand from the next event on; what orders added stays. */
  adopt(files: FileLists): void {
    this.#files = files;
    this.#filesEmpty = areEmpty(files);
    this.guard.configure(files.automatic);
  }

  /** The entries that name the event and hold at it, at most one a list. */
  match(view: EventView): readonly ListHit[] {
    const live = this.live.match(view);
    if (this.#filesEmpty) return live;
    let hits = live;
    for (const list of LIST_NAMES) {
      if (live.some((hit) => hit.list === list)) continue;
      const entry = this.#files[list].match(view);
      if (entry === undefined) continue;
      if (hits === NO_HITS) hits = [hitOf(list, entry)];
      else hits = [...hits, hitOf(list, entry)];
    }
    return hits;
  }
}

/** What an entry of a file is known by: its path in the configuration of the decision's version. */
export function fileEntryId(list: ListName, { kind, index }: FileEntry): string {
  return `lists/${list}.yaml/${kind}/${index + 1}`;
}

function hitOf(list: ListName, entry: FileEntry): ListHit {
  const { kind, value, reason, author } = entry;
  return { list, kind, value, reason, author, entryId: fileEntryId(list, entry) };
}

function areEmpty(files: FileLists): boolean {
  return LIST_NAMES.every((list) => files[list].isEmpty);
}

function compile(kind: ListKind, list: readonly ListEntry[]): Kind {
  const exact = new Map<string, FileEntry>();
  const ranges = new RangeTable<FileEntry>();
  list.forEach((written, index) => {
    const entry = { ...written, kind, index };
    const range =
      kind === 'ips' && isAddressRange(written.value) ? rangeOf(written.value) : undefined;
    if (range !== undefined) {
      if (!outlives(ranges.get(range), entry)) ranges.set(range, entry);
      return;
    }
    // An event has one spelling of an address, whichever its sender wrote; a list may hold any.
    const value =
      kind === 'ips' ? (parseAddress(written.value)?.text ?? written.value) : written.value;
    if (!outlives(exact.get(value), entry)) exact.set(value, entry);
  });
  return { field: FIELD_OF_KIND[kind], exact, ranges };
}

function outlives(one: ListEntry | undefined, other: ListEntry): boolean {
  return one !== undefined && (one.expiresAtMs ?? Infinity) > (other.expiresAtMs ?? Infinity);
}

function holdsAt(entry: ListEntry, atMs: number): boolean {
  return entry.expiresAtMs === undefined || atMs < entry.expiresAtMs;
}
