/** The main job. */

import { Option, type Command } from 'commander';
import {
  configOption,
  dataOption,
  integer,
  positiveNumber,
  profileOption,
  type StoreFlags,
} from './command-options.ts';

/** The options of `start` as commander hands them over. */
export interface StartFlags extends StoreFlags {
  readonly input?: string;
  readonly map?: string;
  readonly simulate?: boolean;
  readonly seed?: number;
  readonly minutes?: number;
  readonly config: string;
  readonly port?: number;
  readonly exitWhenDone?: boolean;
}

export function addStart(root: Command): void {
  root
    .command('start')
    .description('the main job: events in, decisions, rewards and freezes out')
    .option('--input <file>', 'events to read: .ndjson or .csv, also .gz; - for stdin')
    .option('--map <file>', 'how to read the columns of a CSV')
    .option('--simulate', 'generate labelled customers and attackers')
    .addOption(new Option('--seed <n>', 'seed of the simulation').argParser(integer(0)))
    .addOption(
      new Option('--minutes <m>', 'length of the simulation in event time').argParser(
        positiveNumber,
      ),
    )
    .addOption(profileOption)
    .addOption(dataOption)
    .addOption(configOption)
    .addOption(
      new Option('--port <n>', 'port of the HTTP side; 0 picks one').argParser(integer(0, 65_535)),
    )
    .option('--exit-when-done', 'stop when the input ends')
    .action(async (options: StartFlags) => {
      const { start } = await import('../start.ts');
      await start(options);
    });
}
