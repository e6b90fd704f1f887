/** Writes a simulation as NDJSON: to a file, gzipped when its name ends so, or to a stream such as stdout. */

import { createWriteStream } from 'node:fs';
import { Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { Failure, messageOf } from '../failure.ts';
import { simulate, type SimulationOptions } from './simulate.ts';

export interface SimulationProgress {
  readonly events: number;
  /** Share of the event time that is done, 0 to 1; 0 for an endless simulation. */
  readonly done: number;
}

export interface WrittenSimulation {
  readonly events: number;
  readonly fraud: number;
}

const CHUNK_EVENTS = 500;
const PROGRESS_EVENTS = 20_000;

/**
 * Writes until the simulation ends, as fast as the target takes it; memory stays bounded.
 * @param out a path, or a stream that is left open when all is written.
 * @param progress called every 20,000 events and at the end.
 * @throws Failure when the file cannot be written.
 */
export async function writeSimulation(
  out: string | Writable,
  options: SimulationOptions,
  progress: (written: SimulationProgress) => void = () => undefined,
): Promise<WrittenSimulation> {
  const written = { events: 0, fraud: 0 };
  const source = Readable.from(lines(options, written, progress), { objectMode: false });
  if (typeof out !== 'string') {
    await pipeline(source, out, { end: false });
    return written;
  }
  try {
    const file = createWriteStream(out);
    if (out.endsWith('.gz')) await pipeline(source, createGzip(), file);
    else await pipeline(source, file);
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw new Failure(`${out}: cannot write the simulation: ${messageOf(error)}`, { cause: error });
  }
  return written;
}

function* lines(
  options: SimulationOptions,
  written: { events: number; fraud: number },
  progress: (written: SimulationProgress) => void,
): Generator<Buffer> {
  const span = options.minutes * 60_000;
  let chunk = '';
  for (const event of simulate(options)) {
    chunk += `${JSON.stringify(event)}\n`;
    written.events += 1;
    if (event.label === 'fraud') written.fraud += 1;
    if (written.events % CHUNK_EVENTS === 0) {
      yield Buffer.from(chunk);
      chunk = '';
    }
    if (written.events % PROGRESS_EVENTS === 0) {
      const elapsed = Date.parse(event.occurredAt) - options.startMs;
      progress({ events: written.events, done: Number.isFinite(span) ? elapsed / span : 0 });
    }
  }
  if (chunk !== '') yield Buffer.from(chunk);
  progress({ events: written.events, done: 1 });
}
