/**
 * The features that are measured, in layers: the one laid at the start, and one for what each change of the
 * configuration asked for beside it. A layer takes every event from the moment it is laid; it is measured once
 * history has filled it up to that moment. State is order-free, so both may come in turns.
 *
 * A layer numbers its columns from 0 and writes through a view of the one matrix that begins at its place.
 */

import type { EventBatch } from '../event.ts';
import { SharedBudgets } from './budget.ts';
import type { Evidence } from './detector.ts';
import type { PlacedFeature, StandingFeatures } from './feature-columns.ts';
import {
  layFeatures,
  type FeatureLayout,
  type FeatureLimits,
  type FeatureSource,
  type Warming,
} from './feature-layout.ts';
import type { FeatureRequest } from './feature-plan.ts';
import type { SharingFigures } from './sharing-feature.ts';
import { SharingSource } from './sharing-source.ts';
import type { FeatureMatrix, WindowStoreStats } from './window-store.ts';

/** Beyond this many a change lays all its features anew, and the others go. */
export const MAX_LAYERS = 4;

export interface FeatureLayer {
  readonly requests: readonly FeatureRequest[];
  readonly layout: FeatureLayout;
}

interface PlacedLayer extends FeatureLayer {
  /** Its first column in the matrix. */
  readonly at: number;
}

export class FeatureLayers {
  readonly #limits: FeatureLimits;
  #placed: readonly PlacedLayer[] = [];
  #filling: readonly FeatureLayer[] = [];
  #matrix: FeatureMatrix = { width: 0, values: new Float64Array(0) };
  #views: readonly FeatureMatrix[] = [];
  #budgets = new SharedBudgets([]);

  /** @param requests what is measured from the first event on. */
  constructor(requests: readonly FeatureRequest[], limits: FeatureLimits) {
    this.#limits = limits;
    const layout = layFeatures(requests, limits);
    this.#place([{ requests, layout, at: 0 }]);
  }

  /** Largest event time taken so far, or −Infinity. */
  get watermarkMs(): number {
    return this.#placed[0]!.layout.store.watermarkMs;
  }

