/**
 * The window core against JSON.parse of the same events, and against Maps that give the same answers.
 * CPU time is judged: it is steadier than wall time, and it includes collecting the garbage.
 */

import { compare, residentBytes, spreadOf } from './measure.ts';
import type { Variant } from './measure.ts';
import type { Bench, Report } from './report.ts';
import {
  FOUR_DIMENSIONS,
  MINUTE,
  THREE_DIMENSIONS,
  driveMaps,
  driveStore,
  newStore,
  planOf,
} from './windows-setup.ts';
import type { Dimension } from './windows-setup.ts';
import { paymentJson, workload } from './workload.ts';
import type { Workload } from './workload.ts';

const HOUR = 60 * MINUTE;
const FOUR_WINDOWS = [MINUTE, 10 * MINUTE, HOUR, 24 * HOUR];
const PARSED_EVENTS = 200_000;
const ROUNDS = 5;
const once = (fill: () => void): void => {
  fill();
};

function parsing(work: Workload): Variant {
  const count = Math.min(PARSED_EVENTS, work.events);
  const lines = Array.from({ length: count }, (_, i) => paymentJson(work, i));
  return {
    name: 'JSON.parse(buf.toString())',
    count,
    run() {
      let sum = 0;
      for (const line of lines) sum += (JSON.parse(line.toString()) as { amount: number }).amount;
      return sum;
    },
  };
}

function storing(
  name: string,
  dimensions: readonly Dimension[],
  windows: readonly number[],
  work: Workload,
  answers?: string,
): Variant {
  const plan = planOf(dimensions, windows);
  return {
    name,
    count: work.events,
    ...(answers === undefined ? {} : { answers }),
    run: (watch) =>
      driveStore(newStore(plan), plan, work, (fill) => {
        watch.leaveOut(fill);
      }),
  };
}

function mapping(
  dimensions: readonly Dimension[],
  windows: readonly number[],
  work: Workload,
): Variant {
  return {
    name: 'Maps, same answers',
    count: work.events,
    answers: 'in order',
    run: (watch) =>
      driveMaps(dimensions, windows, work, (fill) => {
        watch.leaveOut(fill);
      }).checksum,
  };
}

async function againstParsing(report: Report): Promise<void> {
  const events = Math.round(2_000_000 * report.scale);
  const work = workload({ events });
  const late = workload({ events, lateShare: 0.1 });
  report.section(
    `3 dimensions x 10 minutes, ${events} events, 1 M Zipf keys (late events supported)`,
  );
  const three = await compare(
    [
      parsing(work),
      storing('in order', THREE_DIMENSIONS, [10 * MINUTE], work, 'in order'),
      storing('10 % late by up to 200 ms', THREE_DIMENSIONS, [10 * MINUTE], late),
      mapping(THREE_DIMENSIONS, [10 * MINUTE], work),
    ],
    { rounds: ROUNDS },
  );
  report.comparison(three, 'events');
  const [parse, inOrder, outOfOrder, maps] = three.names as [string, string, string, string];
  report.figure('in order / JSON.parse, CPU', three.ratio(inOrder, parse, 'cpu'), 'x', {
    atLeast: 1.4,
  });
  report.figure('10 % late / JSON.parse, CPU', three.ratio(outOfOrder, parse, 'cpu'), 'x', {
    atLeast: 1.4,
  });
  report.figure('in order / Maps, CPU', three.ratio(inOrder, maps, 'cpu'), 'x');
}

async function fortyEight(report: Report): Promise<void> {
  const events = Math.round(1_200_000 * report.scale);
  const work = workload({ events });
  report.section(`4 dimensions x {1 m, 10 m, 1 h, 24 h} = 48 aggregates, ${events} events`);
  const result = await compare(
    [
      parsing(work),
      storing('store', FOUR_DIMENSIONS, FOUR_WINDOWS, work, 'in order'),
      mapping(FOUR_DIMENSIONS, FOUR_WINDOWS, work),
    ],
    { rounds: 3 },
  );
  report.comparison(result, 'events');
  const [parse, store, maps] = result.names as [string, string, string];
  report.figure('store / JSON.parse, CPU', result.ratio(store, parse, 'cpu'), 'x', { atLeast: 1 });
  report.figure('store / Maps, CPU', result.ratio(store, maps, 'cpu'), 'x', { atLeast: 6 });
}

