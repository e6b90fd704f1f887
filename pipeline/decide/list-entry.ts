/** What stands on a list: whom it names, why, by whom and until when; and every change to it, one row each. */

import { isAddressRange, rangeOf, widthProblem } from '../detect/address-range.ts';
import type { KeyField } from '../event-fields.ts';
import { parseAddress } from '../ingest/decode-address.ts';

/** `block` blocks, `allow` lets pass, `watch` sends rewards to review and never blocks. */
export const LIST_NAMES = ['block', 'allow', 'watch'] as const;
export type ListName = (typeof LIST_NAMES)[number];

/** Kinds of subjects, in the order in which an event is asked for them. */
export const LIST_KINDS = ['accounts', 'cards', 'devices', 'ips', 'merchants', 'phones'] as const;
export type ListKind = (typeof LIST_KINDS)[number];

/** The field of an event that a kind names. */
export const FIELD_OF_KIND = {
  accounts: 'accountId',
  cards: 'cardId',
  devices: 'deviceId',
  ips: 'ip',
  merchants: 'merchantId',
  phones: 'phoneHash',
} as const satisfies Readonly<Record<ListKind, KeyField>>;

export interface ListEntry {
  /** As events have it: a card number masked, an address in any spelling, a telephone number hashed. */
  readonly value: string;
  readonly reason: string;
  readonly author: string;
  /** The first instant at which the entry no longer holds, in event time; undefined: for ever. */
  readonly expiresAtMs: number | undefined;
}

/** The entries of one list, by kind. */
export type ListEntries = Readonly<Record<ListKind, readonly ListEntry[]>>;

/** An event met an entry: kept with the decision, so that it explains itself when the entry is long gone. */
export interface ListHit {
  readonly list: ListName;
  readonly kind: ListKind;
  /** The entry's: the event's own value, or the range that holds its address. */
  readonly value: string;
  readonly reason: string;
  readonly author: string;
  /** Of an order, `<command>.<place>`; of a file, its path and place; of the engine, `auto_<decision>_<kind>`. */
  readonly entryId: string;
}

/** No list names the event. Shared: most decisions have no hit. */
export const NO_HITS: readonly ListHit[] = Object.freeze([]);

/** Where an entry is to stand. */
export interface ListPlace {
  readonly list: ListName;
  readonly kind: ListKind;
  readonly value: string;
}

/** A subject that an order adds. */
export interface NewListEntry {
  readonly kind: ListKind;
  readonly value: string;
  /** What the entry says where it differs from the order. */
  readonly reason?: string | undefined;
  readonly author?: string | undefined;
  readonly expiresAtMs?: number | undefined;
}

/** What is ordered of a list. */
export type ListOrder =
  | { readonly op: 'add'; readonly list: ListName; readonly entries: readonly NewListEntry[] }
  | {
      readonly op: 'remove';
      readonly list: ListName;
      readonly entries: readonly { readonly kind: ListKind; readonly value: string }[];
    };

/**
 * One change, as it is recorded and read back after a restart. `witness` and `spare` are the steps of the
 * guard that come before an automatic entry: what speaks against a value, and what spared it.
 */
export interface ListChange extends ListPlace {
  /** Deterministic; of an `add` it is the entry's id. */
  readonly id: string;
  readonly op: 'add' | 'remove' | 'witness' | 'spare';
  readonly reason: string;
  readonly author: string;
  /** Who gave the order, or `policy`. */
  readonly actor: string;
  /** The decision that caused an automatic change, or ''. */
  readonly decisionId: string;
  /** Event time of an automatic change, else when it was ordered. */
  readonly occurredAtMs: number;
  readonly expiresAtMs: number | undefined;
  /** What a witness said, as JSON; '' for all else. */
  readonly detail: string;
}

/** The most entries of one order, also of one request. */
export const MAX_ENTRIES_AN_ORDER = 5000;
const MAX_VALUE_CHARACTERS = 512;

/** A value as it is kept: an address in its one spelling, a range by its network. Others stay as they are. */
export function canonicalValue(kind: ListKind, value: string): string {
  const text = value.trim();
  if (kind !== 'ips') return text;
  return rangeOf(text)?.text ?? parseAddress(text)?.text ?? text;
}

/** Whether the value of this kind is a range of addresses, well written or not. */
export function namesRange(kind: ListKind, value: string): boolean {
  return kind === 'ips' && isAddressRange(value);
}

/** Why a value cannot stand on a list, or undefined. */
export function valueProblem(kind: ListKind, value: string): string | undefined {
  if (value.trim() === '') return 'the value is empty';
  if (value.length > MAX_VALUE_CHARACTERS) {
    return `the value is longer than ${MAX_VALUE_CHARACTERS} characters`;
  }
  if (!namesRange(kind, value)) return undefined;
  const range = rangeOf(value.trim());
  if (range === undefined) return 'not an address range: write one such as 203.0.113.0/24';
  return widthProblem(range);
}
