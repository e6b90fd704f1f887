/**
 * Detectors made ready to run: indexed by event type, reading features straight from the matrix.
 *
 * An exception in a detector is a defect. It leaves `evaluate`, stops the process before anything of the batch
 * is committed, and names detector and event: to go on without the detector would be to fail open.
 */

import type { Finding } from '../decide/decision.ts';
import { EVENT_TYPES, keyColumn, typeCodeOf, type EventType, type EventView } from '../event.ts';
import type { Bands, Detector, FeatureValues, Measure, NamedDetector } from './detector.ts';
import { featureIdentity, type FeatureSpec } from './feature.ts';
import type { FeatureRequest } from './feature-plan.ts';
import { weakest, type Section, type Sections } from './section.ts';
import type { FeatureMatrix } from './window-store.ts';

/** One armed measure. All are of one shape, so that the loop over them stays fast. */
interface Armed {
  readonly of: Measure['of'];
  readonly features: FeatureValues<string>;
  readonly config: Section;
  /** 1 when larger is worse, −1 when smaller is. */
  readonly sign: number;
  /** The weakest configured band times the sign: nothing below it needs a second look. */
  readonly reach: number;
  readonly name: string;
  readonly measure: Measure;
  readonly bands: Bands;
  readonly detectorName: string;
  readonly detector: Detector;
}

/** A measure that reached a band, before it is told as a finding. */
interface Reached {
  readonly armed: Armed;
  readonly value: number;
  readonly level: number;
  readonly threshold: number;
}

/** Where the accessors of all detectors read: the row of the event being judged. */
interface Cursor {
  values: Float64Array;
  base: number;
}

const NO_FINDINGS: readonly Finding[] = Object.freeze([]);
const NO_MEASURES: readonly Armed[] = Object.freeze([]);

export class CompiledDetectors {
  /** The features to measure, each once; feature f is column f of the plan compiled from them. */
  readonly requests: readonly FeatureRequest[];
  /** Names of the detectors that are on, live or shadow. */
  readonly names: readonly string[];
  readonly #byType: readonly (readonly Armed[])[];
  readonly #cursor: Cursor;
  #width: number;

  constructor(
    requests: readonly FeatureRequest[],
    byType: readonly (readonly Armed[])[],
    cursor: Cursor,
  ) {
    this.requests = requests;
    this.names = [...new Set(byType.flat().map((armed) => armed.detectorName))].sort();
    this.#byType = byType;
    this.#cursor = cursor;
    this.#width = requests.length;
  }

  /** Columns of the matrix that `evaluate` reads. */
  get width(): number {
    return this.requests.length;
  }

  /** Reads from this matrix from now on; its rows are the rows of the batch being judged. */
  bind(matrix: FeatureMatrix): void {
    if (matrix.width < this.requests.length) {
      throw new RangeError(`a matrix of ${matrix.width} columns, ${this.requests.length} needed`);
    }
    this.#cursor.values = matrix.values;
    this.#width = matrix.width;
  }

  /**
   * What the detectors say about the event at the view's row: at most one finding each, in the order of
   * their names. Where none speaks, a shared frozen empty array.
   */
  evaluate(view: EventView): readonly Finding[] {
    const armed = this.#byType[view.batch.typeCode[view.row]!]!;
    this.#cursor.base = view.row * this.#width;
    let reached: Reached[] | undefined;
    let index = 0;
    try {
      for (; index < armed.length; index++) {
        const one = armed[index]!;
        const value = one.of(view, one.features, one.config);
        if (one.sign * value >= one.reach) {
          const found = weigh(one, value, view);
          if (found !== undefined) (reached ??= []).push(found);
        }
      }
      return reached === undefined ? NO_FINDINGS : tell(reached, view);
    } catch (error) {
      const name = armed[index]?.detectorName ?? reached?.[0]?.armed.detectorName ?? '';
      throw new Error(`detector ${name} failed at event ${view.id}`, { cause: error });
    }
  }
}

/**
 * Makes detectors ready to run.
 * @param sections parsed by `detectorsSchema`; every detector has one.
 */
export function compileDetectors(
  detectors: readonly NamedDetector[],
  sections: Sections,
): CompiledDetectors {
  const cursor: Cursor = { values: new Float64Array(0), base: 0 };
  const features = new FeatureColumns(cursor);
  const byType = EVENT_TYPES.map((): Armed[] => []);
  for (const { name, detector } of detectors) {
    const section = sections[name];
    if (section === undefined) throw new TypeError(`detector ${name} has no section`);
    const armed = arm(name, detector, section, features);
    for (const type of new Set(detector.on)) byType[typeCodeOf(type)]!.push(...armed);
  }
  return new CompiledDetectors(
    features.requests,
    byType.map((armed) => (armed.length === 0 ? NO_MEASURES : armed)),
    cursor,
  );
}

