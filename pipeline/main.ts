#!/usr/bin/env node
/** The process entry: the command line, exit codes, and one clear line for every failure. */

import { Command, CommanderError, Option } from 'commander';
import {
  configOption,
  dataOption,
  integer,
  jsonOption,
  positiveNumber,
  profileOption,
} from './cli/command-options.ts';
import { addCases } from './cli/command-cases.ts';
import { addExclusions } from './cli/command-exclusions.ts';
import { addHistory } from './cli/command-history.ts';
import { addOrders } from './cli/command-orders.ts';
import { addReport } from './cli/command-report.ts';
import { systemClock } from './clock.ts';
import { Failure } from './failure.ts';
import type { RowsFlags } from './terminal/print-rows.ts';
import { visibleLines } from './terminal/terminal-text.ts';

const VERSION_LINE = 'sheepdog 0.1.0';

function program(): Command {
  const root = new Command('sheepdog')
    .description(
      'Guards marketing campaigns: decides payments, grants rewards once, freezes abusers.',
    )
    .version(VERSION_LINE)
    .showHelpAfterError('(add --help for the options)')
    .exitOverride();
  addStart(root);
  addHistory(root);
  addReport(root);
  addOrders(root, addConfig(root));
  addCases(root);
  addExclusions(root);
  addLedger(root);
  addDeliveries(root);
  addUpkeep(root);
  return root;
}

function addStart(root: Command): void {
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
      const { start } = await import('./start.ts');
      await start(options);
    });
}

/** The options of `start` as commander hands them over. */
export interface StartFlags {
  readonly input?: string;
  readonly map?: string;
  readonly simulate?: boolean;
  readonly seed?: number;
  readonly minutes?: number;
  readonly profile: 'embedded' | 'cluster';
  readonly data: string;
  readonly config: string;
  readonly port?: number;
  readonly exitWhenDone?: boolean;
}

function addConfig(root: Command): Command {
  const config = root.command('config').description('check, show or describe the configuration');
  config
    .command('check')
    .description('all errors at once, as file:line:column')
    .addOption(configOption)
    .action(async (options: { config: string }) => {
      const { checkConfig } = await import('./cli/offline.ts');
      await checkConfig(options.config);
    });
  config
    .command('show')
    .description(
      'the effective configuration and its version; of a running worker: what judges now',
    )
    .addOption(configOption)
    .addOption(profileOption)
    .addOption(dataOption)
    .action(async (options: LedgerFlags) => {
      const { showConfig } = await import('./cli/show-config.ts');
      await showConfig(options);
    });
  config
    .command('schema')
    .description('JSON Schemas of the configuration files, for editors')
    .option('--write <dir>', 'into files of a folder, such as config/schemas')
    .action(async (options: { write?: string }) => {
      const { showSchemas } = await import('./cli/offline.ts');
      await showSchemas(options.write);
    });
  return config;
}

export interface LedgerFlags {
  readonly profile: 'embedded' | 'cluster';
  readonly data: string;
  readonly config: string;
}

function addLedger(root: Command): void {
  const ledger = root
    .command('ledger')
    .description('the reward ledger: prove it, mend it, read it');
  const described = {
    verify: 'recompute every balance from the journal and compare',
    rebuild: 'restore the ledger from the journal in ClickHouse',
    balances:
      'what stands on every account, beside its limit: that of the configuration and what the ledger knows to be added since',
  };
  for (const [name, description] of Object.entries(described)) {
    const command = ledger
      .command(name)
      .description(description)
      .addOption(profileOption)
      .addOption(dataOption)
      .addOption(configOption)
      .action(async (options: LedgerFlags & RowsFlags) => {
        const { ledgerCommand } = await import('./cli/ledger.ts');
        await ledgerCommand(name as keyof typeof described, options);
      });
    if (name === 'balances') command.addOption(jsonOption);
  }
}

function addDeliveries(root: Command): void {
  const deliveries = root
    .command('deliveries')
    .description('what other systems are to give and have not acknowledged');
  const described = {
    list: 'those waiting, without an endpoint, or failed',
    retry: 'try those again that failed and needed a person',
  };
  for (const [name, description] of Object.entries(described)) {
    const command = deliveries
      .command(name)
      .description(description)
      .addOption(profileOption)
      .addOption(dataOption)
      .addOption(configOption)
      .action(async (options: LedgerFlags & RowsFlags) => {
        const { deliveriesCommand } = await import('./cli/deliveries.ts');
        await deliveriesCommand(name as keyof typeof described, options);
      });
    if (name === 'list') command.addOption(jsonOption);
  }
}

function addUpkeep(root: Command): void {
  root
    .command('migrate')
    .description('bring the ClickHouse schema up to date')
    .addOption(profileOption)
    .addOption(dataOption)
    .action(async (options: { profile: 'embedded' | 'cluster'; data: string }) => {
      const { migrateRecord } = await import('./cli/offline.ts');
      await migrateRecord(options);
    });
}

/** Runs one command line; the exit code is the process's. */
async function main(argv: readonly string[]): Promise<number> {
  try {
    await program().parseAsync(argv);
    return Number(process.exitCode ?? 0);
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    if (error instanceof Failure) {
      process.stderr.write(`sheepdog: ${visibleLines(error.message)}\n`);
      return error.exitCode;
    }
    process.stderr.write(`sheepdog: this is a defect; please report it with these lines:\n`);
    const lines = error instanceof Error ? (error.stack ?? error.message) : String(error);
    process.stderr.write(`${visibleLines(lines)}\n`);
    return 1;
  }
}

/** How long the last words wait for somebody who has stopped reading. */
const TOLD_WITHIN_MS = 2000;

/** A pipe takes what is written only when its reader does: an exit before that would cut the output short. */
async function drained(stream: NodeJS.WriteStream): Promise<void> {
  if (stream.writableLength === 0 || stream.destroyed) return;
  await new Promise<void>((resolve) => {
    stream.once('close', resolve).write('', () => resolve());
  });
}

// `sheepdog ledger balances | head` has read enough, and closes the pipe before everything is written. Work goes on
// without its readers: of a worker, too, only the telling ends.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
}
const exitCode = await main(process.argv);
const late = systemClock.sleep(TOLD_WITHIN_MS);
// Results wait for whoever asked for them; what is told beside them does not keep the process.
await Promise.all([drained(process.stdout), Promise.race([drained(process.stderr), late])]);
process.exit(exitCode);
