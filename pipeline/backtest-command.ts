/** The command `backtest`: a history file through the same engine, and with `--rewards` through the same ledger. */

import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { readEnvironment } from '../config/environment.ts';
import { loadConfig, type LoadedConfig } from '../config/load.ts';
import { assembleCampaigns, assembleDecoder, assembleEngine } from './assemble.ts';
import { runBacktest, type BacktestOptions, type Candidate } from './backtest/backtest.ts';
import { DryRun, type DryRunOptions } from './backtest/dry-run.ts';
import { GrantsFile } from './backtest/grants-file.ts';
import type { BacktestReport } from './backtest/report.ts';
import { systemClock } from './clock.ts';
import { discoverDetectors } from './detect/discover.ts';
import { Failure, messageOf } from './failure.ts';
import { inEventOrder } from './ingest/event-order.ts';
import { FileSource } from './ingest/file.ts';
import { keysOf } from './keys.ts';
import type { BacktestFlags } from './main.ts';
import { print, readMap } from './offline.ts';
import { Ledger } from './reward/ledger.ts';
import { isUnavailable, openScratchRedis } from './reward/redis.ts';
import { createLogger } from './telemetry.ts';

/** @throws Failure when the input or a configuration cannot be used, or there is no redis-server for `--rewards`. */
export async function backtest(flags: BacktestFlags): Promise<void> {
  if (flags.grants !== undefined && flags.rewards !== true) {
    throw new Failure('--grants needs --rewards: without it nothing is granted', { exitCode: 2 });
  }
  const catalogue = await discoverDetectors();
  const config = await loadConfig(flags.config, catalogue);
  const other = flags.against && (await loadConfig(flags.against, catalogue));
  const candidates = [config, ...(other ? [other] : [])].map(candidateOf);
  const source = await sourceOf(flags, config);
  const report =
    flags.rewards === true
      ? await runWithRewards(source, candidates, flags.grants)
      : await run(source, candidates);
  const text = `${JSON.stringify(report, null, 2)}\n`;
  if (flags.report === undefined) {
    await print(text);
    return;
  }
  try {
    await writeFile(flags.report, text);
  } catch (error) {
    throw new Failure(`${flags.report}: the report cannot be written: ${messageOf(error)}`);
  }
}

interface Configured extends Candidate {
  readonly config: LoadedConfig;
}

function candidateOf(config: LoadedConfig): Configured {
  const { engine, detectors } = assembleEngine(config);
  return { config, configVersion: config.version, engine, detectors };
}

type Input = Pick<BacktestOptions, 'source' | 'decoder'>;

async function sourceOf({ input: path, map }: BacktestFlags, config: LoadedConfig): Promise<Input> {
  const columns = await readMap(map);
  // A hash seed of its own: nothing that a backtest computes is kept.
  const decoder = assembleDecoder(config, keysOf(randomBytes(32)));
  const { maxRecordBytes } = config.system.ingest;
  const file = new FileSource({
    path,
    ...(columns && { map: columns }),
    maxRecordBytes,
    clock: systemClock,
  });
  return { source: inEventOrder(file, { decoder }), decoder };
}

async function run(input: Input, candidates: readonly Candidate[]): Promise<BacktestReport> {
  return await runBacktest({
    ...input,
    candidate: candidates[0]!,
    against: candidates[1],
    clock: systemClock,
    progress: (line) => process.stderr.write(`${line}\n`),
  });
}

/** @param grants where every grant of the first configuration is written. */
async function runWithRewards(
  input: Input,
  candidates: readonly Configured[],
  grants: string | undefined,
): Promise<BacktestReport> {
  const file = grants === undefined ? undefined : await GrantsFile.open(grants);
  try {
    const log = createLogger('warn');
    const redis = await openScratchRedis({ clock: systemClock, log });
    const connection = redis.connect('effects');
    try {
      const rewarded = candidates.map((candidate, index) => ({
        ...candidate,
        rewards: dryRun(candidate.config, {
          ledger: new Ledger(connection, { prefix: `{dry-${index}}:ledger` }),
          onGrants: index === 0 && file ? (made) => file.write(made) : undefined,
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

function dryRun(config: LoadedConfig, options: Pick<DryRunOptions, 'ledger' | 'onGrants'>): DryRun {
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
