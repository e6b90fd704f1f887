/** The command `tune`: which threshold of a measure keeps the target, by history. */

import { writeFile } from 'node:fs/promises';
import { loadConfig, type LoadedConfig } from '../../config/load.ts';
import { assembleEngine } from '../assemble.ts';
import { spanOf, withHistory } from '../backtest/history-input.ts';
import { systemClock } from '../clock.ts';
import type { TuneFlags } from './command-history.ts';
import { checkPaths, tellProgress, writeReport } from './history-report.ts';
import type { Bands, Detector } from '../detect/detector.ts';
import { discoverDetectors } from '../detect/discover.ts';
import { Failure, messageOf } from '../failure.ts';
import { requireWritable } from './paths.ts';
import { isForEyes } from '../terminal/print-rows.ts';
import { readLabels } from '../tune/labels-file.ts';
import { tunePage } from '../tune/page.ts';
import { tune, type TuneReport } from '../tune/tune.ts';

/** @throws Failure when there is no such detector or measure, or the history cannot be read. */
export async function tuneCommand(name: string, flags: TuneFlags): Promise<void> {
  spanOf(flags);
  await checkPaths(flags);
  if (flags.out !== undefined) await requireWritable(flags.out, 'page');
  const config = await loadConfig(flags.config, await discoverDetectors());
  const detector = detectorIn(config, name);
  const measure = measureOf(name, detector, flags.measure);
  const labels = flags.labels === undefined ? undefined : await readLabels(flags.labels);
  const { direction, about, unit } = detector.measures[measure]!;
  const { engine, layers } = assembleEngine(measuringConfig(config, name, measure));
  const warmUpMs = layers.longestWindowMs;
  const report = await withHistory(flags, config, warmUpMs, (input) =>
    tune({
      ...input,
      ...{ engine, detector: name, measure, about, unit, direction, labels },
      present: config.sections[name]!.bands[measure]!,
      configVersion: config.version,
      target: flags.targetFpr,
      clock: systemClock,
      progress: tellProgress,
    }),
  );
  for (const note of report.notes) tellProgress(`tune: ${note}`);
  for (const line of summary(report)) tellProgress(`tune: ${line}`);
  if (flags.out !== undefined) await writePage(report, flags.out);
  if (flags.report === undefined && flags.out === undefined && isForEyes({})) {
    tellProgress('tune: --out FILE.html gives the curve as a page, --report FILE as JSON');
  } else if (flags.report !== undefined || flags.out === undefined) {
    await writeReport(report, flags.report);
  }
}

/**
 * The detector alone, in shadow, with a band on that measure that every value reaches.
 * @param measure the only one that is measured.
 */
export function measuringConfig(config: LoadedConfig, name: string, measure: string): LoadedConfig {
  const named = config.catalogue.filter((each) => each.name === name);
  const section = config.sections[name]!;
  const { detector } = named[0]!;
  const everything = detector.measures[measure]!.direction === 'atLeast' ? -Infinity : Infinity;
  const none: Bands = {};
  const bands = Object.fromEntries(
    Object.keys(section.bands).map((key) => [key, key === measure ? { review: everything } : none]),
  );
  return {
    ...config,
    catalogue: named,
    sections: { [name]: { ...section, mode: 'shadow', bands } },
  };
}

function detectorIn({ catalogue }: LoadedConfig, name: string): Detector {
  const found = catalogue.find((each) => each.name === name);
  if (found !== undefined) return found.detector;
  const known = catalogue.map((each) => each.name).join(', ');
  throw new Failure(`there is no detector or rule "${name}": there are ${known}`, { exitCode: 2 });
}

function measureOf(name: string, { measures }: Detector, wanted: string | undefined): string {
  const known = Object.keys(measures);
  if (wanted === undefined && known.length === 1) return known[0]!;
  if (wanted !== undefined && known.includes(wanted)) return wanted;
  const said = wanted === undefined ? 'has several measures' : `has no measure "${wanted}"`;
  throw new Failure(`${name} ${said}: name one with --measure: ${known.join(', ')}`, {
    exitCode: 2,
  });
}

/** The proposal in a few lines, as the section of the configuration would have it. */
function summary({ proposed, present, detector, measure, basis }: TuneReport): string[] {
  return Object.entries(proposed).map(([band, point]) => {
    const now = present[band]?.threshold;
    const before = now === undefined ? '' : ` (now ${now})`;
    if (point === null)
      return `${detector}.${measure} ${band}: no threshold is strict enough${before}`;
    const rate = basis === 'falsePositiveRate' ? point.falsePositiveRate! : point.flaggedShare;
    const recall = point.recall === null ? '' : `, recall ${point.recall.toPrecision(3)}`;
    return `${detector}.${measure} ${band}: ${point.threshold}${before}, ${basis} ${rate.toPrecision(3)}${recall}, ${point.accountsADay.toFixed(1)} accounts a day`;
  });
}

async function writePage(report: TuneReport, path: string): Promise<void> {
  try {
    await writeFile(path, tunePage(report));
  } catch (error) {
    throw new Failure(`${path}: the page cannot be written: ${messageOf(error)}`);
  }
}
