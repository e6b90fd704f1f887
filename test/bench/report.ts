/**
 * What a bench prints: machine, versions and command first, then figures with their extremes, goals
 * with the shortfall in figures, and what was not measured.
 */

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import type { Comparison, Spread } from './measure.ts';

/** A bench is a file `test/bench/<name>.bench.ts` that exports `bench: Bench`. */
export interface Bench {
  readonly name: string;
  /** One sentence: what is compared with what. */
  readonly summary: string;
  run(report: Report): Promise<void> | void;
}

/** The bound a figure should keep. */
export type Goal = { readonly atLeast: number } | { readonly atMost: number };

export class Report {
  /** 1 for a full run; smaller while developing (BENCH_SCALE=0.1): multiply event counts by it. */
  readonly scale: number;
  private readonly write: (line: string) => void;
  private readonly skipped: string[] = [];
  private shortfalls = 0;

  constructor(scale: number, write: (line: string) => void) {
    this.scale = scale;
    this.write = write;
  }

  /** Starts a group of figures. */
  section(title: string): void {
    this.write(`\n${title}`);
  }

  /** A fact in words: the workload, a version, a caveat. */
  note(text: string): void {
    this.write(`  ${text}`);
  }

  /** Prints rate and cost of every variant, and its ratio to the first one. */
  comparison(result: Comparison, operation: string): void {
    const baseline = result.names[0]!;
    for (const name of result.names) {
      const cpu = result.cost(name, 'cpu').median;
      this.write(
        `  ${name.padEnd(34)} ${spread(result.rate(name))} ${operation}/s, ` +
          `${format(cpu)} us CPU each, ${spread(result.ratio(name, baseline))} x ${baseline}`,
      );
    }
    this.write(`  (median [min–max] of ${result.rounds} rounds, ratios taken within each round)`);
  }

  /** One figure, with its goal where there is one. A goal missed is printed as a shortfall. */
  figure(name: string, value: number | Spread, unit: string, goal?: Goal): void {
    const middle = typeof value === 'number' ? value : value.median;
    const text = typeof value === 'number' ? format(value) : spread(value);
    this.write(
      `  ${name.padEnd(50)} ${text} ${unit}${goal === undefined ? '' : this.judge(middle, goal)}`,
    );
  }

  /** What a reader could take as covered and is not. */
  didNotMeasure(what: string): void {
    this.skipped.push(what);
  }

  /** Prints the closing lines and returns the number of goals missed. */
  close(): number {
    this.write('\nNot measured here:');
    for (const what of this.skipped.length === 0 ? ['(nothing noted)'] : this.skipped)
      this.write(`  - ${what}`);
    this.write(
      this.shortfalls === 0 ? 'Every goal was reached.' : `${this.shortfalls} goal(s) not reached.`,
    );
    return this.shortfalls;
  }

  private judge(value: number, goal: Goal): string {
    const [bound, sign, reached] =
      'atLeast' in goal
        ? [goal.atLeast, '≥', value >= goal.atLeast]
        : [goal.atMost, '≤', value <= goal.atMost];
    if (reached) return `  (goal ${sign} ${format(bound)}: reached)`;
    this.shortfalls++;
    return `  (goal ${sign} ${format(bound)}: SHORT by ${format(100 * Math.abs(1 - value / bound))} %)`;
  }
}

/** Machine, versions and command, so that a figure can be placed and repeated. */
export function preamble(command: string): string[] {
  const [cpu] = cpus();
  return [
    `command   ${command}`,
    `machine   ${cpus().length} x ${cpu?.model ?? 'unknown CPU'}, ${format(totalmem() / 2 ** 30)} GiB, ${process.platform} ${process.arch}`,
    `versions  Node ${process.version}, V8 ${process.versions.v8}, Sheepdog ${revision()}`,
    `          ${[redisServer(), ...PACKAGES.map(packageVersion)].join(', ')}`,
  ];
}

/** What the figures depend on beside our own code. */
const PACKAGES = ['kafkajs', '@clickhouse/client', 'chdb', 'ioredis'];

function packageVersion(name: string): string {
  try {
    const path = new URL(`../../node_modules/${name}/package.json`, import.meta.url);
    return `${name} ${(JSON.parse(readFileSync(path, 'utf8')) as { version: string }).version}`;
  } catch {
    return `no ${name}`;
  }
}

function redisServer(): string {
  return `redis-server ${/v=(\S+)/.exec(printed('redis-server', '--version') ?? '')?.[1] ?? 'none'}`;
}

function revision(): string {
  return printed('git', 'describe', '--always', '--dirty')?.trim() ?? 'outside a repository';
}

/** undefined where the program is missing or fails. */
function printed(program: string, ...args: readonly string[]): string | undefined {
  try {
    return execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  } catch {
    return undefined;
  }
}

function spread(value: Spread): string {
  return `${format(value.median)} [${format(value.min)}–${format(value.max)}]`;
}

/** Three significant digits below 1000, whole numbers with separators above. */
function format(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  if (Math.abs(value) >= 1000) return Math.round(value).toLocaleString('en-US');
  return String(Number(value.toPrecision(3)));
}
