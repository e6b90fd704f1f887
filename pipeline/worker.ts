/** One worker: every part opened, the engine restored, the path joined up; sources are handed in by the caller. */

import { join } from 'node:path';
import type { Environment } from '../config/environment.ts';
import type { LoadedConfig } from '../config/load.ts';
import { acquireOwnership, groupOf } from './act/ownership.ts';
import { ActQueue } from './act/queue.ts';
import { assembleDecoder, assembleHistoryDecoder, type AssembledEngine } from './assemble.ts';
import type { Clock } from './clock.ts';
import { beginConfig, configure } from './reload/configure.ts';
import type { LiveConfig } from './reload/live-config.ts';
import { RATE_BUCKET_MS, RATE_HISTORY_MS } from './tell/drift.ts';
import { openDelivering } from './deliver.ts';
import type { NamedDetector } from './detect/detector.ts';
import { catchUp, followCommands } from './orders/follow-commands.ts';
import type { HttpServer } from './http/server.ts';
import { Inbox } from './ingest/inbox.ts';
import { openLateTruth, type LateTruth } from './late/late-truth.ts';
import type { JournalDrain } from './journal-drain.ts';
import { joinPath, type Path } from './join-path.ts';
import { keysOf, type Keys } from './keys.ts';
import type { Lifecycle } from './lifecycle.ts';
import type { DeadLetter } from './outcome.ts';
import { COMMANDS_POSITION, type Pipeline } from './pipeline.ts';
import type { Analytics } from './record/analytics.ts';
import { openHistory, type History } from './record/history.ts';
import { ledgerHistory } from './record/ledger-history.ts';
import { Recorder } from './record/recorder.ts';
import { restoreCustomers, restoreEngine } from './restore.ts';
import type { Ledger } from './reward/ledger.ts';
import type { LiveCampaigns } from './reward/live-campaigns.ts';
import { recover } from './reward/rebuild.ts';
import { serve, type ServeParts } from './serve.ts';
import type { Settlement } from './settlement.ts';
import { openStores, type Profile, type Stores } from './stores.ts';
import type { Tally } from './tally.ts';
import type { Logger, Metrics } from './telemetry.ts';

export interface WorkerOptions {
  readonly config: LoadedConfig;
  readonly catalogue: readonly NamedDetector[];
  /** The folder that is watched for changes; undefined: the configuration stands. */
  readonly configDirectory?: string | undefined;
  readonly environment: Environment;
  readonly profile: Profile;
  readonly dataDir: string;
  /** Overrides http.port. */
  readonly port: number | undefined;
  /** Sends dead letters on, where there is a topic for them; `isTransient` tells its absences. */
  readonly deadLetters?: {
    readonly send: (letters: readonly DeadLetter[]) => Promise<void>;
    readonly isTransient: (error: unknown) => boolean;
  };
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly lifecycle: Lifecycle;
}

export interface Worker {
  readonly analytics: Analytics;
  readonly pipeline: Pipeline;
  readonly inbox: Inbox;
  readonly http: HttpServer;
  readonly history: History;
  readonly recorder: Recorder;
  readonly settlement: Settlement;
  readonly queue: ActQueue;
  readonly journal: JournalDrain;
  readonly ledger: Pick<Ledger, 'waiting'>;
  readonly campaigns: Pick<LiveCampaigns, 'takeIneligible'>;
  readonly assembled: AssembledEngine;
  readonly tally: Tally;
  readonly lateTruth: LateTruth;
  readonly live: LiveConfig;
  /** What holds the path up, in words; empty when it is ready. */
  readonly obstacles: () => readonly string[];
}

/** While ClickHouse is away at the end, this long is it waited for. */
const LAST_FLUSH_WITHIN_MS = 8000;

