/**
 * The entries that orders and the engine itself put on the lists: up to millions, found by the key hashes
 * that every event's batch has already. A kind that names nothing costs nothing per event.
 *
 * Within a list an entry is its subject: the newest word on a subject replaces the one before, also when it
 * is the milder one, for whoever gave it knew more. Values themselves are not kept in memory, only in the
 * record; about 50 bytes an entry.
 */

import { RangeTable, rangeOf, type AddressRange } from '../detect/address-range.ts';
import type { EventView } from '../event.ts';
import { keyColumn, textColumn } from '../event-fields.ts';
import type { Decoder } from '../ingest/decode.ts';
import { KeyTable } from './key-table.ts';
import {
  FIELD_OF_KIND,
  LIST_KINDS,
  LIST_NAMES,
  namesRange,
  NO_HITS,
  type ListChange,
  type ListHit,
  type ListKind,
  type ListName,
  type ListPlace,
} from './list-entry.ts';

/** What many entries of one order have in common; shared by all of them. */
interface Word {
  readonly prefix: string;
  readonly reason: string;
  readonly author: string;
}

/** An entry as it stands. */
export interface StandingEntry {
  readonly entryId: string;
  readonly reason: string;
  readonly author: string;
  readonly expiresAtMs: number | undefined;
}

/** A subject as the tables have it. */
type Where =
  | { readonly range: AddressRange }
  | { readonly kind: ListKind; readonly lo: number; readonly hi: number };

export type KeyOf = Pick<Decoder, 'keyOf'>;

const FIRST_ENTRIES = 1024;
const NONE = -1;
const MAX_KNOWN_WORDS = 10_000;
/** An entry that ended this long before the newest event makes room when the lists are full. */
const KEPT_ENDED_MS = 86_400_000;
const IP_TEXT = textColumn('ip');

export class LiveLists {
  readonly #maxEntries: number;
  readonly #tables: Readonly<Record<ListKind, KeyTable>>;
  /** Address ranges, by list. */
  readonly #ranges: Readonly<Record<ListName, RangeTable<number>>>;
  readonly #rangeTexts = new Map<number, string>();
  readonly #words = new Map<string, Word>();
  #lastWord: Word | undefined;
  // By entry.
  #list = new Uint8Array(FIRST_ENTRIES);
  #expiresAtMs = new Float64Array(FIRST_ENTRIES);
  #place = new Int32Array(FIRST_ENTRIES);
  /** The next entry with the same key, on another list; NONE behind the last. */
  #next = new Int32Array(FIRST_ENTRIES);
  readonly #word: (Word | undefined)[] = [];
  readonly #free: number[] = [];
  #used = 0;

  constructor(maxEntries: number) {
    this.#maxEntries = maxEntries;
    const tables = LIST_KINDS.map((kind) => [kind, new KeyTable()] as const);
    this.#tables = Object.fromEntries(tables) as Record<ListKind, KeyTable>;
    const ranges = LIST_NAMES.map((list) => [list, new RangeTable<number>()] as const);
    this.#ranges = Object.fromEntries(ranges) as Record<ListName, RangeTable<number>>;
  }

  /** Entries, ended ones included. */
  get size(): number {
    return this.#used - this.#free.length;
  }

