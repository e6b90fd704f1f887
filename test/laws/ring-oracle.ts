/**
 * The oracle of rings: it keeps every event, works all links out of them for every measure, and walks with
 * maps and sets. Deliberately simple, and sharing no code with the graph.
 */

import {
  MAX_RING_ACCOUNTS,
  MAX_RING_LINKS,
  VALUES_AN_ACCOUNT,
  type LinkField,
  type RingFeature,
  type RingLink,
} from '../../pipeline/detect/ring-feature.ts';
import { hashOf, type Row } from '../support/batches.ts';

interface Link {
  readonly account: string;
  readonly field: LinkField;
  readonly value: string;
  lastMs: number;
}

/** What one walk finds. */
interface Ring {
  accounts: number;
  captive: number;
  newAccounts: number;
  values: number;
  kinds: number;
}

export class RingOracle {
  private watermarkMs = Number.NEGATIVE_INFINITY;
  private readonly specs: readonly RingFeature[];
  private readonly latenessMs: number;
  private readonly stored: Row[] = [];

  constructor(specs: readonly RingFeature[], latenessMs: number) {
    this.specs = specs;
    this.latenessMs = latenessMs;
  }

  /** Takes an event in. @returns whether it is late. */
  store(row: Row): boolean {
    this.watermarkMs = Math.max(this.watermarkMs, row.occurredAtMs);
    const late = row.occurredAtMs < this.watermarkMs - this.latenessMs;
    if (!late) this.stored.push(row);
    return late;
  }

  /** Takes an event in and answers each spec. */
  take(row: Row): { late: boolean; values: number[] } {
    const late = this.store(row);
    const openMs = this.watermarkMs - this.latenessMs;
    const timeMs = Math.max(row.occurredAtMs, openMs);
    return { late, values: this.specs.map((spec) => this.answer(spec, row, timeMs)) };
  }

  private answer(spec: RingFeature, row: Row, timeMs: number): number {
    const { accountId } = row;
    if (accountId === undefined) return Number.NaN;
    const world = new World(this.stored, spec, timeMs);
    const first = spec.links[0]!;
    const own = row[first.field];
    if (spec.value === 'own') {
      return world
        .valuesOf(accountId)
        .filter(({ field, value }) => field === first.field && value !== own)
        .filter(({ value }) => world.accountsOf(first, value).length === 1).length;
    }
    return world.ringOf(accountId)[spec.value];
  }
}

class World {
  private readonly spec: RingFeature;
  private readonly timeMs: number;
  private readonly links: Link[] = [];
  private readonly openedMs = new Map<string, number>();

  constructor(stored: readonly Row[], spec: RingFeature, timeMs: number) {
    this.spec = spec;
    this.timeMs = timeMs;
    const found = new Map<string, Link>();
    for (const row of stored) {
      const { accountId, occurredAtMs: lastMs } = row;
      if (accountId === undefined || !spec.on.includes(row.type)) continue;
      if (row.type === 'account.opened') {
        this.openedMs.set(accountId, Math.max(lastMs, this.openedMs.get(accountId) ?? -Infinity));
      }
      for (const { field } of spec.links) {
        const value = row[field];
        if (value === undefined) continue;
        const key = JSON.stringify([accountId, field, value]);
        const link = found.get(key) ?? { account: accountId, field, value, lastMs };
        link.lastMs = Math.max(link.lastMs, lastMs);
        found.set(key, link);
      }
    }
    this.links = [...found.values()];
  }

  /** The account's links that have not expired: of each field the newest, then all the newest first. */
  valuesOf(account: string): readonly Link[] {
    const own = this.links.filter((link) => link.account === account);
    return this.spec.links
      .flatMap(({ field }) =>
        own
          .filter((link) => link.field === field)
          .sort(newestFirst(({ value }) => value))
          .slice(0, VALUES_AN_ACCOUNT),
      )
      .filter((link) => link.lastMs > this.timeMs - this.longestMs)
      .sort(newestFirst(({ value }) => value));
  }

  accountsOf({ field, windowMs }: RingLink, value: string): readonly string[] {
    return this.links
      .filter((link) => link.field === field && link.value === value)
      .filter((link) => link.lastMs > this.timeMs - windowMs)
      .sort(newestFirst(({ account }) => account))
      .map(({ account }) => account);
  }

  ringOf(start: string): Ring {
    const ring: Ring = { accounts: 1, captive: 0, newAccounts: 0, values: 0, kinds: 0 };
    const members = [start];
    const met = new Set<string>();
    const kinds = new Set<string>();
    let read = 0;
    for (const account of members) {
      if (read >= MAX_RING_LINKS) break;
      const isNew = this.isNew(account);
      if (this.valuesOf(account).length > 0 || this.openedMs.has(account)) {
        ring.newAccounts += Number(isNew);
      }
      let shares = false;
      let owns = false;
      for (const { field, value, lastMs } of this.valuesOf(account)) {
        if (read++ >= MAX_RING_LINKS) break;
        const link = this.spec.links.find((each) => each.field === field)!;
        if (lastMs <= this.timeMs - link.windowMs || (link.newOnly === true && !isNew)) continue;
        const sharing = this.accountsOf(link, value);
        if (field === 'deviceId') {
          if (sharing.length > 1) shares = true;
          else owns = true;
        }
        if (met.has(value)) continue;
        met.add(value);
        if (sharing.length < 2 || sharing.length > link.accounts) continue;
        read += sharing.length;
        const joined = sharing.filter((one) => link.newOnly !== true || this.isNew(one));
        for (const one of joined) {
          if (!members.includes(one) && members.length < MAX_RING_ACCOUNTS) members.push(one);
        }
        if (joined.length < 2) continue;
        ring.values++;
        kinds.add(field);
      }
      if (shares && !owns) ring.captive++;
    }
    return { ...ring, accounts: members.length, kinds: kinds.size };
  }

  private get longestMs(): number {
    return Math.max(...this.spec.links.map(({ windowMs }) => windowMs));
  }

  private isNew(account: string): boolean {
    return (this.openedMs.get(account) ?? -Infinity) > this.timeMs - this.spec.newMs;
  }
}

/** Later links first; those of one instant by the hash of their other end. */
function newestFirst(end: (link: Link) => string): (a: Link, b: Link) => number {
  return (a, b) => {
    if (a.lastMs !== b.lastMs) return b.lastMs - a.lastMs;
    const [lowA, highA] = hashOf(end(a));
    const [lowB, highB] = hashOf(end(b));
    return highA - highB || lowA - lowB;
  };
}
