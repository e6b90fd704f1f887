/** Measures ratios: the last source, since it reads what the others have written. */

import type { EventBatch } from '../event.ts';
import type { FeatureSource, FeatureSourceStats } from './feature-layout.ts';
import type { FeatureMatrix } from './window-store.ts';

/** Columns of the matrix. */
export interface PlacedRatio {
  readonly of: number;
  readonly to: number;
  readonly column: number;
}

const NOTHING: FeatureSourceStats = { keys: 0, bytes: 0, capped: 0 };

export class RatioSource implements FeatureSource {
  readonly name = 'ratio';
  readonly #ratios: readonly PlacedRatio[];

  /** @param ratios each behind those that it is made of. */
  constructor(ratios: readonly PlacedRatio[]) {
    this.#ratios = ratios;
  }

  measure(_batch: EventBatch, from: number, to: number, { values, width }: FeatureMatrix): void {
    for (const ratio of this.#ratios) {
      for (let i = from; i < to; i++) {
        const row = i * width;
        const divisor = values[row + ratio.to]!;
        values[row + ratio.column] = divisor === 0 ? Number.NaN : values[row + ratio.of]! / divisor;
      }
    }
  }

  restore(): void {
    // It remembers nothing.
  }

  stats(): FeatureSourceStats {
    return NOTHING;
  }
}
