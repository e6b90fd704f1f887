/**
 * `windows-memory.ts WHAT EVENTS`: fills one store in a process of its own, because memory that an
 * earlier measure gave back to the process would be counted as free of charge. Prints JSON.
 */

import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { residentBytes } from './measure.ts';
import {
  FOUR_DIMENSIONS,
  FOUR_WINDOWS,
  MINUTE,
  THREE_DIMENSIONS,
  driveMaps,
  driveStore,
  newStore,
  planOf,
} from './windows-setup.ts';
import { workload } from './workload.ts';

export interface Held {
  /** Growth of resident memory, in bytes. */
  readonly bytes: number;
  readonly keys: number;
  readonly entries: number;
}

/** `cold`: every key once. `warm`: Zipf keys. `wide`: 4 dimensions x 4 windows instead of 3 x 1. */
export type Filling = 'cold' | 'warm' | 'warm-maps' | 'wide' | 'wide-maps';

const once = (fill: () => void): void => {
  fill();
};

/** Runs this file in a child process and returns what it printed. */
export function memoryOf(what: Filling, events: number): Held {
  const printed = execFileSync(
    process.execPath,
    ['--expose-gc', '--import', 'tsx', fileURLToPath(import.meta.url), what, String(events)],
    { encoding: 'utf8' },
  );
  return JSON.parse(printed) as Held;
}

function fill(what: Filling, events: number): Held {
  const work = workload({ events });
  if (what === 'cold')
    for (const numbers of Object.values(work.keys)) for (let i = 0; i < events; i++) numbers[i] = i;
  const maps = what.endsWith('maps');
  const narrow = what.startsWith('warm');
  const dimensions = narrow ? THREE_DIMENSIONS : FOUR_DIMENSIONS;
  const windows = narrow ? [10 * MINUTE] : FOUR_WINDOWS;
  const plan = planOf(dimensions, windows);
  // A first, small run brings the compiler's memory into what was there before.
  const first = workload({ events: 50_000 });
  if (maps) driveMaps(dimensions, windows, first, once);
  else driveStore(newStore(plan), plan, first, once);
  const before = residentBytes();
  if (maps) {
    const { stores } = driveMaps(dimensions, windows, work, once);
    const bytes = residentBytes() - before;
    const keys = stores.reduce((sum, { size }) => sum + size, 0);
    return { bytes, keys, entries: stores.reduce((sum, { entries }) => sum + entries, 0) };
  }
  const store = newStore(plan);
  driveStore(store, plan, work, once);
  const bytes = residentBytes() - before;
  const { keys, entries } = store.stats();
  return { bytes, keys, entries };
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  process.stdout.write(JSON.stringify(fill(process.argv[2] as Filling, Number(process.argv[3]))));
