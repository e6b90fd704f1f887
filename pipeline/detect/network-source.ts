/** Measures what is known of an event's network beside its events: the number of its autonomous system. */

import type { EventBatch, EventType } from '../event.ts';
import { flagsOf } from '../type-flags.ts';
import type { AsnReader } from './asn.ts';
import type { FeatureSource, FeatureSourceStats } from './feature-layout.ts';
import type { FeatureMatrix } from './window-store.ts';

/** `asn`: the autonomous system's number, absent for an address in none and where no ASN file is configured. */
export interface NetworkFeature {
  readonly kind: 'network';
  readonly read: 'asn';
}

const NOTHING: FeatureSourceStats = { keys: 0, bytes: 0, capped: 0 };

export class NetworkSource implements FeatureSource {
  readonly name = 'network';
  readonly #asn: AsnReader;
  readonly #columns: readonly { readonly column: number; readonly measuredOn: Uint8Array }[];

  constructor(
    features: readonly { readonly column: number; readonly measuredOn: readonly EventType[] }[],
    asn: AsnReader,
  ) {
    this.#asn = asn;
    this.#columns = features.map(({ column, measuredOn }) => {
      return { column, measuredOn: flagsOf(measuredOn) };
    });
  }

  measure(batch: EventBatch, from: number, to: number, out: FeatureMatrix): void {
    for (const { column, measuredOn } of this.#columns) {
      for (let i = from; i < to; i++) {
        const measured = measuredOn[batch.typeCode[i]!] === 1;
        out.values[i * out.width + column] = measured ? this.#asn.of(batch, i) : Number.NaN;
      }
    }
  }

  restore(): void {
    // It keeps nothing.
  }

  stats(): FeatureSourceStats {
    return NOTHING;
  }
}
