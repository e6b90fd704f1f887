/** Options that several commands share, and how their values are read. */

import { InvalidArgumentError, Option, type Command } from 'commander';
import { Failure } from '../failure.ts';
import { NOT_A_TIME, TimeParser } from '../ingest/decode-time.ts';
import type { Profile } from '../stores.ts';

/** Reads a whole number from `least` on, to `most` with it. */
export function integer(least: number, most?: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!Number.isSafeInteger(value) || value < least || value > (most ?? value)) {
      throw new InvalidArgumentError(
        `write a whole number from ${least} ${most === undefined ? 'on' : `to ${most}`}`,
      );
    }
    return value;
  };
}

export function positiveNumber(text: string): number {
  const value = Number(text);
  if (!Number.isFinite(value) || value <= 0) {
    throw new InvalidArgumentError('write a number above 0');
  }
  return value;
}

/** @throws Failure (exit code 2) on a time that names no instant: without a date, a time of day and an offset. */
export function instantOf(option: string, text: string): number {
  const bytes = Buffer.from(text);
  const ms = new TimeParser().parse(bytes, 0, bytes.length);
  if (ms !== NOT_A_TIME) return ms;
  throw new Failure(
    `${option} ${text}: write an instant with its offset, such as 2027-01-01T00:00:00+08:00`,
    { exitCode: 2 },
  );
}

/** `profileOption` and `dataOption`: where a command finds ledger and record. */
export interface StoreFlags {
  readonly profile: Profile;
  readonly data: string;
}

export const profileOption = new Option(
  '--profile <profile>',
  'where stream, ledger and record live',
)
  .choices(['embedded', 'cluster'])
  .default('embedded');
export const dataOption = new Option('--data <dir>', 'data folder of the embedded profile').default(
  'data',
);
export const configOption = new Option('--config <dir>', 'configuration folder').default('config');

/** Of commands that print many rows; `RowsFlags` in print-rows.ts. */
export const jsonOption = new Option(
  '--json',
  'one JSON line each, as where the output is no terminal',
);

/** The options of `audited`. */
export interface AnalystFlags extends StoreFlags {
  readonly reason: string;
  readonly actor: string;
}

/** An order to the worker: why, who, and where it is found. */
export function audited(command: Command): Command {
  return command
    .requiredOption('--reason <text>', 'why; kept for ever')
    .option('--actor <name>', 'who', 'analyst')
    .addOption(profileOption)
    .addOption(dataOption);
}

/** The options of `imported`. */
export interface ImportFlags extends AnalystFlags {
  readonly map: string;
  readonly rejects?: string;
}

/** An order for every row of a CSV. */
export function imported(command: Command): Command {
  return audited(command.argument('<file>', '.csv, also .gz'))
    .requiredOption('--map <file>', 'how to read the columns')
    .option('--rejects <file>', 'where refused lines go; exit code 1 when there are some');
}
