/**
 * Values that never link accounts, and that no finding is held against: a demo phone in a shop, a gateway, a
 * company card. They stand in config/lists/exclusions.yaml, or are added by an order, mostly upon a proposal.
 * Windows still count them, so that nothing is missing when an exclusion ends.
 */

import { isMistakenAddress, parseAddress } from '../ingest/decode-address.ts';
import type { KeyField } from '../event-fields.ts';
import { isAddressRange, RangeTable, rangeOf } from './address-range.ts';
import { NetworkSet, type AsnOf, type Network } from './networks.ts';
import { WeakestLimits, type OwnBands } from './own-bands.ts';
import type { LinkExclusions } from './ring-walk.ts';

/** Kinds of values, as files and orders call them, and the field of an event that each names. */
export const EXCLUSION_FIELDS = {
  devices: 'deviceId',
  cards: 'cardId',
  ips: 'ip',
  merchants: 'merchantId',
  phones: 'phoneHash',
  payees: 'payeeId',
  inviters: 'inviterId',
} as const satisfies Readonly<Record<string, KeyField>>;
export type ExclusionKind = keyof typeof EXCLUSION_FIELDS;
export const EXCLUSION_KINDS = Object.keys(EXCLUSION_FIELDS) as readonly ExclusionKind[];

export interface Exclusion {
  readonly kind: ExclusionKind;
  /** As events have it; of `ips` also a range. */
  readonly value: string;
  readonly reason: string;
  readonly author: string;
  /** The first instant at which it no longer holds, in event time; undefined: for ever. */
  readonly expiresAtMs: number | undefined;
  readonly bands?: OwnBands | undefined;
}

/** What the files say. */
export interface ExclusionFile {
  readonly entries: readonly Exclusion[];
  /** Networks that many honest people share: their addresses never link, and keep the limits they have. */
  readonly sharedNetworks: readonly Network[];
  /** Tells the operators among them; left out: nobody is in one. */
  readonly asnOf?: AsnOf | undefined;
}

/** One change, as it is recorded and read back after a restart. */
export interface ExclusionChange {
  /** Deterministic: `propose_<decision>_<kind>`, or the command's id. */
  readonly id: string;
  /** A dismissed value is held to be no honest hub: findings about it count in full again. */
  readonly op: 'propose' | 'add' | 'remove' | 'dismiss';
  readonly kind: ExclusionKind;
  readonly value: string;
  /** Of a proposal: accounts of the value within the window, at least, and the limit they passed; else 0. */
  readonly accounts: number;
  readonly hubLimit: number;
  /** `policy` for proposals. */
  readonly actor: string;
  readonly reason: string;
  /** The first decision above the limit, or ''. */
  readonly decisionId: string;
  /** Of a proposal the judging on trial that made it; left out: none. */
  readonly trial?: string;
  readonly occurredAtMs: number;
  readonly expiresAtMs: number | undefined;
  /** Of an added one its own limits; left out: findings about it reach no band. */
  readonly bands?: OwnBands | undefined;
}

/** Proposals and dismissals that are remembered; the oldest make room. */
const MAX_REMEMBERED = 100_000;
/** Values that orders exclude, those that ended lately among them. */
export const MAX_LIVE = 100_000;
/** An exclusion that ended this long before the newest event holds for none that may still come. */
const KEPT_ENDED_MS = 86_400_000;

export class ExclusionRegistry implements LinkExclusions {
  generation = 0;
  #file = new Map<string, Exclusion>();
  #ranges = new NetworkSet<Network & { readonly entry: Exclusion }>([]);
  #shared = new NetworkSet<Network>([]);
  #filed: readonly Exclusion[] = [];
  /** Undefined: some that were in it are no more. */
  #ownLimits: WeakestLimits | undefined;
  readonly #live = new Map<string, Exclusion>();
  /** Those of them that are ranges of addresses. */
  readonly #liveRanges = new RangeTable<Exclusion>();
  readonly #proposed = new Map<string, ExclusionChange>();
  readonly #dismissed = new Set<string>();
  #watermarkMs = -Infinity;
  /** When the first of those that were ordered can be forgotten. */
  #nextEndMs = Infinity;

