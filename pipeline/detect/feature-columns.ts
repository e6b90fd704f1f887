/** The columns of the features that all loaded detectors declare, and what detectors read them through. */

import type { EventType } from '../event.ts';
import type { FeatureBound, FeatureValues, Measure } from './detector.ts';
import type { FeatureRequest } from './feature-plan.ts';
import { featureIdentity, type FeatureSpec } from './feature.ts';

/** Where the accessors of all detectors read: the row of the event being judged. */
export interface Cursor {
  values: Float64Array;
  base: number;
}

type Specs = Readonly<Record<string, FeatureSpec>>;

/** Features that are measured already, column by column: detectors that are compiled beside others read them too. */
export interface StandingFeatures {
  readonly features: readonly PlacedFeature[];
  /** The first column that is free. */
  readonly width: number;
}

export interface PlacedFeature {
  readonly spec: FeatureSpec;
  readonly measuredOn: readonly EventType[];
  readonly column: number;
}

export const NOTHING_STANDING: StandingFeatures = Object.freeze({ features: [], width: 0 });

/** `sign` times the column is at least `limit`, or the measure is not worth a call. */
export interface Screen {
  /** −1: there is no screen. */
  readonly column: number;
  readonly sign: 1 | -1;
  readonly limit: number;
}

const NO_SCREEN: Screen = Object.freeze({ column: -1, sign: 1, limit: -Infinity });

/** What stands once the requests are laid after it. */
export function withRequests(
  { features, width }: StandingFeatures,
  requests: readonly FeatureRequest[],
): StandingFeatures {
  const placed = requests.map(({ spec, measuredOn }, n) => ({
    spec,
    measuredOn,
    column: width + n,
  }));
  return { features: [...features, ...placed], width: width + requests.length };
}

/** Gives every distinct feature one column, and detectors accessors to their columns. */
export class FeatureColumns {
  /** What no standing feature answers: request n is for column `standing.width + n`. */
  readonly requests: { readonly spec: FeatureSpec; readonly measuredOn: EventType[] }[] = [];
  /** Every column that something reads. */
  readonly columns = new Set<number>();
  readonly #cursor: Cursor;
  readonly #standing = new Map<string, PlacedFeature[]>();
  readonly #first: number;
  readonly #columns = new Map<string, number>();
  /** Detectors that read the same columns by the same names share one object: one shape for the compiler. */
  readonly #accessors = new Map<string, FeatureValues<string>>();

  constructor(cursor: Cursor, standing: StandingFeatures = NOTHING_STANDING) {
    this.#cursor = cursor;
    this.#first = standing.width;
    for (const feature of standing.features) {
      const identity = featureIdentity(feature.spec);
      this.#standing.set(identity, [...(this.#standing.get(identity) ?? []), feature]);
    }
  }

  /** One object for all events: its properties read the matrix at the cursor. */
  accessors(specs: Specs, on: readonly EventType[]): FeatureValues<string> {
    const columns = Object.entries(specs).map(
      ([name, spec]) => [name, this.column(spec, on)] as const,
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

  /**
   * The comparison of one feature that spares a call of the measure.
   * @param reach the weakest band, negated where smaller is worse.
   * @throws TypeError on a wrong declaration.
   */
  screenOf(
    name: string,
    { ceiling, needs, requires, direction }: Measure,
    specs: Specs,
    on: readonly EventType[],
    reach: number,
  ): Screen {
    if (ceiling !== undefined && needs !== undefined)
      throw new TypeError(`measure ${name} has a ceiling, so it has no needs`);
    const condition: FeatureBound | undefined =
      ceiling !== undefined
        ? { feature: ceiling, sign: direction === 'atLeast' ? 1 : -1, limit: reach }
        : needs !== undefined
          ? { feature: needs, sign: 1, limit: -Infinity }
          : requires?.[0];
    if (condition === undefined) return NO_SCREEN;
    const spec = specs[condition.feature];
    if (spec === undefined)
      throw new TypeError(`measure ${name} declares no feature ${condition.feature}`);
    return { column: this.column(spec, on), sign: condition.sign, limit: condition.limit };
  }

  /** The column of a feature that something reads at events of these types. */
  column(spec: FeatureSpec, on: readonly EventType[]): number {
    const column = this.#columnOf(spec, on);
    this.columns.add(column);
    return column;
  }

  #columnOf(spec: FeatureSpec, on: readonly EventType[]): number {
    const identity = featureIdentity(spec);
    const standing = this.#standing
      .get(identity)
      ?.find(({ measuredOn }) => on.every((type) => measuredOn.includes(type)));
    if (standing !== undefined) return standing.column;
    let column = this.#columns.get(identity);
    if (column === undefined) {
      column = this.#first + this.requests.push({ spec, measuredOn: [] }) - 1;
      this.#columns.set(identity, column);
    }
    const { measuredOn } = this.requests[column - this.#first]!;
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
