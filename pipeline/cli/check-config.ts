/** The command `config check`: everything that is wrong, or should be known, before a configuration goes live. */

import { join } from 'node:path';
import { loadConfig, type LoadedConfig } from '../../config/load.ts';
import { publishingCheck } from '../../config/publishing-check.ts';
import { openAsnDatabase } from '../detect/asn.ts';
import { discoverDetectors } from '../detect/discover.ts';
import { Examples } from '../examples.ts';
import { Failure } from '../failure.ts';
import { print } from '../terminal/print.ts';

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
