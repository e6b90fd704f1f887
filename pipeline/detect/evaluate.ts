/**
 * Detectors made ready to run: indexed by event type, reading features straight from the matrix.
 *
 * A `MeasureError` is a finding of its own; any other exception in a detector is a defect. It leaves `evaluate`, stops the process before anything of the batch
 * is committed, and names detector and event: to go on without the detector would be to fail open.
 */

import type { Finding } from '../decide/decision.ts';
import { EVENT_TYPES, typeCodeOf, type EventView } from '../event.ts';
import { MeasureError, type Detector, type NamedDetector } from './detector.ts';
import {
  FeatureColumns,
  NOTHING_STANDING,
  type Cursor,
  type StandingFeatures,
} from './feature-columns.ts';
import type { FeatureRequest } from './feature-plan.ts';
import type { ExclusionChange, ExclusionRegistry } from './exclusion.ts';
import { HubGuard, type HubSettings } from './hub.ts';
import { tell, weigh, type Armed, type Reached, type Surroundings } from './reach.ts';
import type { MeasureSample } from './measure-sketch.ts';
import { weakestOfAll, type Section, type Sections } from './section.ts';
import { sharedFields, type SharedField } from './shared-value.ts';
import type { FeatureMatrix } from './window-store.ts';

/** The measures of one event type, with what screens them in columns of their own: most calls end there. */
interface Armoury {
  readonly armed: readonly Armed[];
  /** `detector.measure` */
  readonly names: readonly string[];
  readonly screens: Int32Array;
  readonly signs: Float64Array;
  readonly limits: Float64Array;
}

const NO_FINDINGS: readonly Finding[] = Object.freeze([]);
const NO_MEASURES: readonly Armed[] = Object.freeze([]);

export class CompiledDetectors {
  /** The features to measure beside the standing ones, each once; request n is for column `standing.width + n`. */
  readonly requests: readonly FeatureRequest[];
  /** Names of the detectors that are on, live or shadow. */
  readonly names: readonly string[];
  /** The columns of the matrix that `evaluate` reads. */
  readonly columns: ReadonlySet<number>;
  /** Columns of the matrix up to the last one that `evaluate` reads. */
  readonly width: number;
  readonly #byType: readonly Armoury[];
  readonly #cursor: Cursor;
  readonly #guard: HubGuard | undefined;
  #surroundings: Surroundings | undefined;
  #width: number;

  constructor(
    { requests, columns }: Pick<FeatureColumns, 'requests' | 'columns'>,
    byType: readonly (readonly Armed[])[],
    cursor: Cursor,
    guard?: HubGuard,
  ) {
    this.#guard = guard;
    this.requests = requests;
    this.columns = columns;
    this.names = [...new Set(byType.flat().map((armed) => armed.detectorName))].sort();
    this.#byType = byType.map((armed) => ({
      armed,
      names: armed.map(({ detectorName, name }) => `${detectorName}.${name}`),
      screens: Int32Array.from(armed, ({ screen }) => screen.column),
      signs: Float64Array.from(armed, ({ screen }) => screen.sign),
      limits: Float64Array.from(armed, ({ screen }) => screen.limit),
    }));
    this.#cursor = cursor;
    this.width = Math.max(-1, ...columns) + 1;
    this.#width = this.width;
  }

  /** Reads from this matrix from now on; its rows are the rows of the batch being judged. */
  bind(matrix: FeatureMatrix): void {
    if (matrix.width < this.width) {
      throw new RangeError(`a matrix of ${matrix.width} columns, ${this.width} needed`);
    }
    this.#cursor.values = matrix.values;
    this.#width = matrix.width;
  }

  /** Heeds what the engine has beside the configuration. */
  heed(surroundings: Surroundings): void {
    this.#surroundings = surroundings;
    this.#guard?.heed(surroundings.exclusions);
    this.#reachFor(surroundings.exclusions);
  }

  /** Looks as far down as the weakest limit that an excluded value has of its own, as long as one has it. */
  #reachFor({ ownLimits }: ExclusionRegistry): void {
    for (const { armed, names, limits } of this.#byType) {
      for (const [index, one] of armed.entries()) {
        const own = ownLimits.of(names[index]!, one.measure.direction);
        const { usualReach, sign } = one;
        one.reach = own === undefined ? usualReach : Math.min(usualReach, sign * own);
        if (one.measure.ceiling !== undefined) limits[index] = one.reach;
      }
    }
  }

  /** Adds the exclusions that the event evaluated last gives reason to propose: see `HubGuard.propose`. */
  propose(
    view: EventView,
    changes: ExclusionChange[],
    nameOf: (eventId: string) => string,
    trial?: string,
  ): void {
    this.#guard?.propose(view, changes, nameOf, trial);
  }

  /**
   * What the detectors say about the event at the view's row: at most one finding each, in the order of
   * their names. Where none speaks, a shared frozen empty array.
   */
  evaluate(view: EventView): readonly Finding[] {
    const armoury = this.#byType[view.batch.typeCode[view.row]!]!;
    this.#cursor.base = view.row * this.#width;
    const reached = this.#sweep(armoury, 0, view, undefined);
    return reached === undefined ? NO_FINDINGS : tell(reached, view, this.#surroundings);
  }

  /** Adds every measure that can be taken of the event at the view's row, whatever its bands, to the sample. */
  sample(view: EventView, into: MeasureSample): void {
    const { armed, names } = this.#byType[view.batch.typeCode[view.row]!]!;
    const cursor = this.#cursor;
    cursor.base = view.row * this.#width;
    for (const [index, one] of armed.entries()) {
      const { column, sign, limit } = one.screen;
      if (column >= 0) {
        const screened = sign * cursor.values[cursor.base + column]!;
        // A ceiling only spares a comparison with the bands; any other screen says whether there is a measure.
        if (!(screened >= (one.measure.ceiling === undefined ? limit : -Infinity))) continue;
      }
      try {
        into.add(names[index]!, one.of(view, one.features, one.config));
      } catch (error) {
        // It is on record as a finding of the band `error`.
        if (!(error instanceof MeasureError)) throw error;
      }
    }
  }

  /** Asks the measures from `start` on. Where one cannot be taken, that is noted and the others are still heard. */
  #sweep(
    armoury: Armoury,
    start: number,
    view: EventView,
    before: Reached[] | undefined,
  ): Reached[] | undefined {
    const { armed, screens, signs, limits } = armoury;
    const { values, base } = this.#cursor;
    let reached = before;
    let index = start;
    try {
      for (; index < screens.length; index++) {
        const screen = screens[index]!;
        // NaN is below every limit.
        if (screen >= 0 && !(signs[index]! * values[base + screen]! >= limits[index]!)) continue;
        const one = armed[index]!;
        const value = one.of(view, one.features, one.config);
        if (one.sign * value >= one.reach) {
          const found = weigh(one, value, view, this.#guard);
          if (found !== undefined) (reached ??= []).push(found);
        }
      }
      return reached;
    } catch (error) {
      const one = armed[index]!;
      if (!(error instanceof MeasureError)) {
        throw new Error(`detector ${one.detectorName} failed at event ${view.id}`, {
          cause: error,
        });
      }
      if (this.#isUsuallyAsked(armoury, index) || this.#hasOwnLimit(one, view)) {
        const untold = { value: NaN, level: -1, threshold: NaN, lenience: undefined };
        (reached ??= []).push({ armed: one, ...untold, error });
      }
      return this.#sweep(armoury, index + 1, view, reached);
    }
  }

  /** Whether the measure would be taken here if no excluded value had a limit of its own. */
  #isUsuallyAsked({ armed, screens, signs }: Armoury, index: number): boolean {
    const { measure, usualReach } = armed[index]!;
    const { values, base } = this.#cursor;
    if (measure.ceiling === undefined) return true;
    return signs[index]! * values[base + screens[index]!]! >= usualReach;
  }

  #hasOwnLimit({ detectorName, name, shared }: Armed, view: EventView): boolean {
    const bands = this.#guard?.about(view, shared, false)?.bands;
    return bands?.[detectorName]?.[name] !== undefined;
  }
}

