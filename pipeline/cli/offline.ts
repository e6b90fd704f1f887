/** Commands that need no running worker: simulate, config and migrate. */

import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readEnvironment } from '../../config/environment.ts';
import { jsonSchemas, schemaText } from '../../config/json-schemas.ts';
import { loadConfig, type LoadedConfig } from '../../config/load.ts';
import { publishingCheck } from '../../config/publishing-check.ts';
import type { SimulateFlags } from './command-history.ts';
import { holdDataFolder } from '../data-folder.ts';
import { openAsnDatabase } from '../detect/asn.ts';
import { discoverDetectors } from '../detect/discover.ts';
import { Examples } from '../examples.ts';
import { Failure, messageOf } from '../failure.ts';
import { parseCsvMap, type CsvMap } from '../ingest/csv-map-schema.ts';
import type { Screen } from '../terminal/print-rows.ts';
import { openAnalytics } from '../record/clickhouse.ts';
import { migrate } from '../record/migrate.ts';
import { writeSimulation } from '../simulate/write.ts';
import { visibleLines } from '../terminal/terminal-text.ts';

/** Reads a CSV's mapping file. @throws Failure (exit code 2) naming what is wrong, with line and column. */
export async function readMap(path: string | undefined): Promise<CsvMap | undefined> {
  if (path === undefined) return undefined;
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    throw new Failure(`${path}: the map cannot be read: ${messageOf(error)}`, { exitCode: 2 });
  }
  return parseCsvMap(text, path);
}

export async function simulateToFile(flags: SimulateFlags): Promise<void> {
  const startMs = Date.parse(flags.start);
  if (Number.isNaN(startMs) || !/(Z|[+-]\d\d:\d\d)$/.test(flags.start)) {
    throw new Failure(
      `--start ${flags.start}: write an instant such as 2026-11-20T08:00:00+08:00`,
      {
        exitCode: 2,
      },
    );
  }
  const attacks = flags.attack?.filter((name) => name !== 'none');
  const written = await writeSimulation(
    flags.out === '-' ? process.stdout : flags.out,
    {
      seed: flags.seed,
      startMs,
      minutes: flags.minutes,
      ratePerSecond: flags.rate,
      ...(attacks && { attacks }),
      attackShare: flags.attackShare,
      ...(flags.crowd && { crowds: flags.crowd }),
    },
    ({ events, done }) =>
      process.stderr.write(`simulate: ${events} events, ${Math.round(done * 100)} %\n`),
  );
  process.stderr.write(
    `simulate: ${written.events} events, ${written.fraud} of them fraud, to ${flags.out}\n`,
  );
}

/**
 * Reads everything, also the file of operators that is named, runs the examples of the rules, and says what should be known of the campaigns before they go live.
 * @throws Failure (exit code 2) when a file cannot be used, an example is not so, or a campaign must not be published.
 */
export async function checkConfig(directory: string): Promise<void> {
  const config = await loadConfig(directory, await discoverDetectors());
  const findings = publishingCheck(config);
  for (const { severity, where, message } of findings) {
    await print(`${where}: ${severity}: ${message}\n`);
  }
  const failed = [...unreadableFiles(config, directory), ...failedExamples(config)];
  for (const line of failed) await print(`${line}\n`);
  const errors = findings.filter(({ severity }) => severity === 'error').length + failed.length;
  if (errors > 0) {
    const count = errors === 1 ? '1 error' : `${errors} errors`;
    throw new Failure(`${directory}: not to be published: ${count}`, { exitCode: 2 });
  }
  const count = Object.keys(config.files).length;
  await print(`${directory}: ${count} files, no errors, version ${config.version}\n`);
}

/** What the start could not read. */
function unreadableFiles({ system }: LoadedConfig, directory: string): string[] {
  const { asnDatabase } = system.networks;
  if (asnDatabase === undefined) return [];
  try {
    openAsnDatabase(asnDatabase);
    return [];
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return [`${join(directory, 'sheepdog.yaml')}: error: ${error.message}`];
  }
}

/** The examples of rules that are not so, with their places. */
function failedExamples(config: LoadedConfig): string[] {
  const examples = new Examples(config);
  return config.ruleSources.flatMap(({ named, placeOf }) =>
    named.detector.examples.flatMap((example, index) => {
      const problem = examples.problemOf(named, example);
      if (problem === undefined) return [];
      const place = placeOf(['examples', index]);
      return [`${place}: error: ${named.name}: the example "${example.title}" ${problem}`];
    }),
  );
}

/** @param write into the files of a folder, instead of all of them to the output. */
export async function showSchemas(write: string | undefined): Promise<void> {
  const schemas = jsonSchemas(await discoverDetectors());
  if (write === undefined) {
    const described = schemas.flatMap(({ describes, schema }) =>
      describes.map((path) => [path, schema] as const),
    );
    await print(`${JSON.stringify(Object.fromEntries(described), null, 2)}\n`);
    return;
  }
  try {
    await mkdir(write, { recursive: true });
    for (const schema of schemas) await writeFile(join(write, schema.file), schemaText(schema));
  } catch (error) {
    throw new Failure(`${write}: the schemas cannot be written: ${messageOf(error)}`);
  }
  await print(`${write}: ${schemas.length} schemas\n`);
}

/**
 * Waits until it is out: what a pipe has not taken yet is lost when the process ends. A terminal shows what it would
 * obey; a pipe and a file get the text as it is.
 */
export function print(text: string, screen: Screen = process.stdout): Promise<void> {
  return new Promise((resolve) => {
    screen.write(screen.isTTY === true ? visibleLines(text) : text, () => {
      resolve();
    });
  });
}

export async function migrateRecord(options: {
  readonly profile: 'embedded' | 'cluster';
  readonly data: string;
}): Promise<void> {
  const { clickhouseUrl } = readEnvironment();
  if (options.profile === 'cluster') {
    if (clickhouseUrl === undefined) {
      throw new Failure('the cluster profile needs CLICKHOUSE_URL', { exitCode: 2 });
    }
    await migrateAt({ url: clickhouseUrl });
    return;
  }
  const folder = await holdDataFolder(options.data);
  try {
    await migrateAt({ path: `${folder.path}/clickhouse` });
  } finally {
    await folder.release();
  }
}

async function migrateAt(target: { readonly url?: string; readonly path?: string }): Promise<void> {
  const analytics = await openAnalytics(target);
  try {
    const applied = await migrate(analytics);
    const what =
      applied.length === 0 ? 'the schema was up to date' : `applied ${applied.join(', ')}`;
    process.stdout.write(`${analytics.place}: ${what}\n`);
  } finally {
    await analytics.close();
  }
}
