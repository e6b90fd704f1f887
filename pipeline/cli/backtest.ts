/** The command `backtest`: history through the same engine, and with `--rewards` through the same ledger. */

import { resolve } from 'node:path';
import { readEnvironment } from '../../config/environment.ts';
import { loadConfig, type LoadedConfig } from '../../config/load.ts';
import { assembleCampaigns, assembleEngine } from '../assemble.ts';
import { runBacktest, type BacktestOptions, type Candidate } from '../backtest/backtest.ts';
import { DryRun, type DryRunOptions } from '../backtest/dry-run.ts';
import { grantLine } from '../backtest/grant-line.ts';
import { replayRecord, spanOf, withHistory } from '../backtest/history-input.ts';
import { NdjsonFile } from '../backtest/ndjson-file.ts';
import type { AsOfReport } from '../backtest/as-of.ts';
import type { BacktestReport } from '../backtest/report.ts';
import { reportText } from '../backtest/report-text.ts';
import { systemClock } from '../clock.ts';
import type { BacktestFlags } from './command-history.ts';
import { checkPaths, tellProgress, writeReport } from './history-report.ts';
import { discoverDetectors } from '../detect/discover.ts';
import { Failure, messageOf } from '../failure.ts';
import { keysOf } from '../keys.ts';
import { print } from '../terminal/print.ts';
import { isForEyes } from '../terminal/print-rows.ts';
import { Ledger } from '../reward/ledger.ts';
import { isUnavailable, openScratchRedis } from '../reward/redis.ts';
import { createLogger } from '../telemetry.ts';

/** @throws Failure when the input or a configuration cannot be used, or there is no redis-server for `--rewards`. */
export async function backtest(flags: BacktestFlags): Promise<void> {
  checkFlags(flags);
  await checkPaths(flags);
  const catalogue = await discoverDetectors();
  if (flags.asOfConfig === true) {
    const span = spanOf(flags);
    const replay = { ...span, clock: systemClock, progress: tellProgress };
    await tellReport(await replayRecord(flags, catalogue, replay), flags);
    return;
  }
  const config = await loadConfig(flags.config, catalogue);
  const other = flags.against && (await loadConfig(flags.against, catalogue));
  const candidates = [config, ...(other ? [other] : [])].map(candidateOf);
  const warmUpMs = Math.max(...candidates.map((each) => each.warmUpMs));
  const changes =
    flags.changes === undefined ? undefined : await NdjsonFile.open(flags.changes, 'changes');
  try {
    const report = await withHistory(flags, config, warmUpMs, async (history) => {
      const input: Input = {
        ...history,
        onChanges: changes && ((lines) => changes.write(lines)),
      };
      return flags.rewards === true
        ? await runWithRewards(input, candidates, flags.grants)
        : await run(input, candidates);
    });
    await tellReport(report, flags);
  } finally {
    await changes?.close();
  }
}

function checkFlags(flags: BacktestFlags): void {
  const wrong = (message: string): Failure => new Failure(message, { exitCode: 2 });
  if (flags.grants !== undefined && flags.rewards !== true) {
    throw wrong('--grants needs --rewards: without it nothing is granted');
  }
  if (flags.changes !== undefined && flags.against === undefined) {
    throw wrong('--changes needs --against: without it nothing changes');
  }
  if (flags.asOfConfig === true) {
    if (flags.fromClickhouse !== true) {
      throw wrong(
        '--as-of-config needs --from-clickhouse: a file does not say which version decided',
      );
    }
    if (flags.against !== undefined || flags.rewards === true) {
      throw wrong('--as-of-config goes with neither --against nor --rewards');
    }
  }
  spanOf(flags);
}

/** A person gets the figures that are looked at first, a program and a file the whole. */
async function tellReport(
  report: BacktestReport | AsOfReport,
  flags: BacktestFlags,
): Promise<void> {
  if (flags.report !== undefined) await writeReport(report, flags.report);
  if (isForEyes(flags)) {
    await print(reportText(report, process.stdout.columns));
    const whole =
      flags.report === undefined ? '--report FILE or --json gives' : `${resolve(flags.report)} has`;
    process.stderr.write(`\n${whole} everything as JSON\n`);
  } else if (flags.report === undefined) await writeReport(report, undefined);
}

interface Configured extends Candidate {
  readonly config: LoadedConfig;
  /** How far back an event matters to a later one. */
  readonly warmUpMs: number;
}

function candidateOf(config: LoadedConfig): Configured {
  const { engine, detectors, layers } = assembleEngine(config);
  const warmUpMs = layers.longestWindowMs;
  return { config, configVersion: config.version, engine, detectors, warmUpMs };
}

type Input = Pick<BacktestOptions, 'source' | 'decoder' | 'countFromMs' | 'onChanges'>;

async function run(input: Input, candidates: readonly Candidate[]): Promise<BacktestReport> {
  return await runBacktest({
    ...input,
    candidate: candidates[0]!,
    against: candidates[1],
    clock: systemClock,
    progress: tellProgress,
  });
}

/** @param grants where every grant of the first configuration is written. */
async function runWithRewards(
  input: Input,
  candidates: readonly Configured[],
  grants: string | undefined,
): Promise<BacktestReport> {
  const file = grants === undefined ? undefined : await NdjsonFile.open(grants, 'grants');
  try {
    const log = createLogger('warn');
    const redis = await openScratchRedis({ clock: systemClock, log });
    const connection = redis.connect('effects');
    try {
      const rewarded = candidates.map((candidate, index) => ({
        ...candidate,
        rewards: dryRun(candidate.config, {
          ledger: new Ledger(connection, { prefix: `{dry-${index}}:ledger` }),
          onGrants: index === 0 && file ? (made) => file.write(made.map(grantLine)) : undefined,
          isCompared: candidates.length > 1,
        }),
      }));
      return await run(input, rewarded);
    } catch (error) {
      if (!isUnavailable(error)) throw error;
      throw new Failure(`the private Redis of the dry run went away: ${messageOf(error)}`);
    } finally {
      connection.disconnect();
      await redis.close();
    }
  } finally {
    await file?.close();
  }
}

/** Of draws without a deployment's own seed: the same file has the same winners, whoever runs it. */
const DRAW_SECRET = Buffer.from('the draws of a dry run');

type DryRunParts = Pick<DryRunOptions, 'ledger' | 'onGrants' | 'isCompared'>;

function dryRun(config: LoadedConfig, options: DryRunParts): DryRun {
  const failed = new Set<string>();
  const { drawKey } = keysOf(DRAW_SECRET, readEnvironment());
  const assembled = assembleCampaigns(config, drawKey, {
    log: createLogger('warn'),
    onExpressionError: (campaignId) => {
      if (failed.has(campaignId)) return;
      failed.add(campaignId);
      process.stderr.write(
        `backtest: an expression of campaign ${campaignId} could not be answered for some event: what it belongs to was not given\n`,
      );
    },
  });
  return new DryRun({ ...assembled, ...options, configVersion: config.version });
}