/**
 * Makes detectors ready to run.
 * @param sections parsed by `detectorsSchema`; every detector has one.
 * @param hubs limits above which a value is held to join strangers; left out: no value is.
 * @param standing features that are measured already: equal ones are read where they stand.
 */
export function compileDetectors(
  detectors: readonly NamedDetector[],
  sections: Sections,
  standing: StandingFeatures = NOTHING_STANDING,
  hubs?: HubSettings,
): CompiledDetectors {
  const cursor: Cursor = { values: new Float64Array(0), base: 0 };
  const features = new FeatureColumns(cursor, standing);
  const byType = EVENT_TYPES.map((): Armed[] => []);
  for (const { name, detector } of detectors) {
    const section = sections[name];
    if (section === undefined) throw new TypeError(`detector ${name} has no section`);
    const armed = arm(name, detector, section, features);
    for (const type of new Set(detector.on)) byType[typeCodeOf(type)]!.push(...armed);
  }
  return new CompiledDetectors(
    features,
    byType.map((armed) => (armed.length === 0 ? NO_MEASURES : armed)),
    cursor,
    hubs && new HubGuard(hubs, spokenOf(byType), features, cursor),
  );
}

/** The fields whose values the armed measures speak of. */
function spokenOf(byType: readonly (readonly Armed[])[]): ReadonlySet<SharedField> {
  return new Set(byType.flat().flatMap(({ shared }) => shared));
}

/** The measures of a detector that have a band for anybody; none when it is off, and then no feature is requested. */
function arm(
  name: string,
  detector: Detector,
  section: Section,
  columns: FeatureColumns,
): readonly Armed[] {
  const measures = Object.entries(detector.measures).flatMap(([key, measure]) => {
    const first = weakestOfAll(key, measure, section);
    return first === undefined ? [] : [{ key, measure, first }];
  });
  if (section.mode === 'off' || measures.length === 0) return NO_MEASURES;
  const specs = detector.features(section);
  const features = columns.accessors(specs, detector.on);
  return measures.map(({ key, measure, first }) => {
    const sign = measure.direction === 'atLeast' ? 1 : -1;
    const bands = section.bands[key]!;
    const reach = sign * first;
    return {
      of: measure.of.bind(measure),
      features,
      config: section,
      sign,
      reach,
      usualReach: reach,
      screen: columns.screenOf(`${name}.${key}`, measure, specs, detector.on, reach),
      name: key,
      measure,
      bands,
      shared: sharedFields(measure),
      detectorName: name,
      detector,
      isExplained: Object.values(specs).some(({ kind }) => kind === 'ring'),
    };
  });
}
