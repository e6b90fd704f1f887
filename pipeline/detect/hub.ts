/**
 * What one person could not have shared with so many: a hub. A value of far more accounts than is usual of its
 * kind joins strangers (a placeholder that nobody listed, a shop's demo phone, a gateway), so that a finding about
 * it reviews and no longer blocks, and an exclusion is proposed. Two more mercies stand here: an excluded value
 * has its own limits or none, and an account that has a device of its own is not blocked for another one.
 */

import { EVENT_TYPES, type EventType, type EventView } from '../event.ts';
import { AT_WORK } from './at-work.ts';
import type { Bands, Evidence } from './detector.ts';
import {
  EXCLUSION_FIELDS,
  type ExclusionChange,
  type ExclusionKind,
  type ExclusionRegistry,
} from './exclusion.ts';
import type { Cursor, FeatureColumns } from './feature-columns.ts';
import type { FeatureSpec } from './feature.ts';
import type { OwnBands } from './own-bands.ts';
import type { SharedField } from './shared-value.ts';

/** Kinds of values that can be hubs: a merchant serves strangers, so that none is one. */
export type HubKind = Exclude<ExclusionKind, 'merchants'>;

const WITH_CARD: readonly EventType[] = ['payment.authorising', 'payment', 'wallet.bound'];
const WITH_PHONE: readonly EventType[] = [
  'account.opened',
  'wallet.bound',
  'customer.updated',
  'payment',
  'voucher.claimed',
  'referral.joined',
];

/**
 * Where a value of a kind is used by an account. What the shipped rules and detectors count over the same types, a
 * stream keeps once for all.
 */
const USED_ON: Readonly<Record<HubKind, readonly EventType[]>> = {
  devices: AT_WORK,
  cards: WITH_CARD,
  ips: AT_WORK,
  phones: WITH_PHONE,
  payees: ['payment'],
  inviters: ['account.opened', 'referral.joined'],
};

export interface HubSettings {
  readonly windowMs: number;
  /** What is usual of a kind: the accounts that this share of its values did not pass in the window before. */
  readonly quantile: number;
  /** Values that the window before has to have had for that to be known. */
  readonly values: number;
  /** A value with more than so many times what is usual is a hub … */
  readonly times: number;
  /** … but none with so few, which is the limit as long as nobody knows what is usual. A kind left out has no hubs. */
  readonly least: Readonly<Partial<Record<HubKind, number>>>;
}

/** What holds for findings about values of an event. */
export interface Lenience {
  /** Bands in the place of the measures' own; undefined: their own. */
  readonly bands: OwnBands | undefined;
  /** The worst band is review. */
  readonly reviewAtMost: boolean;
  readonly evidence: Evidence;
}

/** The kind of value whose accounts a feature counts, none of which its hubs miss; undefined: of no kind. */
export function hubKindCountedBy(spec: FeatureSpec, windowMs: number): HubKind | undefined {
  if (spec.kind !== undefined || spec.windowMs > windowMs) return undefined;
  const { aggregate, key, on } = spec;
  if (aggregate.kind !== 'distinct' || aggregate.of !== 'accountId') return undefined;
  const field = [key].flat().join(' ');
  return (Object.keys(USED_ON) as HubKind[]).find(
    (kind) => EXCLUSION_FIELDS[kind] === field && on.every((type) => USED_ON[kind].includes(type)),
  );
}

/** A kind of value that findings are about, and where its features stand in the matrix. */
interface Hub {
  readonly kind: HubKind;
  readonly field: (typeof EXCLUSION_FIELDS)[HubKind];
  readonly least: number;
  /** The accounts of the event's value. */
  readonly accounts: number;
  /** What is usual of the kind. */
  readonly usual: number;
}

/**
 * Of a value that no finding is about nothing is measured: it softens none, and nobody would exclude it. Of the others
 * all is measured at every event, so that another detector that speaks of them asks for nothing new.
 */
function hubsOf(
  settings: HubSettings,
  spoken: ReadonlySet<SharedField>,
  features: FeatureColumns,
): readonly Hub[] {
  const { windowMs, quantile, values, least } = settings;
  return Object.entries(least).flatMap(([name, limit]): Hub[] => {
    const kind = name as HubKind;
    const field = EXCLUSION_FIELDS[kind];
    if (!spoken.has(field)) return [];
    const on = USED_ON[kind];
    const aggregate = { kind: 'distinct', of: 'accountId' } as const;
    const accounts = features.column({ key: field, on, windowMs, aggregate }, EVENT_TYPES);
    const sharing = { kind: 'sharing', field, on, windowMs, quantile, values } as const;
    return [{ kind, field, least: limit, accounts, usual: features.column(sharing, EVENT_TYPES) }];
  });
}

/** Where devices stand that are an account's own; −1 where no finding is about a device. */
function ownOf(
  { windowMs }: HubSettings,
  spoken: ReadonlySet<SharedField>,
  features: FeatureColumns,
): number {
  if (!spoken.has('deviceId')) return -1;
  const links = [{ field: 'deviceId', windowMs, accounts: 2 }] as const;
  return features.column({ kind: 'ring', on: AT_WORK, links, newMs: 0, value: 'own' }, EVENT_TYPES);
}