  constructor(file: ExclusionFile) {
    this.adopt(file);
  }

  /** Takes the files' entries in the place of those before; what was ordered stays. */
  adopt({ entries, sharedNetworks, asnOf }: ExclusionFile): void {
    const isRange = ({ kind, value }: Exclusion): boolean => kind === 'ips' && value.includes('/');
    this.#file = new Map(
      entries
        .filter((entry) => !isRange(entry))
        .map((entry) => [keyOf(EXCLUSION_FIELDS[entry.kind], asRead(entry)), entry]),
    );
    this.#ranges = new NetworkSet(
      entries.filter(isRange).map((entry) => {
        return { cidr: entry.value, reason: entry.reason, entry };
      }),
    );
    this.#shared = new NetworkSet(sharedNetworks, asnOf);
    this.#filed = entries;
    this.#ownLimits = undefined;
    this.generation++;
  }

  /** The weakest that any value has of its own; those that ended lately still count. Changes with the generation. */
  get ownLimits(): WeakestLimits {
    if (this.#ownLimits === undefined) {
      this.#ownLimits = new WeakestLimits();
      for (const { bands } of [...this.#filed, ...this.#live.values()]) {
        if (bands !== undefined) this.#ownLimits.add(bands);
      }
    }
    return this.#ownLimits;
  }

  /** The exclusion that holds for a value at a time. */
  find(field: string, value: string, atMs: number): Exclusion | undefined {
    const key = keyOf(field, value);
    const ordered = this.#live.get(key);
    if (ordered !== undefined && holdsAt(ordered, atMs)) return ordered;
    const orderedRange = this.#liveRangeOf(field, value, atMs);
    if (orderedRange !== undefined) return orderedRange;
    const entry = this.#file.get(key);
    if (entry !== undefined && holdsAt(entry, atMs)) return entry;
    const range = this.#rangeOf(field, value);
    return range !== undefined && holdsAt(range, atMs) ? range : undefined;
  }

  names(field: string, value: string): boolean {
    return this.keepsApart(field, value, -Infinity);
  }

  keepsApart(field: string, value: string, atMs: number): boolean {
    if (this.find(field, value, atMs) !== undefined) return true;
    return field === 'ip' && this.#shared.match(value) !== undefined;
  }

  /** Whether a hub of this value was held to be none. */
  isDismissed(field: string, value: string): boolean {
    return this.#dismissed.has(keyOf(field, value));
  }

  /** A value is proposed once: until a person has said a word on it, and never after that. */
  mayPropose(field: string, value: string, atMs: number): boolean {
    const key = keyOf(field, value);
    if (this.#proposed.has(key) || this.#dismissed.has(key)) return false;
    // A network that is known to be shared needs no word on its addresses.
    return !this.keepsApart(field, value, atMs);
  }

  isLive(kind: ExclusionKind, value: string): boolean {
    return this.#live.has(keyOf(EXCLUSION_FIELDS[kind], value));
  }

  isProposed(kind: ExclusionKind, value: string): boolean {
    return this.#proposed.has(keyOf(EXCLUSION_FIELDS[kind], value));
  }

  /** Proposals that wait for a word, the oldest first. */
  get proposals(): readonly ExclusionChange[] {
    return [...this.#proposed.values()];
  }

  /** Whether another value can be excluded. */
  get isFull(): boolean {
    return this.#live.size >= MAX_LIVE;
  }

  /** Forgets what was ordered and has ended. @param watermarkMs largest event time so far. */
  expire(watermarkMs: number): void {
    this.#watermarkMs = Math.max(this.#watermarkMs, watermarkMs);
    if (this.#watermarkMs < this.#nextEndMs) return;
    this.#nextEndMs = Infinity;
    for (const [key, entry] of this.#live) {
      const endMs = forgottenAt(entry);
      if (endMs <= this.#watermarkMs) this.#forget(key);
      else this.#nextEndMs = Math.min(this.#nextEndMs, endMs);
    }
    this.generation++;
  }

  /** All that holds at the newest event: orders before files. */
  get entries(): readonly Exclusion[] {
    const ranges = this.#ranges.toJSON().map(({ entry }) => entry);
    const all = [...this.#live.values(), ...this.#file.values(), ...ranges];
    return all.filter(({ expiresAtMs = Infinity }) => expiresAtMs > this.#watermarkMs);
  }

  /** Takes a change in: new ones, and after a restart those of history in their order. */
  apply(change: ExclusionChange): void {
    const { kind, value, reason, actor, expiresAtMs, bands } = change;
    const key = keyOf(EXCLUSION_FIELDS[kind], value);
    // A proposal and its dismissal keep nothing apart, and there may be thousands of them a minute.
    if (change.op === 'add' || change.op === 'remove') this.generation++;
    if (change.op === 'propose') {
      this.#proposed.set(key, change);
      forgetOldest(this.#proposed);
      return;
    }
    this.#proposed.delete(key);
    this.#dismissed.delete(key);
    if (change.op === 'add') {
      const entry = { kind, value, reason, author: actor, expiresAtMs, ...(bands && { bands }) };
      this.#forget(key);
      this.#live.set(key, entry);
      if (bands !== undefined) this.#ownLimits?.add(bands);
      const range = kind === 'ips' ? rangeOf(value) : undefined;
      if (range !== undefined) this.#liveRanges.set(range, entry);
      this.#nextEndMs = Math.min(this.#nextEndMs, forgottenAt(entry));
    } else if (change.op === 'remove') {
      this.#forget(key);
    } else {
      this.#dismissed.add(key);
      forgetOldest(this.#dismissed);
    }
  }

  #forget(key: string): void {
    const entry = this.#live.get(key);
    if (entry === undefined) return;
    this.#live.delete(key);
    if (entry.bands !== undefined) this.#ownLimits = undefined;
    const range = entry.kind === 'ips' ? rangeOf(entry.value) : undefined;
    if (range !== undefined) this.#liveRanges.delete(range);
  }

  #liveRangeOf(field: string, value: string, atMs: number): Exclusion | undefined {
    if (field !== 'ip' || this.#liveRanges.size === 0) return undefined;
    const address = Buffer.from(value);
    return this.#liveRanges.match(address, 0, address.length, (entry) => holdsAt(entry, atMs));
  }

  #rangeOf(field: string, value: string): Exclusion | undefined {
    return field === 'ip' ? this.#ranges.match(value)?.entry : undefined;
  }
}

/** A value as events have it: an address has one spelling, a range its network's, whichever was written. */
export function asRead({ kind, value }: Pick<Exclusion, 'kind' | 'value'>): string {
  if (kind !== 'ips') return value;
  return rangeOf(value)?.text ?? parseAddress(value)?.text ?? value;
}

/** Why no event can have such a value; undefined: one can. */
export function unknownValue({
  kind,
  value,
}: Pick<Exclusion, 'kind' | 'value'>): string | undefined {
  if (kind !== 'ips' || isAddressRange(value) || parseAddress(value) !== undefined)
    return undefined;
  const bytes = Buffer.from(value);
  if (!isMistakenAddress(bytes, 0, bytes.length)) return undefined;
  return 'written as an address, and is none, so no event is told by it';
}

function holdsAt({ expiresAtMs = Infinity }: Exclusion, atMs: number): boolean {
  return atMs < expiresAtMs;
}

function forgottenAt({ expiresAtMs = Infinity }: Exclusion): number {
  return expiresAtMs + KEPT_ENDED_MS;
}

function keyOf(field: string, value: string): string {
  return `${field} ${value}`;
}

function forgetOldest(known: Map<string, unknown> | Set<string>): void {
  if (known.size <= MAX_REMEMBERED) return;
  const oldest = known.keys().next();
  if (oldest.done !== true) known.delete(oldest.value);
}
