/**
 * `npm run bench [name …]`: runs every `*.bench.ts` beside this file, or the named ones, each in a
 * process of its own so that one bench's heap and compiled code cannot change another's figures.
 *
 * To add one: write `test/bench/<name>.bench.ts` with `export const bench: Bench = {name, summary, run}`.
 * BENCH_SCALE=0.1 shrinks the workloads while developing. The exit code is 0 whatever the figures are:
 * a goal missed on a busy machine is printed, it fails nothing. Wrong answers and crashes exit with 1.
 */

import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { preamble, Report, type Bench } from './report.ts';

const SUFFIX = '.bench.ts';
const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

function benchNames(): string[] {
  return readdirSync(import.meta.dirname)
    .filter((file) => file.endsWith(SUFFIX))
    .map((file) => file.slice(0, -SUFFIX.length))
    .sort();
}

async function runHere(name: string): Promise<void> {
  const { bench } = (await import(new URL(`./${name}${SUFFIX}`, import.meta.url).href)) as {
    bench: Bench;
  };
  const scale = Number(process.env['BENCH_SCALE'] ?? '1');
  const report = new Report(scale, say);
  say(`\n== ${bench.name}: ${bench.summary}`);
  if (scale !== 1) say(`workloads scaled by ${scale}: not the full size`);
  await bench.run(report);
  report.close();
}

function runInChild(name: string): boolean {
  const { status } = spawnSync(
    process.execPath,
    ['--expose-gc', '--import', 'tsx', fileURLToPath(import.meta.url), '--here', name],
    { stdio: 'inherit' },
  );
  return status === 0;
}

const asked = process.argv.slice(2);
const known = benchNames();
if (asked[0] === '--here') {
  await runHere(asked[1]!);
} else {
  const unknown = asked.filter((name) => !known.includes(name));
  if (unknown.length > 0) {
    say(`no bench is called ${unknown.join(', ')}; there are: ${known.join(', ')}`);
    process.exitCode = 2;
  } else {
    for (const line of preamble(`npm run bench ${asked.join(' ')}`.trim())) say(line);
    const failed = (asked.length === 0 ? known : asked).filter((name) => !runInChild(name));
    if (failed.length > 0) {
      say(`\nfailed: ${failed.join(', ')}`);
      process.exitCode = 1;
    }
  }
}
