#!/usr/bin/env node
/** The process entry: the command line, exit codes, and one clear line for every failure. */

import { Command, CommanderError } from 'commander';
import { addCampaign } from './cli/command-campaign.ts';
import { addCases } from './cli/command-cases.ts';
import { addConfig } from './cli/command-config.ts';
import { addExclusions } from './cli/command-exclusions.ts';
import { addHistory } from './cli/command-history.ts';
import { addLabels } from './cli/command-labels.ts';
import { addLists } from './cli/command-lists.ts';
import { addOrders } from './cli/command-orders.ts';
import { addReport } from './cli/command-report.ts';
import { addStart } from './cli/command-start.ts';
import { addUpkeep } from './cli/command-upkeep.ts';
import { systemClock } from './clock.ts';
import { Failure } from './failure.ts';
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
  addConfig(root);
  addOrders(root);
  addLabels(root);
  addLists(root);
  addCampaign(root);
  addCases(root);
  addExclusions(root);
  addUpkeep(root);
  return root;
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
