/**
 * A backtest of a file, from its bytes to its report, beside the engine alone on the same events decoded: what
 * reading, ordering, decoding, counting and comparing cost on top.
 */

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadConfig, type LoadedConfig } from '../../config/load.ts';
import { assembleDecoder, assembleEngine, type AssembledEngine } from '../../pipeline/assemble.ts';
import { runBacktest } from '../../pipeline/backtest/backtest.ts';
import { systemClock } from '../../pipeline/clock.ts';
import { discoverDetectors } from '../../pipeline/detect/discover.ts';
import { inEventOrder } from '../../pipeline/ingest/event-order.ts';
import { FileSource } from '../../pipeline/ingest/file.ts';
import { keysOf } from '../../pipeline/keys.ts';
import { BATCH, judging, SECRET, simulated } from './judging.ts';
import { compare } from './measure.ts';
import type { Bench, Report } from './report.ts';

const CONFIG = fileURLToPath(new URL('../../config/', import.meta.url));
const ROUNDS = 3;
const CORE = 'decoded event to decision';
const OURS = 'backtest of a file';

/** As with the engine alone, putting it together is not timed. */
async function backtested(
  path: string,
  config: LoadedConfig,
  { engine, detectors }: AssembledEngine,
): Promise<number> {
  const decoder = assembleDecoder(config, keysOf(SECRET));
  const { maxRecordBytes } = config.system.ingest;
  const file = new FileSource({ path, maxRecordBytes, clock: systemClock });
  const report = await runBacktest({
    ...{ source: inEventOrder(file, { decoder }), decoder, clock: systemClock },
    candidate: { configVersion: config.version, engine, detectors },
  });
  return Object.values(report.detectors).reduce((sum, { flagged }) => sum + flagged, 0);
}

async function run(report: Report): Promise<void> {
  const config = await loadConfig(CONFIG, await discoverDetectors());
  const count = Math.max(BATCH, Math.floor(250_000 * report.scale));
  const workload = simulated(count, assembleDecoder(config, keysOf(SECRET)));
  const folder = await mkdtemp(join(tmpdir(), 'sheepdog-bench-'));
  try {
    const path = join(folder, 'history.ndjson');
    const lines = Array.from(workload.ends, (end, i) =>
      workload.text.toString('utf8', i === 0 ? 0 : workload.ends[i - 1], end),
    );
    await writeFile(path, `${lines.join('\n')}\n`);
    lines.length = 0;
    let assembled = assembleEngine(config);
    const result = await compare(
      [
        judging(CORE, workload, config),
        {
          name: OURS,
          count,
          prepare: () => {
            assembled = assembleEngine(config);
            globalThis.gc?.();
          },
          run: () => backtested(path, config, assembled),
        },
      ],
      { rounds: ROUNDS },
    );
    report.section(
      'A labelled file of simulated events, all shipped detectors and rules, one core',
    );
    report.comparison(result, 'events');
    report.figure(`${OURS}, against ${CORE}`, result.ratio(OURS, CORE, 'cpu'), 'x', {
      atLeast: 0.6,
    });
    report.didNotMeasure('rewards, which need Redis; a second configuration; CSV and gzip');
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

export const bench: Bench = {
  name: 'backtest',
  summary: 'a backtest from a file to its report, beside the engine on decoded events',
  run,
};
