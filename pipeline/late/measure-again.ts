/** Decides recorded events once more, on features of its own: what stands is neither read nor changed. */

import { setImmediate as nextTurn } from 'node:timers/promises';
import type { LoadedConfig } from '../../config/load.ts';
import { rulingOf } from '../assemble.ts';
import type { Decision } from '../decide/decision.ts';
import type { Engine } from '../decide/engine.ts';
import { decide } from '../decide/policy.ts';
import type { Ruling } from '../decide/ruling.ts';
import { AsnReader } from '../detect/asn.ts';
import { FeatureLayers } from '../detect/feature-layers.ts';
import { EventBatch, EventView } from '../event.ts';
import type { Decoder } from '../ingest/decode.ts';
import type { ReadEvent } from '../record/late-history.ts';

export interface MeasuringParts {
  /** The configuration that judges everybody now. */
  readonly active: () => LoadedConfig;
  readonly decoderOf: (config: LoadedConfig) => Decoder;
  /** Lists, exclusions and switches as they stand now. */
  readonly engine: Pick<Engine, 'lists' | 'exclusions' | 'freezing'>;
}

/** Events between two turns of whatever else the process does: a few milliseconds of work. */
const PORTION = 128;

export class MeasuringAgain {
  readonly #parts: MeasuringParts;
  /** Compiled once a configuration: apart from those that judge, because it reads another matrix. */
  #ruling: Ruling | undefined;

  constructor(parts: MeasuringParts) {
    this.#parts = parts;
  }

  /**
   * @param events in the order of event time.
   * @param asked ids of those whose decisions are wanted.
   * @param without ids that are taken as if they had not come.
   */
  async decisions(
    events: readonly ReadEvent[],
    asked: ReadonlySet<string>,
    without: ReadonlySet<string>,
  ): Promise<ReadonlyMap<string, Decision>> {
    const config = this.#parts.active();
    if (this.#ruling?.version !== config.version) this.#ruling = rulingOf(config);
    const ruling = this.#ruling;
    const layers = this.#layersOf(config, ruling, events.length);
    const decoder = this.#parts.decoderOf(config);
    const batch = new EventBatch(PORTION);
    const found = new Map<string, Decision>();
    const present = events.filter(({ eventId }) => !without.has(eventId));
    for (let from = 0; from < present.length; from += PORTION) {
      await nextTurn();
      batch.clear();
      for (const { json, receivedAtMs } of present.slice(from, from + PORTION)) {
        const failure = decoder.decode(Buffer.from(json), receivedAtMs, batch);
        if (failure !== undefined) {
          throw new Error(`a recorded event cannot be read back: ${failure.message}`);
        }
      }
      layers.measure(batch, 0, batch.length);
      this.#judge(batch, ruling, layers, asked, found);
    }
    return found;
  }

  #layersOf(config: LoadedConfig, { detectors }: Ruling, events: number): FeatureLayers {
    const { windows, bursts } = config.system;
    // A cut of the record begins no stream: its first keys may be as old as any.
    const requests = detectors.requests.map((request) =>
      request.spec.kind === 'early'
        ? { ...request, spec: { ...request.spec, withinMs: 0 } }
        : request,
    );
    return new FeatureLayers(requests, {
      exclusions: this.#parts.engine.exclusions,
      allowedLatenessMs: windows.allowedLatenessMs,
      maxKeys: Math.min(windows.maxKeys, 16 * (events + 64)),
      maxEntries: Math.min(windows.maxEntries, 64 * (events + 64)),
      bursts,
      // Features of operators are absent from both measures of an event; the limits of shared networks know operators.
      asn: new AsnReader(undefined),
    });
  }

  #judge(
    batch: EventBatch,
    { detectors, policy }: Ruling,
    layers: FeatureLayers,
    asked: ReadonlySet<string>,
    found: Map<string, Decision>,
  ): void {
    const { exclusions, lists, freezing } = this.#parts.engine;
    detectors.bind(layers.matrix);
    detectors.heed({ exclusions, explain: (row) => layers.explain(row) });
    const blockingOff = !freezing.cases.isOn('blocking');
    const view = new EventView(batch, 0);
    for (let row = 0; row < batch.length; row++) {
      view.row = row;
      if (!asked.has(view.id)) continue;
      const findings = detectors.evaluate(view);
      const listed = lists.match(view);
      const input = { findings, listed, frozen: false, blockingOff, late: false };
      found.set(view.id, decide(input, policy));
    }
  }
}
