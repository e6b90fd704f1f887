/**
 * Where every declared feature stands in the matrix, and who measures it.
 *
 * Every kind of feature has one source. The sources take the events in turn: the window store first, which
 * also tells which events are late, then the others in the order of the list below.
 */

import type { EventBatch } from '../event.ts';
import type { KeyField } from '../event-fields.ts';
import type { Evidence } from './detector.ts';
import { AsnReader } from './asn.ts';
import type { Budget } from './budget.ts';
import { BurstSource, type BucketHistory, type BurstLimits } from './burst-source.ts';
import { placeFeatures, placedRatios, type PlacedRequest } from './feature-place.ts';
import type { FeatureRequest } from './feature-plan.ts';
import { compilePlan } from './feature-plan.ts';
import { EarlySource, type BeginningHistory } from './early-source.ts';
import { LastSeenSource, type LatestHistory } from './last-seen-source.ts';
import { MemoryWindowStore, type WindowLimits } from './memory-store.ts';
import { NetworkSource } from './network-source.ts';
import { RatioSource } from './ratio-source.ts';
import { ringReachMs, ringSources } from './ring-source.ts';
import type { LinkExclusions } from './ring-walk.ts';
import { sharingReachMs } from './sharing-feature.ts';
import { SharingSource } from './sharing-source.ts';
import type { FeatureMatrix } from './window-store.ts';

/** Something that measures features beside the window store. */
export interface FeatureSource {
  /** The kind of its features, for counters. */
  readonly name: string;
  /**
   * Takes the events `from` (inclusive) to `to` (exclusive) in order; each one enters the state, unless its
   * `late` flag is 1, and then the source's own columns of its row are written: NaN is absent. State and measures
   * follow from the set of events that arrived, never from their order.
   */
  measure(batch: EventBatch, from: number, to: number, out: FeatureMatrix): void;
  /** As `measure` after a restart: nothing is measured, and the events may come in any order. */
  restore(batch: EventBatch, from: number, to: number): void;
  /**
   * Before `restore`: takes in, as aggregates, what lies further back than a restart reads events. Left out: it
   * needs nothing of that age.
   * @param watermarkMs of history, Unix milliseconds.
   * @param keyOf the decoder's; both halves 0 for a placeholder.
   */
  recall?(
    history: BucketHistory & LatestHistory & BeginningHistory,
    watermarkMs: number,
    keyOf: (field: KeyField, text: string) => { readonly lo: number; readonly hi: number },
  ): Promise<void>;
  /** What the features of a row were measured on, for people; left out or undefined: nothing to show. */
  explain?(row: number): Evidence | undefined;
  /** Its parts in the bounds that all layers share; left out: it holds nothing that is bounded so. */
  readonly budgets?: readonly Budget[];
  /** @param isRead of which of its columns it tells that they are warming up; left out: of all. */
  stats(isRead?: (column: number) => boolean): FeatureSourceStats;
}

export interface FeatureSourceStats {
  readonly keys: number;
  readonly bytes: number;
  /** Events or links that a configured cap kept out. */
  readonly capped: number;
  /** Features whose history is shorter than they need; left out: none can be. */
  readonly warming?: readonly Warming[];
}

/** A feature that is absent, or says less, until it has known enough. */
export interface Warming {
  readonly feature: string;
  readonly known: number;
  readonly needed: number;
  /** Of the two numbers: `days`. */
  readonly unit: string;
}

/** The bounds of every source. */
export interface FeatureLimits extends WindowLimits {
  /** Left out: the defaults of config/sheepdog.yaml. */
  readonly bursts?: BurstLimits;
  /** Left out: no address is in an autonomous system. */
  readonly asn?: AsnReader;
  /** Values that link no accounts; left out: none is excluded. */
  readonly exclusions?: LinkExclusions;
}

const DEFAULT_BURSTS: BurstLimits = { maxCounts: 8_000_000, maxMembers: 8_000_000 };

export interface FeatureLayout {
  /** Columns of the matrix. */
  readonly width: number;
  readonly store: MemoryWindowStore;
  /** Beside the store. */
  readonly sources: readonly FeatureSource[];
  /** How far back any of them looks at events; what lies further back is recalled. */
  readonly longestWindowMs: number;
}

/** @param requests feature f is column f, as `CompiledDetectors` reads them. */
export function layFeatures(
  requests: readonly FeatureRequest[],
  limits: FeatureLimits,
): FeatureLayout {
  const placed = placeFeatures(requests);
  const plan = compilePlan(placed);
  return {
    width: placed.length,
    store: new MemoryWindowStore(plan, limits),
    sources: sourcesOf(placed, limits),
    longestWindowMs: Math.max(
      plan.longestWindowMs,
      ringReachMs(placed.flatMap(({ spec }) => (spec.kind === 'ring' ? [spec] : []))),
      sharingReachMs(placed.flatMap(({ spec }) => (spec.kind === 'sharing' ? [spec] : []))),
      ...placed.map(({ spec }) => (spec.kind === 'early' ? spec.untilMs : 0)),
      // The first instant that is not recalled lies on the edge of the lateness.
      placed.some(({ spec }) => spec.kind === 'lastSeen') ? 1 : 0,
    ),
  };
}

function sourcesOf(
  placed: readonly PlacedRequest[],
  limits: FeatureLimits,
): readonly FeatureSource[] {
  const { allowedLatenessMs, bursts = DEFAULT_BURSTS, asn = new AsnReader(undefined) } = limits;
  const sources: FeatureSource[] = [];
  const burst = placed.flatMap(({ spec, ...rest }) =>
    spec.kind === 'burst' ? [{ spec, ...rest }] : [],
  );
  if (burst.length > 0) {
    sources.push(new BurstSource(burst, { ...bursts, allowedLatenessMs, asn }));
  }
  const network = placed.filter(({ spec }) => spec.kind === 'network');
  if (network.length > 0) sources.push(new NetworkSource(network, asn));
  const ring = placed.flatMap(({ spec, ...rest }) =>
    spec.kind === 'ring' ? [{ spec, ...rest }] : [],
  );
  sources.push(...ringSources(ring, limits, limits.exclusions));
  const sharing = placed.flatMap(({ spec, ...rest }) =>
    spec.kind === 'sharing' ? [{ spec, ...rest }] : [],
  );
  if (sharing.length > 0) sources.push(new SharingSource(sharing, allowedLatenessMs));
  const early = placed.flatMap(({ spec, ...rest }) =>
    spec.kind === 'early' ? [{ spec, ...rest }] : [],
  );
  if (early.length > 0) sources.push(new EarlySource(early, allowedLatenessMs));
  const lastSeen = placed.flatMap(({ spec, ...rest }) =>
    spec.kind === 'lastSeen' ? [{ spec, ...rest }] : [],
  );
  if (lastSeen.length > 0) sources.push(new LastSeenSource(lastSeen, limits));
  const ratios = placedRatios(placed);
  if (ratios.length > 0) sources.push(new RatioSource(ratios));
  return sources;
}