/** The measures of a detector that have a band; none when it is off, and then no feature is requested. */
function arm(
  name: string,
  detector: Detector,
  section: Section,
  columns: FeatureColumns,
): readonly Armed[] {
  const measures = Object.entries(detector.measures).filter(
    ([key, measure]) => weakest(section.bands[key]!, measure.direction) !== undefined,
  );
  if (section.mode === 'off' || measures.length === 0) return NO_MEASURES;
  const features = columns.accessors(detector.features(section), detector.on);
  return measures.map(([key, measure]) => {
    const sign = measure.direction === 'atLeast' ? 1 : -1;
    const bands = section.bands[key]!;
    return {
      of: measure.of.bind(measure),
      features,
      config: section,
      sign,
      reach: sign * weakest(bands, measure.direction)!,
      name: key,
      measure,
      bands,
      detectorName: name,
      detector,
    };
  });
}

/** Gives every distinct feature one column, and detectors accessors to their columns. */
class FeatureColumns {
  readonly requests: { readonly spec: FeatureSpec; readonly measuredOn: EventType[] }[] = [];
  readonly #cursor: Cursor;
  readonly #columns = new Map<string, number>();
  /** Detectors that read the same columns by the same names share one object: one shape for the compiler. */
  readonly #accessors = new Map<string, FeatureValues<string>>();

  constructor(cursor: Cursor) {
    this.#cursor = cursor;
  }

  accessors(
    specs: Readonly<Record<string, FeatureSpec>>,
    on: readonly EventType[],
  ): FeatureValues<string> {
    const columns = Object.entries(specs).map(
      ([name, spec]) => [name, this.#columnOf(spec, on)] as const,
    );
    const identity = JSON.stringify(columns);
    let shared = this.#accessors.get(identity);
    if (shared === undefined) {
      shared = accessorsOver(this.#cursor, columns);
      this.#accessors.set(identity, shared);
    }
    return shared;
  }

  #columnOf(spec: FeatureSpec, on: readonly EventType[]): number {
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

/** One object for all events: its properties read the matrix at the cursor. */
function accessorsOver(
  cursor: Cursor,
  columns: readonly (readonly [string, number])[],
): FeatureValues<string> {
  // The getters stand on a prototype of their own: V8 keeps two objects with unlike getters of one name
  // slow, but every prototype fast.
  const prototype = {};
  for (const [name, column] of columns) {
    Object.defineProperty(prototype, name, {
      get: () => cursor.values[cursor.base + column]!,
      enumerable: true,
    });
  }
  return Object.create(prototype) as FeatureValues<string>;
}

const LEVELS = ['review', 'block', 'conclusive'] as const;

/**
 * The worst band that the value reached, under the event's own bands where it has any. Where the subject is
 * missing or a placeholder there is nobody to suspect, even if a band of 0 is reached by an empty window.
 */
function weigh(armed: Armed, value: number, event: EventView): Reached | undefined {
  const { batch, row } = event;
  const at = keyColumn(armed.measure.subject) * batch.capacity + row;
  if (batch.keyLo[at] === 0 && batch.keyHi[at] === 0) return undefined;
  const bands = armed.measure.bandsFor?.(event, armed.config) ?? armed.bands;
  for (let level = LEVELS.length - 1; level >= 0; level--) {
    const threshold = bands[LEVELS[level]!];
    if (threshold !== undefined && armed.sign * value >= armed.sign * threshold) {
      return { armed, value, level, threshold };
    }
  }
  return undefined;
}

/** One finding a detector: its measure that reached the worst band; among equals the one declared first. */
function tell(reached: readonly Reached[], event: EventView): readonly Finding[] {
  const findings: Finding[] = [];
  let from = 0;
  while (from < reached.length) {
    const { detectorName } = reached[from]!.armed;
    let to = from;
    let worst = reached[from]!;
    while (to < reached.length && reached[to]!.armed.detectorName === detectorName) {
      if (reached[to]!.level > worst.level) worst = reached[to]!;
      to++;
    }
    findings.push(findingOf(worst, reached.slice(from, to), event));
    from = to;
  }
  return findings;
}

function findingOf(worst: Reached, all: readonly Reached[], event: EventView): Finding {
  const { armed, value, level, threshold } = worst;
  const { detector, config, measure } = armed;
  const others = all.filter((one) => one !== worst).map((one) => one.armed.name);
  const details = detector.evidence?.(event, armed.features, config) ?? {};
  return {
    detector: armed.detectorName,
    mode: config.mode === 'shadow' ? 'shadow' : 'live',
    band: level === 0 ? 'review' : 'block',
    conclusive: level === 2,
    measure: value,
    threshold,
    unit: measure.unit,
    windowMs: measure.windowMs(config),
    subject: measure.subject,
    subjectValue: event[measure.subject] ?? '',
    evidence: {
      measure: armed.name,
      ...(others.length === 0 ? {} : { alsoReached: others.join(', ') }),
      // An absent feature is no evidence, and NaN has no place in JSON.
      ...Object.fromEntries(Object.entries(details).filter(([, value]) => !Number.isNaN(value))),
    },
  };
}
