/** Late truth joined up: causes into their queue, orders out of it, and the proposals that stand, restored. */

import type { LoadedConfig } from '../../config/load.ts';
import { RESCORE_QUEUES, RescoreQueue } from '../act/rescore-queue.ts';
import { assembleHistoryDecoder } from '../assemble.ts';
import { mirrorBoard } from '../orders/board-mirror.ts';
import { boardOf, type Board } from '../orders/case-board.ts';
import type { CaseWork, Word } from '../orders/case-work.ts';
import type { Clock } from '../clock.ts';
import type { Cause, LateEvents } from '../decide/cause.ts';
import { ALLOW } from '../decide/policy.ts';
import { askedAnew } from '../orders/earned-anew.ts';
import { EventBatch, EventView } from '../event.ts';
import type { Decoder } from '../ingest/decode.ts';
import { Placeholders } from '../ingest/placeholders.ts';
import type { Keys } from '../keys.ts';
import { eventsOf, lateJobs } from './late-jobs.ts';
import type { Lifecycle } from '../lifecycle.ts';
import { MeasuringAgain, type MeasuringParts } from './measure-again.ts';
import { patiently } from '../patience.ts';
import { AnalyticsError } from '../record/analytics.ts';
import type { History } from '../record/history.ts';
import { earningEvent, proposalSteps } from '../record/proposal-history.ts';
import type { CustomerBook } from '../reward/customer-book.ts';
import { evaluate } from '../reward/evaluate.ts';
import type { ReserveOp } from '../reward/ledger-op.ts';
import type { LiveCampaigns } from '../reward/live-campaigns.ts';
import { RewardProposals, type RewardProposal } from '../reward/proposal.ts';
import { remeasurer } from './remeasure.ts';
import { rescorer, type RescoreParts } from './rescore.ts';
import type { Stores } from '../stores.ts';
import { LateNews } from '../tell/cap-news.ts';
import type { Logger, Metrics } from '../telemetry.ts';

/** Cases that a command line beside the worker lists. */
const MIRRORED = 1000;

/** Jobs of late events that may wait: a source that is all out of order is not kept up with. */
const MAX_LATE_JOBS = 200;

export interface LateTruthOptions {
  readonly config: LoadedConfig;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly lifecycle: Lifecycle;
}

export interface EarnParts {
  readonly campaigns: Pick<LiveCampaigns, 'compiled'>;
  readonly customers: Pick<CustomerBook, 'of'>;
  readonly configVersion: () => string;
}

export interface LateTruth {
  readonly proposals: RewardProposals;
  /** Queues causes; repeating it changes nothing. @throws what Redis says when it is away. */
  readonly take: (causes: readonly Cause[]) => Promise<void>;
  readonly caseWork: (parts: EarnParts) => CaseWork;
  /** Takes the proposals of history back in. */
  readonly restore: (history: Pick<History, 'condition'>) => Promise<void>;
  /** Starts following causes in this process, and telling what waits for people. */
  readonly start: (
    parts: Pick<RescoreParts, 'recorder' | 'journal' | 'ledger' | 'commands'>,
    engine: MeasuringParts['engine'],
    active: () => LoadedConfig,
  ) => void;
}

