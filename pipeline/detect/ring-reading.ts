/** The columns that are read off the graph at an event: those of one walk, and those about one of its values. */

import type { EventBatch } from '../event.ts';
import { flagsOf } from '../type-flags.ts';
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

/** Requests with the same links share a walk. */
export function readingsOf(
  requests: readonly RingRequest[],
  graph: RingGraph,
  exclusions: LinkExclusions,
): readonly Reading[] {
  const own = requests.filter(({ spec }) => spec.value === 'own');
  const walks = new Map<string, RingRequest[]>();
  for (const request of requests) {
    const { value, links, newMs } = request.spec;
    if (value === 'own') continue;
    const key = JSON.stringify([links, newMs]);
    walks.set(key, [...(walks.get(key) ?? []), request]);
  }
  return [
    ...[...walks.values()].map((group) => new WalkReading(group, graph, exclusions)),
    ...own.map((request) => new OwnReading(request, graph)),
  ];
}

class WalkReading implements Reading {
  readonly measuredOn: Uint8Array;
  readonly columns: readonly number[];
  private readonly columnsOf: Readonly<Record<RingValue, readonly number[]>>;
  private readonly tellFrom: number;
  private readonly graph: RingGraph;
  private readonly walk: RingWalk;

  constructor(requests: readonly RingRequest[], graph: RingGraph, exclusions: LinkExclusions) {
    const { links, newMs } = requests[0]!.spec;
    this.measuredOn = flagsOf(requests.flatMap(({ measuredOn }) => measuredOn));
    this.columns = requests.map(({ column }) => column);
    const asking = (value: RingValue): number[] =>
      requests.filter(({ spec }) => spec.value === value).map(({ column }) => column);
    this.columnsOf = {
      accounts: asking('accounts'),
      captive: asking('captive'),
      newAccounts: asking('newAccounts'),
      values: asking('values'),
      kinds: asking('kinds'),
    };
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
    const { columnsOf } = this;
    write(values, base, columnsOf.accounts, walk.accounts);
    write(values, base, columnsOf.captive, walk.captive);
    write(values, base, columnsOf.newAccounts, walk.newAccounts);
    write(values, base, columnsOf.values, walk.values);
    write(values, base, columnsOf.kinds, walk.kinds);
    return walk.accounts >= this.tellFrom ? tellRing(this.graph, walk) : undefined;
  }
}

/** Values of a field, other than the event's own, that the account used and nobody else did. */
class OwnReading implements Reading {
  readonly measuredOn: Uint8Array;
  readonly columns: readonly number[];
  private readonly column: number;
  private readonly field: number;
  private readonly link: RingLink;
  private readonly graph: RingGraph;

  constructor(request: RingRequest, graph: RingGraph) {
    const { spec, column } = request;
    this.measuredOn = flagsOf(request.measuredOn);
    this.columns = [column];
    this.column = column;
    this.link = spec.links[0]!;
    this.field = fieldNumber(graph, this.link.field);
    this.graph = graph;
  }

  read(
    batch: EventBatch,
    row: number,
    timeMs: number,
    account: number,
    values: Float64Array,
    base: number,
  ): undefined {
    const afterMs = timeMs - this.link.windowMs;
    values[base + this.column] = account < 0 ? 0 : this.count(batch, row, account, afterMs);
    return undefined;
  }

  private count(batch: EventBatch, row: number, account: number, afterMs: number): number {
    const { graph, field } = this;
    const { uses, links } = graph;
    const at = uses.at(account);
    const until = at + uses.later(account, afterMs);
    let count = 0;
    for (let place = at; place < until; place++) {
      if (uses.kindAt(place) !== field + 1 || graph.isOwn(batch, row, field, place)) continue;
      if (uses.isAloneAt(place) || links.later(uses.valueAt(place), afterMs) === 1) count++;
    }
    return count;
  }
}

function write(
  values: Float64Array,
  base: number,
  columns: readonly number[],
  value: number,
): void {
  for (let n = 0; n < columns.length; n++) values[base + columns[n]!] = value;
}

function fieldNumber(graph: RingGraph, field: LinkField): number {
  return graph.fields.findIndex((each) => each.field === field);
}