export class HubGuard {
  readonly #cursor: Cursor;
  readonly #settings: HubSettings;
  readonly #hubs: readonly Hub[];
  readonly #own: number;
  readonly #hours: string;
  #registry: ExclusionRegistry | undefined;

  /**
   * @param spoken the fields that the findings that it softens are about.
   * @param features where what it reads is asked for.
   * @param cursor at the event being judged.
   */
  constructor(
    settings: HubSettings,
    spoken: ReadonlySet<SharedField>,
    features: FeatureColumns,
    cursor: Cursor,
  ) {
    this.#cursor = cursor;
    this.#settings = settings;
    this.#hubs = hubsOf(settings, spoken, features);
    this.#own = ownOf(settings, spoken, features);
    this.#hours = `${Number((settings.windowMs / 3_600_000).toFixed(2))} h`;
  }

  /** The engine's own: what is excluded, proposed and dismissed. */
  heed(registry: ExclusionRegistry): void {
    this.#registry = registry;
  }

  /**
   * What holds for findings about the event's values of these fields; undefined: nothing special. What a person
   * has said of one of them goes before what is known of any; among equals the first field speaks.
   * @param byHubs whether hubs soften them.
   */
  about(event: EventView, fields: readonly SharedField[], byHubs: boolean): Lenience | undefined {
    for (const field of fields) {
      const value = event[field];
      const excluded = value && this.#registry?.find(field, value, event.occurredAtMs);
      if (!excluded) continue;
      const { bands = {}, reason, author } = excluded;
      const evidence = { exclusion: `${field} excluded by ${author}: ${reason}` };
      return { bands, reviewAtMost: false, evidence };
    }
    for (const field of byHubs ? fields : []) {
      const hub = this.#hubs.find((each) => each.field === field);
      if (hub === undefined || !this.#isHub(hub) || this.#isDismissed(field, event[field]!)) {
        continue;
      }
      const evidence = { hub: `${field} of ${this.#excessOf(hub)}` };
      return { bands: undefined, reviewAtMost: true, evidence };
    }
    if (!fields.includes('deviceId')) return undefined;
    const own = this.#at(this.#own);
    if (!(own > 0)) return undefined;
    return { bands: undefined, reviewAtMost: true, evidence: { ownDevices: own } };
  }

  /**
   * Proposes the hubs of the event being judged that nobody was told of yet.
   * @param nameOf names its decision.
   * @param trial the judging, where that is on trial.
   */
  propose(
    event: EventView,
    changes: ExclusionChange[],
    nameOf: (eventId: string) => string,
    trial?: string,
  ): void {
    for (const hub of this.#hubs) {
      if (this.#isHub(hub)) this.#proposeOne(hub, event, changes, nameOf, trial);
    }
  }

  #proposeOne(
    hub: Hub,
    event: EventView,
    changes: ExclusionChange[],
    nameOf: (eventId: string) => string,
    trial: string | undefined,
  ): void {
    const { kind, field } = hub;
    const registry = this.#registry;
    const value = event[field];
    if (value === undefined || registry?.mayPropose(field, value, event.occurredAtMs) !== true) {
      return;
    }
    const decisionId = nameOf(event.id);
    const change: ExclusionChange = {
      id: `propose_${decisionId}_${kind}`,
      op: 'propose',
      kind,
      value,
      accounts: this.#at(hub.accounts),
      hubLimit: this.#limitOf(hub),
      actor: 'policy',
      reason: this.#excessOf(hub),
      decisionId,
      ...(trial !== undefined && { trial }),
      occurredAtMs: event.occurredAtMs,
      expiresAtMs: undefined,
    };
    registry.apply(change);
    changes.push(change);
  }

  /** What a column holds at the event being judged. */
  #at(column: number): number {
    const { values, base } = this.#cursor;
    return values[base + column]!;
  }

  #isHub(hub: Hub): boolean {
    const accounts = this.#at(hub.accounts);
    // At nearly every event that is all.
    return accounts > hub.least && accounts > this.#limitOf(hub);
  }

  #limitOf({ usual, least }: Hub): number {
    const known = this.#at(usual);
    return known > 0 ? Math.max(least, Math.ceil(this.#settings.times * known)) : least;
  }

  #excessOf(hub: Hub): string {
    const usual = this.#at(hub.usual);
    const share = Number((this.#settings.quantile * 100).toFixed(3));
    const why =
      usual > 0
        ? `${share} % of all have at most ${usual}`
        : 'what is usual is not known yet, so the least limit holds';
    return `more than ${this.#limitOf(hub)} accounts in ${this.#hours}; ${why}`;
  }

  #isDismissed(field: string, value: string): boolean {
    return this.#registry?.isDismissed(field, value) === true;
  }
}

/** The bands that hold for a measure: its own, unless the lenience has others. */
export function lenientBands(
  lenience: Lenience | undefined,
  detector: string,
  measure: string,
  own: Bands,
): Bands {
  return lenience?.bands === undefined ? own : (lenience.bands[detector]?.[measure] ?? {});
}