export function openLateTruth(
  options: LateTruthOptions,
  { redis, analytics }: Pick<Stores, 'redis' | 'analytics'>,
  keys: Keys,
): LateTruth {
  const { config, clock, log, metrics, lifecycle } = options;
  const settings = config.system.lateTruth;
  const { causes, labels, late } = openQueues(options, redis);
  const mirror = redis.connect('effects');
  lifecycle.onClose('cases connection', () => mirror.disconnect());
  const placeholders = new Placeholders(config.placeholders);
  const isPlaceholder = (value: string): boolean => {
    const bytes = Buffer.from(value);
    return bytes.length === 0 || placeholders.matches(bytes, 0, bytes.length, false);
  };
  const proposals = new RewardProposals(settings.maxOpen);
  const refusals = new LateNews();
  const patience = { isTransient: isPassing, signal: lifecycle.signal, clock, log };
  return {
    proposals,
    take: async (taken) => {
      await causes.enqueue(taken.filter(({ kind, said }) => kind !== 'late_event' && !said));
      await labels.enqueue(taken.filter(({ said }) => said));
      const refused = eventsOf(await late.enqueue(lateJobs(taken, clock.now())));
      if (refused === 0) return;
      metrics.rescored.inc({ cause: 'late_event', outcome: 'no_room' }, refused);
      refusals.tell(log, refused);
    },
    caseWork: (parts) => ({
      proposals,
      automatic: settings.automatic,
      earnAnew: async (proposal, word) => {
        const found = await patiently(
          'the look-up of the payment that earned a reward',
          () => earningEvent(analytics, proposal.eventId),
          patience,
        );
        return found && earnAnew(config, keys, parts, { ...proposal, word }, found);
      },
    }),
    restore: async ({ condition }) => {
      for await (const page of proposalSteps(analytics, condition)) {
        for (const step of page) proposals.apply(step);
      }
    },
    start: (parts, engine, active) => {
      const { signal } = lifecycle;
      const shared = { analytics, settings, isPlaceholder, signal, clock, log, metrics };
      causes.start(rescorer({ ...parts, ...shared }));
      labels.start(rescorer({ ...parts, ...shared }));
      const decoderOf = (each: LoadedConfig): Decoder => assembleHistoryDecoder(each, keys);
      const measuring = new MeasuringAgain({ active, decoderOf, engine });
      late.start(remeasurer({ ...parts, ...shared, measuring }));
      const read = (): Board => boardOf(engine.freezing, proposals, { limit: MIRRORED });
      lifecycle.onClose('list of cases', mirrorBoard({ redis: mirror, read, clock, log }));
    },
  };
}

interface LateQueues {
  readonly causes: RescoreQueue;
  readonly labels: RescoreQueue;
  readonly late: RescoreQueue<LateEvents>;
}

function openQueues(
  { clock, log, lifecycle }: LateTruthOptions,
  redis: Stores['redis'],
): LateQueues {
  const causes = new RescoreQueue({ name: RESCORE_QUEUES.causes, redis, clock, log });
  lifecycle.onClose('rescore queue', () => causes.close());
  const labels = new RescoreQueue({ name: RESCORE_QUEUES.labels, redis, clock, log });
  lifecycle.onClose('rescore queue of labels', () => labels.close());
  const late = new RescoreQueue<LateEvents>({
    ...{ name: RESCORE_QUEUES.late, maxWaiting: MAX_LATE_JOBS, redis, clock, log },
  });
  lifecycle.onClose('remeasure queue', () => late.close());
  return { causes, labels, late };
}

/** The same evaluation as when the payment came, but for the block: what is paused or full by now stays so. */
function earnAnew(
  config: LoadedConfig,
  keys: Keys,
  { campaigns, customers, configVersion }: EarnParts,
  { grantId, word }: RewardProposal & { readonly word: Word },
  { json, receivedAtMs }: { readonly json: Buffer; readonly receivedAtMs: number },
): readonly ReserveOp[] | undefined {
  const batch = new EventBatch(1);
  const failure = assembleHistoryDecoder(config, keys).decode(json, receivedAtMs, batch);
  if (failure !== undefined)
    throw new Error(`a recorded event cannot be read back: ${failure.message}`);
  const event = new EventView(batch, 0);
  const ops = evaluate(campaigns.compiled, event, ALLOW, customers.of(event), configVersion());
  return askedAnew(ops, grantId, { wordId: word.id, atMs: word.issuedAtMs });
}

function isPassing(error: unknown): boolean {
  return error instanceof AnalyticsError && !error.permanent;
}
