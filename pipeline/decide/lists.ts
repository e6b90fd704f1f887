/** Block and allow lists: who is named, until when and why. Entries expire by event time. */

import { NetworkSet, type Network } from '../detect/networks.ts';
import type { Event } from '../event.ts';
import { parseAddress } from '../ingest/decode-address.ts';

export interface ListEntry {
  /** As events have it: a card number masked, an address in any spelling. */
  readonly value: string;
  readonly reason: string;
  readonly author: string;
  /** The first instant at which the entry no longer holds; undefined: for ever. */
  readonly expiresAtMs: number | undefined;
}

export interface ListEntries {
  readonly accounts: readonly ListEntry[];
  readonly cards: readonly ListEntry[];
  readonly devices: readonly ListEntry[];
  /** Addresses, opaque tokens or CIDR ranges. */
  readonly ips: readonly ListEntry[];
  readonly merchants: readonly ListEntry[];
}

interface Range extends Network {
  readonly entry: ListEntry;
}

interface Kind {
  readonly read: (event: Event) => string | undefined;
  readonly exact: ReadonlyMap<string, ListEntry>;
  readonly ranges: NetworkSet<Range>;
}

/** One list, compiled: a kind that names nothing costs nothing per event. */
export class SubjectList {
  readonly #kinds: readonly Kind[];

  constructor(entries: ListEntries) {
    const kinds: (readonly [Kind['read'], readonly ListEntry[], boolean])[] = [
      [(event) => event.accountId, entries.accounts, false],
      [(event) => event.cardId, entries.cards, false],
      [(event) => event.deviceId, entries.devices, false],
      [(event) => event.ip, entries.ips, true],
      [(event) => event.merchantId, entries.merchants, false],
    ];
    this.#kinds = kinds
      .filter(([, list]) => list.length > 0)
      .map(([read, list, addresses]) => compile(read, list, addresses));
  }

  /** The first entry that names the event's account, card, device, address or merchant and still holds. */
  match(event: Event): ListEntry | undefined {
    for (const kind of this.#kinds) {
      const value = kind.read(event);
      if (value === undefined) continue;
      const entry = kind.exact.get(value) ?? kind.ranges.match(value)?.entry;
      if (entry !== undefined && holds(entry, event.occurredAtMs)) return entry;
    }
    return undefined;
  }
}

function compile(read: Kind['read'], list: readonly ListEntry[], addresses: boolean): Kind {
  const isRange = (entry: ListEntry): boolean => addresses && entry.value.includes('/');
  // An event has one spelling of an address, whichever its sender wrote; a list may hold any.
  const asRead = ({ value }: ListEntry): string =>
    addresses ? (parseAddress(value)?.text ?? value) : value;
  return {
    read,
    exact: new Map(list.filter((entry) => !isRange(entry)).map((entry) => [asRead(entry), entry])),
    ranges: new NetworkSet(
      list.filter(isRange).map((entry) => ({ cidr: entry.value, reason: entry.reason, entry })),
    ),
  };
}

function holds(entry: ListEntry, atMs: number): boolean {
  return entry.expiresAtMs === undefined || atMs < entry.expiresAtMs;
}
