/** The command `start`: a worker, its sources, the summary, and the way down. */

import { readEnvironment, type Environment } from '../config/environment.ts';
import { loadConfig, type LoadedConfig } from '../config/load.ts';
import { refuseUnpublishable } from '../config/publishing-check.ts';
import { systemClock, type Clock } from './clock.ts';
import { deliveryKey } from './deliver.ts';
import { discoverDetectors } from './detect/discover.ts';
import { Failure, Stopped } from './failure.ts';
import { readMap } from './ingest/csv-map-file.ts';
import { FileSource } from './ingest/file.ts';
import { KafkaAway, KafkaDeadLetters } from './ingest/kafka-dead-letters.ts';
import { KafkaSource } from './ingest/kafka-source.ts';
import type { Source } from './ingest/source.ts';
import { lettingGo } from './let-go.ts';
import { Lifecycle } from './lifecycle.ts';
import type { StartFlags } from './cli/command-start.ts';
import { requireReadable } from './cli/paths.ts';
import { leaveAddress } from './cli/running-worker.ts';
import { reportStats, type Stats } from './stats.ts';
import { openingBefore } from './simulate/opening.ts';
import { SimulatorSource } from './simulate/source.ts';
import { quotasLeft, showSummary, type Summary, type SummaryState } from './terminal/summary.ts';
import { createLogger, Metrics, writeUnlessUnread, type Logger } from './telemetry.ts';
import { visibleLines } from './terminal/terminal-text.ts';
import { whatWasFound } from './terminal/found.ts';
import { requireAddresses } from './stores.ts';
import { openWorker, type Worker, type WorkerOptions } from './worker.ts';

interface Run {
  readonly flags: StartFlags;
  readonly config: LoadedConfig;
  readonly environment: Environment;
  readonly clock: Clock;
  readonly log: Logger;
  readonly stderr: { readonly write: (text: string) => void };
  /** Where log lines go on a terminal: from when the summary stands there, past it. */
  readonly screen: { write: (text: string) => void };
  readonly metrics: Metrics;
  readonly lifecycle: Lifecycle;
}

const SIMULATED_RATE = 10;
const SIMULATED_MINUTES = 60;
/** An hour of events passes in half a minute. */
const SIMULATED_SPEED_UP = 120;

/** Runs until the input ends (with --exit-when-done), a signal comes or something fails. @throws Failure */
export async function start(flags: StartFlags): Promise<void> {
  const catalogue = await discoverDetectors();
  const config = await loadConfig(flags.config, catalogue);
  refuseUnpublishable(config);
  const clock = systemClock;
  const metrics = new Metrics();
  const stderr = writeUnlessUnread(process.stderr, metrics);
  const screen = { write: stderr.write };
  const escaped = { write: (text: string): void => screen.write(visibleLines(text)) };
  const log = createLogger(logLevel(flags, config), process.stderr.isTTY ? escaped : stderr);
  const lifecycle = new Lifecycle(clock, log);
  const environment = readEnvironment();
  const run: Run = { flags, config, environment, clock, log, stderr, screen, metrics, lifecycle };
  lifecycle.listen(process);
  try {
    await work(run, catalogue);
  } catch (error) {
    if (!(error instanceof Stopped)) {
      // What broke the work is told; that closing failed after it stands in the log.
      await lifecycle.close().catch(() => undefined);
      throw error;
    }
  }
  await lifecycle.close();
}

/**
 * Whoever is at a terminal, or waits for a file or a simulation, reads the summary and what was found: the log then
 * says only what needs attention. Of a service that nobody watches it tells every start, change and block.
 */
function logLevel({ simulate, input, profile }: StartFlags, { system }: LoadedConfig): string {
  const { level } = system.log;
  if (level !== 'auto') return level;
  const isAwaited = profile === 'embedded' && (simulate === true || input !== undefined);
  return process.stderr.isTTY || isAwaited ? 'warn' : 'info';
}

async function work(run: Run, catalogue: WorkerOptions['catalogue']): Promise<void> {
  const { flags, lifecycle } = run;
  // What is wrong with the command line is told before anything is opened.
  requireAddresses({ profile: flags.profile, environment: run.environment });
  deliveryKey(run);
  const file = await fileSource(run);
  const kafka = openKafka(run);
  const deadLetters = await openDeadLetters(run, kafka);
  const worker = await Promise.race([
    openWorker({
      ...run,
      catalogue,
      configDirectory: flags.config,
      profile: flags.profile,
      dataDir: flags.data,
      port: flags.port,
      ...(deadLetters && { deadLetters }),
    }),
    lifecycle.failed,
  ]);
  lifecycle.onClose('address', await leaveAddress(flags.data, worker.http.address()));
  const inputs = [file, simulatorSource(run, worker)].filter((each) => each !== undefined);
  const all: readonly Source[] = [worker.inbox, ...inputs, ...(kafka === undefined ? [] : [kafka])];
  /** Those that still deliver: an ended source has no lag. */
  const sources = new Set(all);
  const stats = reportStats(run, worker, sources);
  const input: { state: SummaryState['input'] } = { state: inputs.length === 0 ? 'none' : 'read' };
  const summary = show(run, worker, { sources, stats, input });
  lifecycle.onClose('summary', () => summary.stop());
  lifecycle.onClose('statistics', () => stats.stop());

  const running = all.map((source) =>
    runSource(run, worker, source).then(() => sources.delete(source)),
  );
  lifecycle.onClose('sources', async () => {
    await Promise.allSettled(running);
  });
  const inputEnded = Promise.all(running.slice(1, 1 + inputs.length)).then(async () => {
    if (inputs.length === 0) return;
    input.state = 'ended';
    await tellFindings(run, worker, summary);
    input.state = 'told';
  });
  const stopped = new Promise<void>((resolve) => {
    if (lifecycle.signal.aborted) resolve();
    lifecycle.signal.addEventListener('abort', () => resolve(), { once: true });
  });
  const done = flags.exitWhenDone === true ? Promise.all([inputEnded, running[0]]) : stopped;
  await Promise.race([done, stopped, lifecycle.failed]);
  // A failure aborts too: it must win over the plain stop.
  await Promise.race([lifecycle.failed, Promise.resolve()]);
}

