/**
 * What one person could not have shared with so many: a hub. Above its kind's limit a value's accounts are
 * strangers to each other (a placeholder that nobody listed, a shop's demo phone), so that a finding about it
 * reviews and no longer blocks, and an exclusion is proposed. Two more mercies stand here: an excluded value
 * has its own limits or none, and an account that has a device of its own is not blocked for another one.
 */

import type { EventView } from '../event.ts';
import { AT_WORK } from './at-work.ts';
import type { Bands, Evidence, FeatureValues, SubjectField } from './detector.ts';
import {
  EXCLUSION_FIELDS,
  type ExclusionChange,
  type ExclusionKind,
  type ExclusionRegistry,
  type OwnBands,
} from './exclusion.ts';
import type { LinkField, RingFeature } from './ring-feature.ts';

export interface HubSettings {
  readonly windowMs: number;
  /** Accounts of one value within the window, above which it is a hub; a kind that is left out has no hubs. */
  readonly limits: Readonly<Partial<Record<ExclusionKind, number>>>;
}

/** What holds for findings about a subject of an event. */
export interface Lenience {
  /** Bands in the place of the measures' own; undefined: their own. */
  readonly bands: OwnBands | undefined;
  /** The worst band is review. */
  readonly reviewAtMost: boolean;
  readonly evidence: Evidence;
}

const OWN = 'own';

/** The features that tell hubs, by name: one look at a value each. */
export function hubFeatures({ windowMs, limits }: HubSettings): Record<string, RingFeature> {
  const feature = (
    value: RingFeature['value'],
    field: LinkField,
    accounts: number,
  ): RingFeature => ({
    kind: 'ring',
    on: AT_WORK,
    links: [{ field, windowMs, accounts }],
    newMs: 0,
    value,
  });
  const sharing = Object.entries(limits).map(([kind, limit]) => {
    const field = EXCLUSION_FIELDS[kind as ExclusionKind];
    return [field, feature('sharing', field, limit)] as const;
  });
  return { ...Object.fromEntries(sharing), [OWN]: feature('own', 'deviceId', 2) };
}

export class HubGuard {
  readonly #features: FeatureValues<string>;
  readonly #hubs: readonly {
    readonly kind: ExclusionKind;
    readonly field: LinkField;
    readonly limit: number;
  }[];
  readonly #hours: string;
  #registry: ExclusionRegistry | undefined;

  /** @param features those of `hubFeatures`, read at the event being judged. */
  constructor({ windowMs, limits }: HubSettings, features: FeatureValues<string>) {
    this.#features = features;
    this.#hubs = Object.entries(limits).map(([name, limit]) => {
      const kind = name as ExclusionKind;
      return { kind, field: EXCLUSION_FIELDS[kind], limit };
    });
    this.#hours = `${Number((windowMs / 3_600_000).toFixed(2))} h`;
  }

  /** The engine's own: what is excluded, proposed and dismissed. */
  heed(registry: ExclusionRegistry): void {
    this.#registry = registry;
  }

  /** What holds for findings about a subject of the event being judged; undefined: nothing special. */
  about(event: EventView, subject: SubjectField): Lenience | undefined {
    if (subject === 'accountId') return undefined;
    const value = event[subject]!;
    const excluded = this.#registry?.find(subject, value, event.occurredAtMs);
    if (excluded !== undefined) {
      const { bands = {}, reason, author } = excluded;
      const evidence = { exclusion: `${subject} excluded by ${author}: ${reason}` };
      return { bands, reviewAtMost: false, evidence };
    }
    const hub = this.#hubs.find(({ field }) => field === subject);
    if (hub !== undefined && this.#isHub(hub) && !this.#isDismissed(subject, value)) {
      const evidence = { hub: `${subject} of more than ${hub.limit} accounts in ${this.#hours}` };
      return { bands: undefined, reviewAtMost: true, evidence };
    }
    const own = this.#features[OWN]!;
    if (subject !== 'deviceId' || !(own > 0)) return undefined;
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
    { kind, field, limit }: { kind: ExclusionKind; field: LinkField; limit: number },
    event: EventView,
    changes: ExclusionChange[],
    nameOf: (eventId: string) => string,
    trial: string | undefined,
  ): void {
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
      accounts: this.#features[field]!,
      hubLimit: limit,
      actor: 'policy',
      reason: `more than ${limit} accounts in ${this.#hours}`,
      decisionId,
      ...(trial !== undefined && { trial }),
      occurredAtMs: event.occurredAtMs,
      expiresAtMs: undefined,
    };
    registry.apply(change);
    changes.push(change);
  }

  #isHub({ field, limit }: { readonly field: LinkField; readonly limit: number }): boolean {
    return this.#features[field]! > limit;
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
