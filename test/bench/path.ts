/** The product's path as the benches run it: decoding, engine and record as shipped; rewards and queues left out. */

import type { LoadedConfig } from '../../config/load.ts';
import { assembleDecoder, assembleEngine, type AssembledEngine } from '../../pipeline/assemble.ts';
import { keysOf } from '../../pipeline/keys.ts';
import { systemClock, type Clock } from '../../pipeline/clock.ts';
import { LiveConfig } from '../../pipeline/reload/live-config.ts';
import { BadShareGuard } from '../../pipeline/ingest/bad-share.ts';
import { Pipeline } from '../../pipeline/pipeline.ts';
import type { Analytics } from '../../pipeline/record/analytics.ts';
import { History } from '../../pipeline/record/history.ts';
import { Recorder } from '../../pipeline/record/recorder.ts';
import { RewardProposals } from '../../pipeline/reward/proposal.ts';
import type { CampaignChange } from '../../pipeline/reward/adjustments.ts';
import { Settlement } from '../../pipeline/settlement.ts';
import { Tally } from '../../pipeline/tally.ts';
import { Metrics, silentLogger, type Logger } from '../../pipeline/telemetry.ts';

export const BENCH_KEYS = keysOf(Buffer.from('bench'));

export interface BenchPath {
  readonly pipeline: Pipeline;
  readonly analytics: Analytics;
  readonly tally: Tally;
  readonly history: History;
  readonly recorder: Recorder;
  readonly assembled: AssembledEngine;
  readonly live: LiveConfig;
  readonly shared: { readonly clock: Clock; readonly log: Logger; readonly metrics: Metrics };
  /** Everything delivered is durable afterwards; the analytics stay open. */
  close(): Promise<void>;
}

export function openPath({ config }: { config: LoadedConfig }, analytics: Analytics): BenchPath {
  const shared = { clock: systemClock, log: silentLogger(), metrics: new Metrics() };
  const history = new History({
    ...{ analytics, worker: 'bench', epoch: 1, watermarkMs: 0 },
    ...{ positions: {}, markers: [], empty: true },
  });
  const recorder = new Recorder({ ...shared, analytics, history, settings: config.system.record });
  const fail = (error: unknown): void => {
    throw error;
  };
  const settlement = new Settlement({
    ...shared,
    reward: (ops) => Promise.resolve(ops.map(() => [])),
    act: () => Promise.resolve(),
    rescore: () => Promise.resolve(),
    refuse: () => Promise.resolve(),
    isTransient: () => false,
    maxWaiting: 100_000,
    fail,
  });
  const tally = new Tally();
  const assembled = assembleEngine(config);
  const { engine } = assembled;
  const live = new LiveConfig({ ...shared, engine, recorder, history }, config);
  const parts = {
    ...shared,
    decoder: assembleDecoder(config, BENCH_KEYS),
    guard: new BadShareGuard(config.system.ingest.badShare),
    engine,
    history,
    campaigns: {
      change: () => undefined,
      lowers: () => [],
      named: (change: CampaignChange) => change,
      compiled: { accounts: [] },
    },
    spentOn: () => Promise.resolve(undefined),
    rewards: () => [],
    rewardsOfLabel: () => [],
    caseWork: {
      proposals: new RewardProposals(1),
      automatic: false,
      earnAnew: () => Promise.resolve(undefined),
    },
    config: live,
    settlement,
    recorder,
    engineVersion: assembled.engineVersion,
    tally,
  };
  const pipeline = new Pipeline(parts, {});
  const close = async (): Promise<void> => {
    await pipeline.idle();
    await recorder.close();
  };
  return { pipeline, analytics, tally, history, recorder, assembled, live, shared, close };
}
