/** Simulated events and an engine that judges them, for the benches of detection. */

import type { LoadedConfig } from '../../config/load.ts';
import { assembleEngine } from '../../pipeline/assemble.ts';
import { EventBatch } from '../../pipeline/event.ts';
import type { Decoder } from '../../pipeline/ingest/decode.ts';
import { DEFAULT_START_MS, simulate } from '../../pipeline/simulate/simulate.ts';
import type { Variant } from './measure.ts';

export const SECRET = Buffer.alloc(32, 7);
export const SEED = 20261121;
/** Three events a customer and day. */
export const RATE = 5;
export const ACCOUNTS = 150_000;
/** After every event of the stream. */
const RECEIVED_MS = DEFAULT_START_MS + 365 * 86_400_000;
export const BATCH = 256;

/**
 * What every variant works on: the events as a sender writes them, end to end in one buffer, so that the
 * collector has no objects of the bench to mark while an engine is timed.
 */
export interface Workload {
  readonly text: Buffer;
  /** Where event i ends; it begins where the one before it ends. */
  readonly ends: Uint32Array;
  readonly decoder: Decoder;
}

/** Customers and attackers as the simulator makes them. */
export function simulated(count: number, decoder: Decoder): Workload {
  const lines: Buffer[] = [];
  const ends = new Uint32Array(count);
  const options = { seed: SEED, startMs: DEFAULT_START_MS, minutes: Infinity, ratePerSecond: RATE };
  let end = 0;
  for (const event of simulate({ ...options, accounts: ACCOUNTS })) {
    const line = Buffer.from(JSON.stringify(event));
    end += line.length;
    ends[lines.length] = end;
    lines.push(line);
    if (lines.length === count) break;
  }
  return { text: Buffer.concat(lines), ends, decoder };
}

function decodeInto(batch: EventBatch, { text, ends, decoder }: Workload, from: number): void {
  batch.clear();
  for (let i = from; i < Math.min(from + BATCH, ends.length); i++) {
    const line = text.subarray(i === 0 ? 0 : ends[i - 1]!, ends[i]);
    const failure = decoder.decode(line, RECEIVED_MS, batch);
    if (failure !== undefined) throw new Error(failure.message);
  }
}

/**
 * Judges all lines with a fresh engine; the answer is how the verdicts fell. As on the live path, a batch
 * is decoded just before it is judged, so that its columns are in the cache; decoding is not timed.
 */
export function judging(name: string, workload: Workload, config: LoadedConfig): Variant {
  let engine = assembleEngine(config).engine;
  const batch = new EventBatch(BATCH);
  return {
    name,
    count: workload.ends.length,
    prepare: () => {
      engine = assembleEngine(config).engine;
      // The memory of the engine of the round before is no cost of this one: arrays go when a second collection
      // finds that nothing holds them.
      globalThis.gc?.();
      globalThis.gc?.();
    },
    run: (watch) => {
      let findings = 0;
      for (let from = 0; from < workload.ends.length; from += BATCH) {
        watch.leaveOut(() => {
          decodeInto(batch, workload, from);
        });
        for (const judgement of engine.judge(batch).judgements) {
          if (judgement.kind === 'decided') findings += judgement.decision.findings.length;
        }
      }
      return findings;
    },
  };
}