  /** How far back any feature looks. */
  get longestWindowMs(): number {
    return Math.max(0, ...this.#placed.map(({ layout }) => layout.longestWindowMs));
  }

  /** What detectors can be compiled upon without waiting. */
  get standing(): StandingFeatures {
    const features = this.#placed.flatMap(({ requests, at }) =>
      requests.map(({ spec, measuredOn }, index): PlacedFeature => {
        return { spec, measuredOn, column: at + index };
      }),
    );
    return { features, width: this.#matrix.width };
  }

  /** Layers that are measured. */
  get count(): number {
    return this.#placed.length;
  }

  /** What measures features beside the window stores, in layers that are measured. */
  get sources(): readonly FeatureSource[] {
    return this.#placed.flatMap(({ layout }) => layout.sources);
  }

  /** Where the latest batch was measured; another one when layers come or go, or a batch is larger. */
  get matrix(): FeatureMatrix {
    return this.#matrix;
  }

  /**
   * Lays features that are fed from now on and measured once `complete` says that history is in.
   * @param requests features that no layer measures, in the order of their columns.
   */
  lay(requests: readonly FeatureRequest[]): FeatureLayer {
    const layout = layFeatures(requests, this.#limits);
    if (Number.isFinite(this.watermarkMs)) layout.store.startAt(this.watermarkMs);
    const layer = { requests, layout };
    this.#filling = [...this.#filling, layer];
    this.#shareBudgets();
    return layer;
  }

  /** Takes recorded events into a layer that is being filled, in any order; none of them is late. */
  fill({ layout }: FeatureLayer, batch: EventBatch): void {
    this.#budgets.share();
    takeIn(layout, batch, 0, batch.length);
  }

  /** Measures a layer from now on, in the columns after all others. */
  complete(layer: FeatureLayer): void {
    this.abandon(layer);
    this.#place([...this.#placed, { ...layer, at: this.#matrix.width }]);
  }

  /** As `complete`, and only this layer stays: it measures everything. */
  replaceAll(layer: FeatureLayer): void {
    this.abandon(layer);
    this.#place([{ ...layer, at: 0 }]);
  }

  /** Forgets a layer that was being filled. */
  abandon(layer: FeatureLayer): void {
    this.#filling = this.#filling.filter((each) => each !== layer);
    this.#shareBudgets();
  }

  /**
   * Forgets the layers after the first of which nothing is read any more.
   * @param readUpTo whether a column is still read.
   */
  drop(isRead: (column: number) => boolean): void {
    const [first, ...others] = this.#placed;
    const kept = others.filter(({ at, requests }) => requests.some((_, n) => isRead(at + n)));
    if (kept.length < others.length) this.#place([first!, ...kept]);
  }

  /** Measures the events `from` (inclusive) to `to` (exclusive); the first layer says which are late. */
  measure(batch: EventBatch, from: number, to: number): void {
    this.#makeRoom(batch.length);
    this.#budgets.share();
    for (let n = 0; n < this.#placed.length; n++) {
      const { store, sources } = this.#placed[n]!.layout;
      const out = this.#views[n]!;
      store.measure(batch, from, to, out);
      for (const source of sources) source.measure(batch, from, to, out);
    }
    for (const { layout } of this.#filling) {
      for (const [start, end] of runs(from, to, (row) => batch.late[row] === 0)) {
        takeIn(layout, batch, start, end);
      }
    }
  }

  /**
   * How many accounts share a value, by its field: what the limits of hubs follow from.
   * @param columns what whoever judges reads: a layer may still measure for a configuration of before.
   */
  sharing(columns: ReadonlySet<number>): readonly SharingFigures[] {
    return this.#placed.flatMap(({ layout, at }) =>
      layout.sources.flatMap((source) =>
        source instanceof SharingSource ? source.sharing((n) => columns.has(at + n)) : [],
      ),
    );
  }

  /** Features that do not know enough yet. @param columns what whoever judges reads. */
  warming(columns: ReadonlySet<number>): readonly Warming[] {
    return this.#placed.flatMap(({ layout, at, requests }) => {
      const isRead = (n: number): boolean => columns.has(at + n);
      if (!requests.some((_, n) => isRead(n))) return [];
      return layout.sources.flatMap((source) => [...(source.stats(isRead).warming ?? [])]);
    });
  }

  /** What a source has to show of the event of a row of the batch that was measured last. */
  explain(row: number): Evidence | undefined {
    for (const { layout } of this.#placed) {
      for (const source of layout.sources) {
        const evidence = source.explain?.(row);
        if (evidence !== undefined) return evidence;
      }
    }
    return undefined;
  }

  /** Takes recorded events back in after a restart; late ones enter nothing. */
  restore(batch: EventBatch): void {
    this.#budgets.share();
    for (const [from, to] of runs(0, batch.length, (row) => batch.late[row] === 0)) {
      for (const { layout } of this.#placed) takeIn(layout, batch, from, to);
    }
  }

  /** Of all layers' windows together. */
  stats(): WindowStoreStats {
    const layers = [...this.#placed, ...this.#filling].map(({ layout }) => layout.store.stats());
    const sum = (of: (stats: WindowStoreStats) => number): number =>
      layers.reduce((total, stats) => total + of(stats), 0);
    return {
      keys: sum(({ keys }) => keys),
      entries: sum(({ entries }) => entries),
      bytes: sum(({ bytes }) => bytes),
      lateEvents: layers[0]?.lateEvents ?? 0,
      evictedKeys: sum(({ evictedKeys }) => evictedKeys),
      capped: sum(({ capped }) => capped),
      cutShort: sum(({ cutShort }) => cutShort),
    };
  }

  #place(layers: readonly PlacedLayer[]): void {
    this.#placed = layers;
    this.#shareBudgets();
    const width = layers.reduce((most, { at, layout }) => Math.max(most, at + layout.width), 0);
    this.#use({ width, values: new Float64Array(0) });
  }

  /** What layers hold together stays within the bounds of one. */
  #shareBudgets(): void {
    this.#budgets = new SharedBudgets(
      [...this.#placed, ...this.#filling].flatMap(({ layout: { store, sources } }) => [
        ...store.budgets,
        ...sources.flatMap(({ budgets = [] }) => budgets),
      ]),
    );
  }

  #makeRoom(rows: number): void {
    const { width, values } = this.#matrix;
    if (values.length < rows * width) {
      this.#use({ width, values: new Float64Array(rows * width).fill(Number.NaN) });
    }
  }

  #use(matrix: FeatureMatrix): void {
    this.#matrix = matrix;
    this.#views = this.#placed.map(({ at }) =>
      at === 0 ? matrix : { width: matrix.width, values: matrix.values.subarray(at) },
    );
  }
}

function takeIn(
  { store, sources }: FeatureLayout,
  batch: EventBatch,
  from: number,
  to: number,
): void {
  store.restore(batch, from, to);
  for (const source of sources) source.restore(batch, from, to);
}

/** The runs [start, end) between `from` and `to` of rows that are wanted. */
export function* runs(
  from: number,
  to: number,
  wanted: (row: number) => boolean,
): Generator<readonly [number, number]> {
  let start = from;
  while (start < to) {
    while (start < to && !wanted(start)) start++;
    let end = start;
    while (end < to && wanted(end)) end++;
    if (end > start) yield [start, end];
    start = end;
  }
}
