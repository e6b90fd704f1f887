/** Runs the examples of detectors and rules: their events pass decoder, features and evaluation as all events do. */

import type { LoadedConfig } from '../config/load.ts';
import { assembleDecoder } from './assemble.ts';
import type { Finding } from './decide/decision.ts';
import type { DetectorExample, NamedDetector } from './detect/detector.ts';
import { compileDetectors } from './detect/evaluate.ts';
import { layFeatures } from './detect/feature-layout.ts';
import { detectorsSchema } from './detect/section.ts';
import { EventBatch, EventView } from './event.ts';
import { Failure } from './failure.ts';
import type { Decoder } from './ingest/decode.ts';
import { keysOf } from './keys.ts';

/** Monday, 2 March 2026, 10:00 in Shanghai: when events happen that do not say. */
const START_MS = Date.parse('2026-03-02T02:00:00Z');
const BOUNDS = { allowedLatenessMs: 600_000, maxKeys: 10_000, maxEntries: 100_000 };

export class Examples {
  readonly #decoder: Decoder;

  /** @param config whose limits and placeholders hold for the events. */
  constructor(config: LoadedConfig) {
    this.#decoder = assembleDecoder(config, keysOf(Buffer.alloc(32)));
  }

  /**
   * The findings at the last event of the example, even of what is off or in shadow.
   * @throws Failure when an event is none.
   */
  findingsOf(named: NamedDetector, example: DetectorExample): readonly Finding[] {
    const own = { mode: 'live', ...example.config };
    const sections = detectorsSchema([named]).parse({ [named.name]: own });
    const compiled = compileDetectors([named], sections);
    const { width, store, sources } = layFeatures(compiled.requests, BOUNDS);
    const batch = this.#batchFrom(example.events);
    const matrix = { width, values: new Float64Array(width * batch.length) };
    store.measure(batch, 0, batch.length, matrix);
    for (const source of sources) source.measure(batch, 0, batch.length, matrix);
    compiled.bind(matrix);
    return compiled.evaluate(new EventView(batch, batch.length - 1));
  }

  /** What an example says that is not so, or undefined. */
  problemOf(named: NamedDetector, example: DetectorExample): string | undefined {
    let found: readonly Finding[];
    try {
      found = this.findingsOf(named, example);
    } catch (error) {
      if (error instanceof Failure) return error.message;
      throw error;
    }
    const expected = textOf(example.finding);
    const isConclusiveSaid = example.finding?.conclusive !== undefined;
    const told = textOf(
      found[0] && { ...found[0], conclusive: isConclusiveSaid && found[0].conclusive },
    );
    return told === expected ? undefined : `finds ${told}, not ${expected}`;
  }

  /** Events without an id or an instant get them in order, one second apart. */
  #batchFrom(events: DetectorExample['events']): EventBatch {
    const batch = new EventBatch(events.length);
    events.forEach((event, index) => {
      const occurredAt = new Date(START_MS + index * 1000).toISOString();
      const whole = { id: `e-${index + 1}`, occurredAt, ...event };
      const atMs = Date.parse(whole.occurredAt);
      const refused = this.#decoder.decode(Buffer.from(JSON.stringify(whole)), atMs, batch);
      if (refused === undefined) return;
      const { reason, fieldPath, message } = refused;
      throw new Failure(`event ${index + 1} is refused: ${reason} at "${fieldPath}": ${message}`);
    });
    return batch;
  }
}

type Told = Pick<Finding, 'band' | 'measure'> & { readonly conclusive?: boolean | undefined };

function textOf(finding: Told | undefined): string {
  if (finding === undefined) return 'nothing';
  const { band, measure, conclusive } = finding;
  return `${band} at ${Number(measure.toFixed(2))}${conclusive === true ? ', conclusive' : ''}`;
}
