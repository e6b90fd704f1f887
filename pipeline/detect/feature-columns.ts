/** The columns of the features that all loaded detectors declare, and what detectors read them through. */

import type { EventType } from '../event.ts';
import type { FeatureValues, Measure } from './detector.ts';
import { featureIdentity, type FeatureSpec } from './feature.ts';

/** Where the accessors of all detectors read: the row of the event being judged. */
export interface Cursor {
  values: Float64Array;
  base: number;
}

type Specs = Readonly<Record<string, FeatureSpec>>;

/** Gives every distinct feature one column, and detectors accessors to their columns. */
export class FeatureColumns {
  readonly requests: { readonly spec: FeatureSpec; readonly measuredOn: EventType[] }[] = [];
  readonly #cursor: Cursor;
  readonly #columns = new Map<string, number>();
  /** Detectors that read the same columns by the same names share one object: one shape for the compiler. */
  readonly #accessors = new Map<string, FeatureValues<string>>();

  constructor(cursor: Cursor) {
    this.#cursor = cursor;
  }

  /** One object for all events: its properties read the matrix at the cursor. */
  accessors(specs: Specs, on: readonly EventType[]): FeatureValues<string> {
    const columns = Object.entries(specs).map(
      ([name, spec]) => [name, this.#request(spec, on)] as const,
    );
    const identity = JSON.stringify(columns);
    let shared = this.#accessors.get(identity);
    if (shared === undefined) {
      shared = Object.create(accessorsTo(identity, columns), {
        cursor: { value: this.#cursor },
      }) as FeatureValues<string>;
      this.#accessors.set(identity, shared);
    }
    return shared;
  }

  /** The column of the feature by which a measure is screened, or −1. @throws TypeError on a wrong declaration. */
  screenOf(name: string, { ceiling, needs, direction }: Measure, specs: Specs): number {
    const screen = ceiling ?? needs;
    if (screen === undefined) return -1;
    const spec = specs[screen];
    if (spec === undefined) throw new TypeError(`measure ${name} declares no feature ${screen}`);
    if (ceiling !== undefined && (needs !== undefined || direction === 'atMost'))
      throw new TypeError(`measure ${name} has a ceiling, so it is "atLeast" and has no needs`);
    return this.#columns.get(featureIdentity(spec))!;
  }

  #request(spec: FeatureSpec, on: readonly EventType[]): number {
    const identity = featureIdentity(spec);
    let column = this.#columns.get(identity);
    if (column === undefined) {
      column = this.requests.push({ spec, measuredOn: [] }) - 1;
      this.#columns.set(identity, column);
    }
    const { measuredOn } = this.requests[column]!;
    measuredOn.push(...on.filter((type) => !measuredOn.includes(type)));
    return column;
  }
}

interface Reader {
  readonly cursor: Cursor;
}

/**
 * Prototypes by layout. V8 compiles a detector for the shapes it has met, so that every further engine of
 * one configuration (a replay, a comparison) must bring the shape of the first.
 */
const layouts = new Map<string, object>();

function accessorsTo(
  identity: string,
  columns: readonly (readonly [name: string, column: number])[],
): object {
  let prototype = layouts.get(identity);
  if (prototype === undefined) {
    // The getters stand on a prototype of their own: V8 keeps two objects with unlike getters of one name
    // slow, but every prototype fast.
    prototype = {};
    for (const [name, column] of columns) {
      Object.defineProperty(prototype, name, {
        get(this: Reader) {
          return this.cursor.values[this.cursor.base + column]!;
        },
        enumerable: true,
      });
    }
    layouts.set(identity, prototype);
  }
  return prototype;
}
