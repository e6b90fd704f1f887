/** Measures rings: one graph for all features whose links come from the same events, one walk for all that ask alike. */

import type { EventBatch } from '../event.ts';
import type { Budget } from './budget.ts';
import type { Evidence } from './detector.ts';
import type { FeatureSource, FeatureSourceStats } from './feature-layout.ts';
import type { LinkField, RingFeature } from './ring-feature.ts';
import { RingGraph, type GraphField } from './ring-graph.ts';
import { CHUNK } from './ring-lookup.ts';
import { readingsOf, type Reading, type RingRequest } from './ring-reading.ts';
import type { LinkExclusions } from './ring-walk.ts';
import type { FeatureMatrix } from './window-store.ts';

export interface RingLimits {
  readonly allowedLatenessMs: number;
  /** Accounts and values together. */
  readonly maxKeys: number;
}

/** Keeps no value from linking. */
export const NOTHING_EXCLUDED: LinkExclusions = Object.freeze({
  generation: 0,
  names: () => false,
  keepsApart: () => false,
});

/** One source for each set of event types that link; none where no feature asks for rings. */
export function ringSources(
  requests: readonly RingRequest[],
  limits: RingLimits,
  exclusions: LinkExclusions = NOTHING_EXCLUDED,
): readonly RingSource[] {
  const groups = new Map<string, RingRequest[]>();
  for (const request of requests) {
    const key = [...new Set(request.spec.on)].sort().join();
    groups.set(key, [...(groups.get(key) ?? []), request]);
  }
  return [...groups.values()].map((group) => new RingSource(group, limits, exclusions));
}

/** How far back ring features look: the longest window, or how long an account is new. */
export function ringReachMs(specs: readonly RingFeature[]): number {
  return Math.max(
    0,
    ...specs.flatMap(({ links, newMs }) => [newMs, ...links.map(({ windowMs }) => windowMs)]),
  );
}

export class RingSource implements FeatureSource {
  readonly name = 'ring';
  readonly graph: RingGraph;
  private readonly readings: readonly Reading[];
  private readonly exclusions: LinkExclusions;
  private generation: number;
  /** By row of the batch that is being measured: its ring, where it is large enough to be told. */
  private readonly told = new Map<number, Evidence>();

  /** @param requests features that link on the same events. */
  constructor(
    requests: readonly RingRequest[],
    limits: RingLimits,
    exclusions: LinkExclusions = NOTHING_EXCLUDED,
  ) {
    const specs = requests.map(({ spec }) => spec);
    this.graph = new RingGraph({
      on: specs[0]!.on,
      fields: fieldsOf(specs),
      longestMs: ringReachMs(specs),
      latenessMs: limits.allowedLatenessMs,
      maxNodes: limits.maxKeys,
      isTold: specs.some(({ tellFrom }) => tellFrom !== undefined),
    });
    this.exclusions = exclusions;
    this.generation = exclusions.generation;
    this.readings = readingsOf(requests, this.graph, exclusions);
  }

  measure(batch: EventBatch, from: number, to: number, out: FeatureMatrix): void {
    this.heedExclusions();
    for (let start = from; start < to; start += CHUNK) {
      const end = Math.min(to, start + CHUNK);
      this.graph.prepare(batch, start, end);
      this.measureChunk(batch, start, end, out);
    }
  }

  restore(batch: EventBatch, from: number, to: number): void {
    for (let start = from; start < to; start += CHUNK) {
      const end = Math.min(to, start + CHUNK);
      this.graph.prepare(batch, start, end);
      for (let row = start; row < end; row++) this.graph.take(batch, row);
    }
  }

  get budgets(): readonly Budget[] {
    return [this.graph];
  }

  explain(row: number): Evidence | undefined {
    return this.told.get(row);
  }

  stats(): FeatureSourceStats {
    const { nodes, bytes, capped } = this.graph;
    return { keys: nodes.size, bytes, capped };
  }

  private measureChunk(batch: EventBatch, from: number, to: number, out: FeatureMatrix): void {
    const { graph, readings, told } = this;
    for (let row = from; row < to; row++) {
      const late = batch.late[row] === 1;
      const ownMs = batch.occurredAtMs[row]!;
      if (!late) graph.take(batch, row);
      if (told.size > 0) told.delete(row);
      const timeMs = late ? Math.max(ownMs, graph.openMs) : ownMs;
      const account = graph.accountOf(batch, row);
      const base = row * out.width;
      const isSomebody = graph.hasAccount(batch, row);
      const code = batch.typeCode[row]!;
      for (const reading of readings) {
        if (!isSomebody || reading.measuredOn[code] === 0) {
          for (const column of reading.columns) out.values[base + column] = Number.NaN;
          continue;
        }
        const ring = reading.read(batch, row, timeMs, account, out.values, base);
        if (ring !== undefined) told.set(row, ring);
      }
    }
  }

  /** What is known of nodes is asked anew once the exclusions have changed. */
  private heedExclusions(): void {
    if (this.generation === this.exclusions.generation) return;
    this.generation = this.exclusions.generation;
    this.graph.forgetExclusions();
  }
}

/** Of each field the largest limit that anybody has for it, in an order of their own. */
function fieldsOf(specs: readonly RingFeature[]): readonly GraphField[] {
  const keep = new Map<LinkField, number>();
  for (const { field, accounts } of specs.flatMap(({ links }) => links)) {
    keep.set(field, Math.max(keep.get(field) ?? 0, accounts + 1));
  }
  return [...keep]
    .map(([field, most]) => ({ field, keep: Math.max(2, most) }))
    .sort((a, b) => (a.field < b.field ? -1 : 1));
}
