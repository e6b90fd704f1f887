/** Joins the opened parts of a worker up to the path that an event takes. */

import { CommandLog } from './act/commands.ts';
import type { ActQueue } from './act/queue.ts';
import { assembleCampaigns, type AssembledEngine } from './assemble.ts';
import type { LiveConfig } from './reload/live-config.ts';
import type { Delivering } from './deliver.ts';
import { BadShareGuard } from './ingest/bad-share.ts';
import type { Decoder } from './ingest/decode.ts';
import type { LateTruth } from './late/late-truth.ts';
import { JournalDrain } from './journal-drain.ts';
import type { Keys } from './keys.ts';
import { patiently } from './patience.ts';
import { Pipeline, type PipelineParts } from './pipeline.ts';
import { AnalyticsError } from './record/analytics.ts';
import type { History } from './record/history.ts';
import type { Recorder } from './record/recorder.ts';
import type { SharedAccount } from './reward/campaign.ts';
import type { CustomerBook } from './reward/customer-book.ts';
import { evaluate, settle } from './reward/evaluate.ts';
import { Ledger } from './reward/ledger.ts';
import type { LiveCampaigns } from './reward/live-campaigns.ts';
import { isUnavailable } from './reward/redis.ts';
import { Settlement } from './settlement.ts';
import { spentOn } from './spending.ts';
import type { Stores } from './stores.ts';
import { Tally } from './tally.ts';
import type { WorkerOptions } from './worker.ts';

/** Consequences that may wait for the ledger before the sources are held. */
const MAX_WAITING = 100_000;

interface PathParts {
  readonly stores: Stores;
  readonly keys: Keys;
  readonly live: LiveConfig;
  readonly decoder: Decoder;
  readonly assembled: AssembledEngine;
  readonly history: History;
  readonly queue: ActQueue;
  readonly recorder: Recorder;
  readonly delivering: Delivering;
  readonly lateTruth: LateTruth;
}

/** The path joined up, with what hangs on it. */
export interface Path {
  readonly pipeline: Pipeline;
  readonly settlement: Settlement;
  readonly journal: JournalDrain;
  readonly ledger: Ledger;
  readonly campaigns: LiveCampaigns;
  readonly customers: CustomerBook;
  readonly commands: CommandLog;
  readonly tally: Tally;
  readonly lateTruth: LateTruth;
}

export function joinPath(options: WorkerOptions, parts: PathParts): Path {
  const { config, clock, log, metrics, lifecycle } = options;
  const { stores, decoder, assembled, history, recorder, delivering, lateTruth } = parts;
  const ledgerConnection = stores.redis.connect('effects');
  lifecycle.onClose('ledger connection', () => ledgerConnection.disconnect());
  const ledger = new Ledger(ledgerConnection);
  const { campaigns, customers } = assembleCampaigns(config, parts.keys.drawKey, {
    onExpressionError: (campaign) => metrics.expressionErrors.inc({ campaign }),
    log,
  });
  const commands = new CommandLog(stores.redis);
  lifecycle.onClose('command log', () => commands.close());
  const fail = (error: unknown): void => lifecycle.fail(error);
  const accounts = (): readonly SharedAccount[] => campaigns.compiled.accounts;
  const journal = new JournalDrain({ ledger, recorder, accounts, delivering, clock, log, fail });
  lifecycle.onClose('ledger journal', () => journal.close());
  const settlement = settlementOf(options, parts, ledger);
  const tally = new Tally(config.system.windows.allowedLatenessMs);
  const pipeline = new Pipeline(
    {
      decoder,
      guard: new BadShareGuard(config.system.ingest.badShare),
      engine: assembled.engine,
      config: parts.live,
      history: patientHistory(options, history),
      campaigns,
      rewards: (event, decision, configVersion) => {
        const facts = customers.of(event);
        const ops = evaluate(campaigns.compiled, event, decision, facts, configVersion);
        customers.observe(event, decision.verdict);
        return ops;
      },
      rewardsOfLabel: settle,
      caseWork: lateTruth.caseWork({
        campaigns,
        customers,
        configVersion: () => parts.live.active.version,
      }),
      spentOn: (asked) => spentOn({ settlement, ledger, clock }, asked),
      settlement,
      recorder,
      engineVersion: assembled.engineVersion,
      clock,
      log,
      metrics,
      tally,
    },
    history.positions,
  );
  lifecycle.onClose('pipeline', async () => {
    settlement.stop();
    await pipeline.idle();
  });
  const beside = { commands, tally, lateTruth };
  return { pipeline, settlement, journal, ledger, campaigns, customers, ...beside };
}

/** Consequences of decisions, each to its store. */
function settlementOf(
  { clock, log, metrics, lifecycle, deadLetters }: WorkerOptions,
  { queue, lateTruth }: Pick<PathParts, 'queue' | 'lateTruth'>,
  ledger: Ledger,
): Settlement {
  return new Settlement({
    reward: (ops) => ledger.apply(ops),
    act: (actions) => queue.enqueue(actions),
    rescore: (causes) => lateTruth.take(causes),
    refuse: (letters) => deadLetters?.send(letters) ?? Promise.resolve(),
    isTransient: (error) => isUnavailable(error) || deadLetters?.isTransient(error) === true,
    clock,
    log,
    metrics,
    maxWaiting: MAX_WAITING,
    fail: (error) => lifecycle.fail(error),
  });
}

/** An answer that must be looked up waits while ClickHouse is away, and its source with it. */
function patientHistory(
  { clock, log, lifecycle: { signal } }: WorkerOptions,
  history: History,
): PipelineParts['history'] {
  const patience = { isTransient: isPassing, signal, clock, log };
  const what = 'the look-up of an earlier event';
  return {
    standing: (events) => patiently(what, () => history.standing(events), patience),
    watermarkMs: history.watermarkMs,
    storedDecision: (id) => patiently(what, () => history.storedDecision(id), patience),
    knowsAccount: (accountId) => history.knowsAccount(accountId),
    labelStanding: (ids) => patiently(what, () => history.labelStanding(ids), patience),
  };
}

function isPassing(error: unknown): boolean {
  return error instanceof AnalyticsError && !error.permanent;
}