/** One pass, the cost of its stretches compared: does a large state make an event dearer? */
function flatness(report: Report): void {
  const events = Math.round(10_000_000 * report.scale);
  const work = workload({ events });
  const plan = planOf(THREE_DIMENSIONS, [10 * MINUTE]);
  const before = residentBytes();
  const store = newStore(plan);
  const costs: number[] = [];
  let outside = 0;
  let mark = process.cpuUsage();
  const stretch = Math.max(1, Math.floor(events / 20));
  let counted = 0;
  driveStore(
    store,
    plan,
    work,
    (fill) => {
      const start = process.cpuUsage();
      fill();
      const used = process.cpuUsage(start);
      outside += used.user + used.system;
    },
    (done) => {
      if (done - counted < stretch) return;
      const used = process.cpuUsage(mark);
      costs.push((used.user + used.system - outside) / (done - counted));
      mark = process.cpuUsage();
      outside = 0;
      counted = done;
    },
  );
  const at1M = costs[Math.max(0, Math.round(1_000_000 / stretch) - 1)] ?? costs[0]!;
  const lastFive = spreadOf(costs.slice(-5));
  const { entries, keys, bytes } = store.stats();
  report.section(`One pass of ${events} events, 3 dimensions x 10 minutes`);
  report.figure('cost of an event up to 1 M', at1M, 'us CPU');
  report.figure('cost of an event in the last quarter', lastFive, 'us CPU');
  report.figure('last quarter / up to 1 M', lastFive.median / at1M, 'x', { atMost: 1.25 });
  report.figure('entries held at the end', entries, `(${keys} keys)`);
  report.figure('tables and pools, as the store counts them', bytes / entries, 'B per entry');
  const held = (residentBytes() - before) / entries;
  report.figure('resident memory per entry and dimension', held, 'B', { atMost: 48 });
}

/** Resident memory after the same events: first the store's, then the Maps', each over what was there before. */
function memoryAgainstMaps(report: Report): void {
  const events = Math.round(2_000_000 * report.scale);
  const work = workload({ events });
  const windows = [10 * MINUTE];
  const plan = planOf(THREE_DIMENSIONS, windows);
  const start = residentBytes();
  const store = newStore(plan);
  driveStore(store, plan, work, once);
  const ours = residentBytes() - start;
  const middle = residentBytes();
  const maps = driveMaps(THREE_DIMENSIONS, windows, work, once);
  const theirs = residentBytes() - middle;
  const { entries } = store.stats();
  report.section(`Memory after ${events} events, 3 dimensions x 10 minutes`);
  report.figure('store, per entry and dimension', ours / entries, 'B');
  report.figure(
    'Maps, per entry and dimension',
    theirs / entries,
    `B (${maps.stores.length} stores)`,
  );
  report.figure('store / Maps', ours / theirs, 'x', { atMost: 1 / 6 });
}

function coldKeys(report: Report): void {
  const events = Math.round(1_000_000 * report.scale);
  const work = workload({ events });
  for (const numbers of Object.values(work.keys)) for (let i = 0; i < events; i++) numbers[i] = i;
  const plan = planOf(FOUR_DIMENSIONS, FOUR_WINDOWS);
  // A first run brings the compiler's memory and the batch into the figure before it is taken.
  driveStore(newStore(plan), plan, workload({ events: 20_000 }), once);
  const before = residentBytes();
  const store = newStore(plan);
  driveStore(store, plan, work, once);
  const perKey = (residentBytes() - before) / store.stats().keys;
  report.section(`${events} keys a dimension with one event each, 4 dimensions x 4 windows`);
  report.figure('resident memory per cold key and dimension', perKey, 'B', { atMost: 96 });
}

export const bench: Bench = {
  name: 'windows',
  summary: 'the window store against JSON.parse and against Maps, with its memory',
  async run(report) {
    coldKeys(report);
    memoryAgainstMaps(report);
    await againstParsing(report);
    await fortyEight(report);
    flatness(report);
    report.didNotMeasure('decoding, detectors and sinks: the events come as filled batches');
    report.didNotMeasure('pauses: the growth of a table or ring stops the thread for milliseconds');
    report.didNotMeasure('other aggregates than count, sum and distinct');
  },
};