/** @throws Failure when a part cannot be opened; what was opened is closed by the lifecycle. */
export async function openWorker(options: WorkerOptions): Promise<Worker> {
  const { config, environment, clock, log, lifecycle } = options;
  const stores = await openStores(options);
  lifecycle.throwIfStopping();
  await own(options, stores);
  const keys = keysOf(stores.folder.secret, environment);
  const history = await openHistory(
    stores.analytics,
    groupOf(options.profile, config.system.kafka.groupId),
    clock,
  );

  const queue = new ActQueue({ redis: stores.redis, log });
  lifecycle.onClose('job queue', () => queue.close());
  const inbox = await openInbox(options);
  const recorder = openRecorder(options, stores, history);
  const configured = await configure(options, stores, history, recorder);
  const { assembled, live } = configured;
  const decoder = assembleDecoder(live.active, keys);
  const delivering = openDelivering(options, stores, recorder);
  const lateTruth = openLateTruth(options, stores, keys);
  const beside = { delivering, lateTruth };
  const opened = { live, stores, keys, decoder, assembled, history, queue, recorder, ...beside };
  const path = joinPath(options, opened);

  const starting = { done: false };
  const obstacles = (): readonly string[] =>
    [
      starting.done ? undefined : 'restoring the engine from the record',
      lifecycle.signal.aborted ? 'shutting down' : undefined,
      recorder.obstacle,
      path.settlement.obstacle,
    ].filter((reason) => reason !== undefined);
  const http = await listen(options, { ...opened, inbox, obstacles, path });

  const lost = await restore(options, stores, keys, assembled, history, path);
  await lateTruth.restore(history);
  const { pipeline } = path;
  await beginConfig(options, { ...configured, stores, keys, history, recorder, pipeline });
  const following = {
    ...options,
    ...path,
    recorder,
    position: history.positions[COMMANDS_POSITION],
  };
  const position = await catchUp(following);
  starting.done = true;
  queue.start();
  await delivering.start(lost);
  path.journal.start();
  lateTruth.start({ ...path, recorder }, assembled.engine, () => live.active);
  void followCommands({ ...following, position });
  const { analytics } = stores;
  return { ...path, analytics, inbox, http, history, recorder, queue, assembled, live, obstacles };
}

async function openInbox({
  dataDir,
  clock,
  log,
  metrics,
  lifecycle,
}: WorkerOptions): Promise<Inbox> {
  const inbox = await Inbox.open({
    folder: join(dataDir, 'inbox'),
    clock,
    log,
    onSync: (seconds) => metrics.inboxSyncSeconds.observe(seconds),
  });
  lifecycle.onClose('inbox', () => inbox.close());
  return inbox;
}

/** The HTTP side answers from here on; it takes events when nothing holds the path up. */
async function listen(options: WorkerOptions, parts: ServeParts): Promise<HttpServer> {
  const { lifecycle } = options;
  const http = serve(options, parts);
  await http.listen();
  lifecycle.onClose('HTTP', () => http.close());
  lifecycle.signal.addEventListener('abort', () => http.stopAccepting(), { once: true });
  return http;
}

/**
 * Ledger and engine back to where history ends, before the first event.
 * @returns whether Redis had lost something.
 * @throws Stopped
 */
async function restore(
  { config, clock, log, lifecycle }: WorkerOptions,
  { analytics }: Stores,
  keys: Keys,
  { engine, horizonMs }: AssembledEngine,
  history: History,
  path: Path,
): Promise<boolean> {
  const lost = await recover(path.ledger, ledgerHistory(analytics));
  if (lost) {
    log.warn('the ledger had lost entries that are on record: it was rebuilt from them');
  }
  lifecycle.throwIfStopping();
  path.campaigns.restore(await history.restoreCampaignActions());
  const decoder = assembleHistoryDecoder(config, keys);
  const { signal } = lifecycle;
  await restoreCustomers(path.customers, history, decoder, { clock, log, signal });
  for (const row of await history.findingRates(RATE_BUCKET_MS, RATE_HISTORY_MS)) {
    const { bucketStartMs, detector, count } = row;
    if (detector === '') path.tally.rates.add(bucketStartMs, count);
    else path.tally.rates.add(bucketStartMs, 0, detector, count);
  }
  const events = await restoreEngine(engine, history, decoder, horizonMs, { clock, log, signal });
  if (events > 0) log.info({ events, frozen: engine.freezing.size }, 'engine restored');
  return lost;
}

async function own(options: WorkerOptions, { redis }: Stores): Promise<void> {
  const { profile, config, clock, lifecycle } = options;
  const group = groupOf(profile, config.system.kafka.groupId);
  const connection = redis.connect('effects');
  lifecycle.onClose('ownership connection', () => connection.disconnect());
  const ownership = await acquireOwnership(group, { redis: connection, clock });
  lifecycle.onClose('ownership', () => ownership.release());
  ownership.lost.addEventListener('abort', () => lifecycle.fail(ownership.lost.reason));
}

function openRecorder(options: WorkerOptions, { analytics }: Stores, history: History): Recorder {
  const { config, clock, log, metrics, lifecycle } = options;
  const settings = config.system.record;
  const recorder = new Recorder({ analytics, history, settings, clock, log, metrics });
  recorder.failed.catch((error: unknown) => lifecycle.fail(error));
  lifecycle.onClose('record', async () => {
    const limit = new AbortController();
    const done = new AbortController();
    void clock.sleep(LAST_FLUSH_WITHIN_MS, done.signal).then(() => limit.abort());
    try {
      await recorder.close(limit.signal);
    } finally {
      done.abort();
    }
  });
  return recorder;
}
