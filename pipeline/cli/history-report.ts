/** What `backtest` and `tune` tell: that they go on, and at the end a report as JSON. */

import { writeFile } from 'node:fs/promises';
import { Failure, messageOf } from '../failure.ts';
import { print } from '../terminal/print.ts';
import { requireReadable, requireWritable } from './paths.ts';

/** Looked at first: what cannot be read or written must not be found out after the work. @throws Failure */
export async function checkPaths(flags: {
  readonly input?: string;
  readonly report?: string;
}): Promise<void> {
  if (flags.input !== undefined) await requireReadable(flags.input);
  if (flags.report !== undefined) await requireWritable(flags.report, 'report');
}

export function tellProgress(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** @param path stdout where it is not said. @throws Failure when it cannot be written. */
export async function writeReport(report: unknown, path: string | undefined): Promise<void> {
  const text = `${JSON.stringify(report, null, 2)}\n`;
  if (path === undefined) {
    await print(text);
    return;
  }
  try {
    await writeFile(path, text);
  } catch (error) {
    throw new Failure(`${path}: the report cannot be written: ${messageOf(error)}`);
  }
}
