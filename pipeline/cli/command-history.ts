/** The commands over history, which have no effects: backtest, tune and simulate. */

import { InvalidArgumentError, Option, type Command } from 'commander';
import type { InputFlags } from '../backtest/history-input.ts';
import { configOption, dataOption, integer, positiveNumber } from './command-options.ts';
import type { RowsFlags } from '../terminal/print-rows.ts';

export interface BacktestFlags extends InputFlags, RowsFlags {
  readonly config: string;
  readonly against?: string;
  readonly asOfConfig?: boolean;
  readonly changes?: string;
  readonly report?: string;
  readonly rewards?: boolean;
  readonly grants?: string;
}

export interface TuneFlags extends InputFlags {
  readonly config: string;
  readonly measure?: string;
  readonly targetFpr: number;
  readonly labels?: string;
  readonly out?: string;
  readonly report?: string;
}

export interface SimulateFlags {
  readonly out: string;
  readonly seed: number;
  readonly minutes: number;
  readonly rate: number;
  readonly start: string;
  readonly attack?: readonly string[];
  readonly attackShare: number;
  readonly crowd?: readonly string[];
}

export function addHistory(root: Command): void {
  addBacktest(root);
  addTune(root);
  addSimulate(root);
}

function addBacktest(root: Command): void {
  withInput(
    root
      .command('backtest')
      .description(
        'run the same engine over history, with no effects; with labels: precision and recall; with --rewards: what the campaigns would have granted',
      ),
  )
    .addOption(configOption)
    .option('--against <dir>', 'another configuration: what would it have done differently')
    .option(
      '--as-of-config',
      'with --from-clickhouse: judge each event by the version that decided it, orders in their places',
    )
    .option('--changes <file>', 'with --against: every change, one JSON line each')
    .option('--report <file>', 'write the whole report here, as JSON')
    .option('--json', 'the whole report on stdout, as where that is no terminal')
    .option('--rewards', 'what the campaigns would have granted; runs a redis-server of its own')
    .option('--grants <file>', 'with --rewards: every grant and refusal, one JSON line each')
    .action(async (options: BacktestFlags) => {
      const { backtest } = await import('./backtest.ts');
      await backtest(options);
    });
}

function addTune(root: Command): void {
  withInput(
    root
      .command('tune')
      .description(
        'propose a threshold for a measure, with its curve; without labels by the share of events that is flagged',
      )
      .argument('<detector>', 'a detector or rule'),
  )
    .addOption(configOption)
    .option('--measure <name>', 'which of its measures, where it has several')
    .addOption(
      new Option('--target-fpr <rate>', 'false positives of the honest events, at most')
        .argParser(rate)
        .default(0.005),
    )
    .option('--labels <file>', 'labels of events, above their own: .csv or .ndjson, also .gz')
    .option('--out <file>', 'a page with the plot that needs nothing else: .html')
    .option(
      '--report <file>',
      'the same as JSON; without --out on stdout, where that is no terminal',
    )
    .action(async (detector: string, options: TuneFlags) => {
      const { tuneCommand } = await import('./tune.ts');
      await tuneCommand(detector, options);
    });
}

function rate(text: string): number {
  const value = Number(text);
  if (value > 0 && value < 1) return value;
  throw new InvalidArgumentError('write a rate between 0 and 1, such as 0.005');
}

function addSimulate(root: Command): void {
  root
    .command('simulate')
    .description('write a labelled, reproducible stream with honest customers and attackers')
    .requiredOption('--out <file>', 'NDJSON; .gz is packed, - is stdout')
    .addOption(new Option('--seed <n>', 'same seed, same stream').argParser(integer(0)).default(1))
    .addOption(new Option('--minutes <m>', 'event time').argParser(positiveNumber).default(60))
    .addOption(new Option('--rate <r>', 'events a second').argParser(positiveNumber).default(50))
    .option('--start <instant>', 'first instant, RFC 3339', '2026-11-20T08:00:00+08:00')
    .option('--attack <name...>', 'only these attacks; `none` for honest customers alone')
    .addOption(
      new Option('--attack-share <s>', 'of all events, all attacks together')
        .argParser(positiveNumber)
        .default(0.015),
    )
    .option('--crowd <name...>', 'honest people behind one address: carrier, office')
    .action(async (options: SimulateFlags) => {
      const { simulateToFile } = await import('./simulate.ts');
      await simulateToFile(options);
    });
}

/** The options that name a history. */
function withInput(command: Command): Command {
  return command
    .option('--input <file>', 'events in any order: .ndjson or .csv, also .gz')
    .option('--map <file>', 'how to read the columns of a CSV')
    .option(
      '--from-clickhouse',
      'events on record with the labels given since: CLICKHOUSE_URL, or --data of a stopped worker',
    )
    .option('--from <instant>', 'with --from-clickhouse: from here on, RFC 3339')
    .option('--to <instant>', 'with --from-clickhouse: up to here, exclusive')
    .addOption(dataOption);
}