/** After the input's last event everything is made durable, so that what is told is what is on record. */
async function tellFindings(
  { flags, lifecycle }: Run,
  worker: Worker,
  summary: Summary,
): Promise<void> {
  if (lifecycle.signal.aborted) return;
  // Now, because a stop that comes in the meantime closes it.
  const address = worker.http.address();
  await worker.pipeline.idle();
  await worker.journal.drainNow();
  await worker.recorder.flush();
  const found = await whatWasFound(worker.analytics, worker.history.epoch, process.stdout.columns);
  summary.tell('');
  process.stdout.write(`\n${found}\n`);
  if (flags.exitWhenDone === true) return;
  process.stdout.write(`Look around at ${address} · Ctrl-C stops\n`);
}

async function runSource(run: Run, worker: Worker, source: Source): Promise<void> {
  const { lifecycle, log, clock } = run;
  const { signal } = lifecycle;
  try {
    await source.run(
      lettingGo((batch) => worker.pipeline.deliver(batch), signal, clock),
      signal,
    );
    log.info({ source: source.name }, 'source ended');
  } catch (error) {
    lifecycle.fail(error);
  }
}

function openKafka({
  flags,
  config,
  environment,
  clock,
  log,
  metrics,
  lifecycle,
}: Run): KafkaSource | undefined {
  if (flags.profile !== 'cluster' && environment.kafkaBrokers === undefined) return undefined;
  const source = new KafkaSource({ config: config.system.kafka, environment, clock, log, metrics });
  lifecycle.onClose('Kafka', () => source.close());
  return source;
}

async function openDeadLetters(
  { config, environment, log, lifecycle }: Run,
  kafka: KafkaSource | undefined,
): Promise<WorkerOptions['deadLetters']> {
  const topic = config.system.kafka.deadLetterTopic;
  if (kafka === undefined || topic === undefined) return undefined;
  const letters = await KafkaDeadLetters.open(
    { config: config.system.kafka, environment, log },
    topic,
  );
  lifecycle.onClose('dead-letter topic', () => letters.close());
  return {
    send: (batch) => letters.send(batch),
    isTransient: (error) => error instanceof KafkaAway,
  };
}

async function fileSource({ flags, config, clock }: Run): Promise<FileSource | undefined> {
  if (flags.input === undefined) {
    if (flags.map === undefined) return undefined;
    throw new Failure('--map says how to read --input, which is missing', { exitCode: 2 });
  }
  await requireReadable(flags.input);
  const map = await readMap(flags.map);
  const { maxRecordBytes } = config.system.ingest;
  return new FileSource({ path: flags.input, ...(map && { map }), maxRecordBytes, clock });
}

/** The simulation begins on a Friday morning, or where recorded time ends, so that nothing is late. */
function simulatorSource(
  { flags, clock, config }: Run,
  worker: Worker,
): SimulatorSource | undefined {
  if (flags.simulate !== true) return undefined;
  const minutes = flags.minutes ?? SIMULATED_MINUTES;
  const opening = openingBefore(
    clock.now() - minutes * 60_000,
    config.campaigns.map(({ window }) => window),
  );
  return new SimulatorSource(
    {
      seed: flags.seed ?? clock.now() % 1_000_000,
      startMs: Math.max(opening, worker.history.watermarkMs + 1000),
      minutes,
      ratePerSecond: SIMULATED_RATE,
      speedUp: SIMULATED_SPEED_UP,
    },
    clock,
  );
}

interface Shown {
  readonly sources: ReadonlySet<Source>;
  readonly stats: Stats;
  readonly input: { readonly state: SummaryState['input'] };
}

function show(run: Run, worker: Worker, { sources, stats, input }: Shown): Summary {
  const { clock, flags, log, stderr } = run;
  stderr.write(
    `sheepdog: console and API at ${worker.http.address()} · data in ${flags.data} · configuration ${run.config.version}\n`,
  );
  const read = (): SummaryState => {
    return {
      tally: worker.tally,
      frozen: worker.assembled.engine.freezing.size,
      costMinor: worker.journal.balances
        .filter(({ account }) => /^budget\/[^/]+\/[^.]+$/.test(account))
        .reduce((sum, { posted }) => sum + posted, 0),
      lag: lagOf(sources),
      quotaLeft: quotasLeft(worker.journal.balances),
      settling: worker.settlement.waiting,
      recording: stats.journalWaiting(),
      input: input.state,
      obstacle: worker.obstacles()[0],
    };
  };
  const screen = {
    // Where every block is logged there is no place for a drawing.
    isTerminal: process.stderr.isTTY && !log.isLevelEnabled('info'),
    columns: process.stderr.columns || 100,
    write: stderr.write,
  };
  const summary = showSummary(read, screen, clock);
  run.screen.write = (text) => summary.tell(text);
  return summary;
}

/** Records waiting at the sources that can tell. */
function lagOf(sources: ReadonlySet<Source>): number | undefined {
  const lags = [...sources].map((source) => source.lag?.()).filter((lag) => lag !== undefined);
  return lags.length === 0 ? undefined : lags.reduce((sum, lag) => sum + lag, 0);
}
