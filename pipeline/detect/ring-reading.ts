/** The columns that are read off the graph at an event: those of one walk, and those about one of its values. */

import { EVENT_TYPES, typeCodeOf, type EventBatch } from '../event.ts';
import type { Evidence } from './detector.ts';
import type { FeatureRequest } from './feature-plan.ts';
import { type LinkField, type RingFeature, type RingLink, type RingValue } from './ring-feature.ts';
import type { RingGraph } from './ring-graph.ts';
import { tellRing } from './ring-telling.ts';
import { RingWalk, type LinkExclusions } from './ring-walk.ts';

export type RingRequest = FeatureRequest<RingFeature> & { readonly column: number };

export interface Reading {
  /** 1 at the code of each event type at which it is read. */
  readonly measuredOn: Uint8Array;
  readonly columns: readonly number[];
  /**
   * Writes the columns of an event's row, which begins at `base`, as of a time.
   * @param account the node of the event's account, −1 when it has no link.
   * @returns the ring, where it is large enough to be told.
   */
  read(
    batch: EventBatch,
    row: number,
    timeMs: number,
    account: number,
    values: Float64Array,
    base: number,
  ): Evidence | undefined;
}

/** Requests with the same links share a walk, those about the same value's kind a look. */
export function readingsOf(
  requests: readonly RingRequest[],
  graph: RingGraph,
  exclusions: LinkExclusions,
): readonly Reading[] {
  const groups = new Map<string, RingRequest[]>();
  for (const request of requests) {
    const { value, links, newMs } = request.spec;
    const aboutValue = value === 'sharing' || value === 'own';
    const key = aboutValue ? links[0]!.field : JSON.stringify([links, newMs]);
    groups.set(key, [...(groups.get(key) ?? []), request]);
  }
  return [...groups.values()].flatMap((group): Reading[] => {
    const { value } = group[0]!.spec;
    return value === 'sharing' || value === 'own'
      ? group.map((request) => new ValueReading(request, graph, exclusions))
      : [new WalkReading(group, graph, exclusions)];
  });
}

class WalkReading implements Reading {
  readonly measuredOn: Uint8Array;
  readonly columns: readonly number[];
  private readonly asked: readonly { readonly value: RingValue; readonly column: number }[];
  private readonly tellFrom: number;
  private readonly graph: RingGraph;
  private readonly walk: RingWalk;

  constructor(requests: readonly RingRequest[], graph: RingGraph, exclusions: LinkExclusions) {
    const { links, newMs } = requests[0]!.spec;
    this.measuredOn = typesOf(requests);
    this.columns = requests.map(({ column }) => column);
    this.asked = requests.map(({ spec, column }) => ({ value: spec.value as RingValue, column }));
    this.tellFrom = Math.min(...requests.map(({ spec }) => spec.tellFrom ?? Infinity));
    this.graph = graph;
    this.walk = new RingWalk(graph, links, newMs, exclusions);
  }

  read(
    _batch: EventBatch,
    _row: number,
    timeMs: number,
    account: number,
    values: Float64Array,
    base: number,
  ): Evidence | undefined {
    const { walk } = this;
    walk.run(account, timeMs);
    for (const { value, column } of this.asked) values[base + column] = walk[value];
    return walk.accounts >= this.tellFrom ? tellRing(this.graph, walk) : undefined;
  }
}

class ValueReading implements Reading {
  readonly measuredOn: Uint8Array;
  readonly columns: readonly number[];
  private readonly column: number;
  private readonly asks: 'sharing' | 'own';
  private readonly field: number;
  private readonly link: RingLink;
  private readonly graph: RingGraph;
  private readonly walk: RingWalk;

  constructor(request: RingRequest, graph: RingGraph, exclusions: LinkExclusions) {
    const { spec, column } = request;
    this.measuredOn = typesOf([request]);
    this.columns = [column];
    this.column = column;
    this.asks = spec.value as 'sharing' | 'own';
    this.link = spec.links[0]!;
    this.field = fieldNumber(graph, this.link.field);
    this.graph = graph;
    this.walk = new RingWalk(graph, spec.links, spec.newMs, exclusions);
  }

  read(
    batch: EventBatch,
    row: number,
    timeMs: number,
    account: number,
    values: Float64Array,
    base: number,
  ): undefined {
    const { graph, field, link } = this;
    const value = graph.valueOf(batch, row, field);
    let measure = Number.NaN;
    if (this.asks === 'own') {
      measure = account < 0 ? 0 : this.walk.own(account, field, value, timeMs);
    } else if (graph.hasValue(batch, row, field)) {
      const sharing = value < 0 ? 0 : this.walk.sharing(value, field, timeMs);
      measure = Math.min(sharing, link.accounts + 1);
    }
    values[base + this.column] = measure;
    return undefined;
  }
}

function fieldNumber(graph: RingGraph, field: LinkField): number {
  return graph.fields.findIndex((each) => each.field === field);
}

function typesOf(requests: readonly RingRequest[]): Uint8Array {
  const flags = new Uint8Array(EVENT_TYPES.length);
  for (const { measuredOn } of requests) for (const type of measuredOn) flags[typeCodeOf(type)] = 1;
  return flags;
}