  /** The hits of an event, at most one a list: an exact one before a range. */
  match(view: EventView): readonly ListHit[] {
    if (this.size === 0) return NO_HITS;
    const { batch, row } = view;
    let hits: ListHit[] | undefined;
    for (const kind of LIST_KINDS) {
      const table = this.#tables[kind];
      if (table.size === 0) continue;
      const column = keyColumn(FIELD_OF_KIND[kind]);
      batch.requireKey(column);
      const at = column * batch.capacity + row;
      const lo = batch.keyLo[at]!;
      const hi = batch.keyHi[at]!;
      if ((lo | hi) === 0) continue;
      for (let entry = table.get(lo, hi); entry !== NONE; entry = this.#next[entry]!) {
        if (!this.#holds(entry, batch.occurredAtMs[row]!)) continue;
        const list = LIST_NAMES[this.#list[entry]!]!;
        if (hits?.some((hit) => hit.list === list) === true) continue;
        const value = view[FIELD_OF_KIND[kind]]!;
        (hits ??= []).push(this.#hit(entry, { list, kind, value }));
      }
    }
    for (const list of LIST_NAMES) {
      if (this.#ranges[list].size === 0) continue;
      if (hits?.some((hit) => hit.list === list) === true) continue;
      const hit = this.#rangeHit(list, batch, row);
      if (hit !== undefined) (hits ??= []).push(hit);
    }
    return hits ?? NO_HITS;
  }

  /** The entry of a subject, ended or not. */
  find(place: ListPlace, keys: KeyOf): StandingEntry | undefined {
    const entry = this.#entryAt(place.list, whereOf(place, keys));
    return entry === NONE ? undefined : this.#standing(entry);
  }

  /**
   * Puts an entry on its list or takes one off.
   * @returns what came of it: `same` when it changed nothing, `full` when there is no room.
   */
  apply(change: ListChange, keys: KeyOf, watermarkMs: number): 'done' | 'same' | 'full' {
    const where = whereOf(change, keys);
    const known = this.#entryAt(change.list, where);
    if (change.op === 'remove') return this.#remove(change.list, where, known) ? 'done' : 'same';
    if (change.op !== 'add') return 'same';
    if (known !== NONE) {
      const { reason, author, expiresAtMs } = this.#standing(known);
      if (
        reason === change.reason &&
        author === change.author &&
        expiresAtMs === change.expiresAtMs
      ) {
        return 'same';
      }
      this.#write(known, change);
      return 'done';
    }
    if (this.size >= this.#maxEntries) this.#makeRoom(watermarkMs - KEPT_ENDED_MS);
    if (this.size >= this.#maxEntries) return 'full';
    this.#insert(change, where);
    return 'done';
  }

  #insert(change: ListChange, where: Where): void {
    const entry = this.#free.pop() ?? this.#used++;
    if (entry >= this.#next.length) this.#grow();
    this.#write(entry, change);
    this.#next[entry] = NONE;
    if ('range' in where) {
      this.#ranges[change.list].set(where.range, entry);
      this.#rangeTexts.set(entry, change.value);
      return;
    }
    const { kind, lo, hi } = where;
    const table = this.#tables[kind];
    this.#next[entry] = table.get(lo, hi);
    table.set(lo, hi, entry);
  }

  #write(entry: number, { id, list, reason, author, expiresAtMs }: ListChange): void {
    const dot = id.lastIndexOf('.');
    const place = dot < 0 ? NaN : Number(id.slice(dot + 1));
    const numbered = Number.isInteger(place);
    this.#list[entry] = LIST_NAMES.indexOf(list);
    this.#expiresAtMs[entry] = expiresAtMs ?? Infinity;
    this.#place[entry] = numbered ? place : NONE;
    this.#word[entry] = this.#shared(numbered ? id.slice(0, dot) : id, reason, author);
  }

  /** Entries of one order share what they say. */
  #shared(prefix: string, reason: string, author: string): Word {
    const last = this.#lastWord;
    if (last?.prefix === prefix && last.author === author && last.reason === reason) return last;
    const key = `${prefix}\n${author}\n${reason}`;
    const known = this.#words.get(key);
    if (known !== undefined) return (this.#lastWord = known);
    if (this.#words.size >= MAX_KNOWN_WORDS) this.#words.clear();
    const word = { prefix, reason, author };
    this.#words.set(key, word);
    return (this.#lastWord = word);
  }

  #remove(list: ListName, where: Where, entry: number): boolean {
    if (entry === NONE) return false;
    if ('range' in where) {
      this.#ranges[list].delete(where.range);
      this.#rangeTexts.delete(entry);
      this.#release(entry);
    } else {
      this.#unlink(this.#tables[where.kind], where.lo, where.hi, entry);
    }
    return true;
  }

  #unlink(table: KeyTable, lo: number, hi: number, entry: number): void {
    const head = table.get(lo, hi);
    if (head === entry) {
      if (this.#next[entry] === NONE) table.delete(lo, hi);
      else table.set(lo, hi, this.#next[entry]!);
    } else {
      let before = head;
      while (this.#next[before] !== entry) before = this.#next[before]!;
      this.#next[before] = this.#next[entry]!;
    }
    this.#release(entry);
  }

  #release(entry: number): void {
    this.#word[entry] = undefined;
    this.#free.push(entry);
  }

  /** Lets go of entries that ended before the instant. */
  #makeRoom(beforeMs: number): void {
    for (const table of Object.values(this.#tables)) {
      for (const [lo, hi, head] of [...table.entries()]) {
        for (let entry = head; entry !== NONE;) {
          const next = this.#next[entry]!;
          if (this.#expiresAtMs[entry]! <= beforeMs) this.#unlink(table, lo, hi, entry);
          entry = next;
        }
      }
    }
    for (const [entry, text] of [...this.#rangeTexts]) {
      if (this.#expiresAtMs[entry]! > beforeMs) continue;
      this.#ranges[LIST_NAMES[this.#list[entry]!]!].delete(rangeOf(text)!);
      this.#rangeTexts.delete(entry);
      this.#release(entry);
    }
  }

  #entryAt(list: ListName, where: Where): number {
    if ('range' in where) return this.#ranges[list].get(where.range) ?? NONE;
    let entry = this.#tables[where.kind].get(where.lo, where.hi);
    while (entry !== NONE && LIST_NAMES[this.#list[entry]!] !== list) entry = this.#next[entry]!;
    return entry;
  }

  #holds(entry: number, atMs: number): boolean {
    return atMs < this.#expiresAtMs[entry]!;
  }

  #rangeHit(list: ListName, batch: EventView['batch'], row: number): ListHit | undefined {
    const at = IP_TEXT * batch.capacity + row;
    const length = batch.spanLength[at]!;
    if (length < 0) return undefined;
    const from = batch.spanStart[at]!;
    const atMs = batch.occurredAtMs[row]!;
    const entry = this.#ranges[list].match(batch.source[row]!, from, from + length, (each) =>
      this.#holds(each, atMs),
    );
    if (entry === undefined) return undefined;
    return this.#hit(entry, { list, kind: 'ips', value: this.#rangeTexts.get(entry)! });
  }

  #hit(entry: number, place: ListPlace): ListHit {
    const { entryId, reason, author } = this.#standing(entry);
    return { ...place, reason, author, entryId };
  }

  #standing(entry: number): StandingEntry {
    const { prefix, reason, author } = this.#word[entry]!;
    const place = this.#place[entry]!;
    const expiresAtMs = this.#expiresAtMs[entry]!;
    return {
      entryId: place === NONE ? prefix : `${prefix}.${place}`,
      reason,
      author,
      expiresAtMs: expiresAtMs === Infinity ? undefined : expiresAtMs,
    };
  }

  #grow(): void {
    const size = this.#next.length * 2;
    this.#list = grown(new Uint8Array(size), this.#list);
    this.#expiresAtMs = grown(new Float64Array(size), this.#expiresAtMs);
    this.#place = grown(new Int32Array(size), this.#place);
    this.#next = grown(new Int32Array(size), this.#next);
  }
}

function grown<T extends Uint8Array | Int32Array | Float64Array>(into: T, from: T): T {
  into.set(from);
  return into;
}

function whereOf({ kind, value }: Pick<ListPlace, 'kind' | 'value'>, keys: KeyOf): Where {
  const range = namesRange(kind, value) ? rangeOf(value) : undefined;
  if (range !== undefined) return { range };
  const { lo, hi } = keys.keyOf(FIELD_OF_KIND[kind], value);
  return { kind, lo, hi };
}
