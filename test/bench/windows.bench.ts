/**
 * The window core against JSON.parse of the same events, and against Maps that give the same answers.
 * CPU time is judged: it is steadier than wall time, and it includes collecting the garbage.
 */

import { compare, spreadOf } from './measure.ts';
import type { Variant } from './measure.ts';
import type { Bench, Report } from './report.ts';
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
import type { Dimension } from './windows-setup.ts';
import { memoryOf } from './windows-memory.ts';
import { paymentJson, workload } from './workload.ts';
import type { Workload } from './workload.ts';

const PARSED_EVENTS = 200_000;
const ROUNDS = 5;

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
  report.figure('in order / Maps, CPU', three.ratio(inOrder, maps, 'cpu'), 'x', { atLeast: 6 });
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
}

function memory(report: Report): void {
  const coldEvents = Math.round(1_000_000 * report.scale);
  const cold = memoryOf('cold', coldEvents);
  report.section(`Resident memory, each figure from a process of its own`);
  report.note(`cold: ${coldEvents} keys a dimension with one event each, 4 dimensions x 4 windows`);
  report.figure('per cold key and dimension', cold.bytes / cold.keys, 'B', { atMost: 96 });
  const warmEvents = Math.round(3_000_000 * report.scale);
  const warm = memoryOf('warm', warmEvents);
  report.note(`warm: ${warmEvents} events of 1 M Zipf keys, 3 dimensions x 10 minutes`);
  report.figure('per retained event and dimension', warm.bytes / warm.entries, 'B', { atMost: 48 });
  const narrowMaps = memoryOf('warm-maps', warmEvents);
  report.figure('Maps, 3 dimensions x 10 minutes', narrowMaps.bytes / narrowMaps.entries, 'B');
  report.figure('store / Maps', warm.bytes / narrowMaps.bytes, 'x', { atMost: 1 / 6 });
  const wideEvents = Math.round(1_000_000 * report.scale);
  const wide = memoryOf('wide', wideEvents);
  const wideMaps = memoryOf('wide-maps', wideEvents);
  report.note(`wide: ${wideEvents} events, 4 dimensions x 4 windows = 48 aggregates`);
  report.figure('per retained event and dimension', wide.bytes / wide.entries, 'B', { atMost: 48 });
  report.figure('the same in Maps', wideMaps.bytes / wideMaps.entries, 'B');
  report.figure('store / Maps', wide.bytes / wideMaps.bytes, 'x', { atMost: 1 / 6 });
}

export const bench: Bench = {
  name: 'windows',
  summary: 'the window store against JSON.parse and against Maps, with its memory',
  async run(report) {
    memory(report);
    await againstParsing(report);
    await fortyEight(report);
    flatness(report);
    report.didNotMeasure('decoding, detectors and sinks: the events come as filled batches');
    report.didNotMeasure('pauses: the growth of a table or ring stops the thread for milliseconds');
    report.didNotMeasure('other aggregates than count, sum and distinct');
  },
};
