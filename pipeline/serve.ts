/** The HTTP side of a worker: its routes joined to the pipeline, the record and the command log. */

import type { Campaign } from '../config/campaign-schema.ts';
import { answersFrom } from './answers.ts';
import type { AssembledEngine } from './assemble.ts';
import { boardOf } from './orders/case-board.ts';
import type { CommandResult } from './decide/account-action.ts';
import type { CampaignView } from './http/campaigns.ts';
import type { Decide } from './http/intake.ts';
import type { Order } from './http/order.ts';
import { createServer, type HttpServer } from './http/server.ts';
import type { Decoder } from './ingest/decode.ts';
import { judgingView } from './judging-view.ts';
import type { LiveConfig } from './reload/live-config.ts';
import type { Inbox } from './ingest/inbox.ts';
import { maskOrder } from './orders/masked-order.ts';
import type { History } from './record/history.ts';
import type { Recorder } from './record/recorder.ts';
import { quoteFrom } from './quote.ts';
import { REPORTED_TABLES } from './report/answers.ts';
import type { CampaignReport } from './report/document.ts';
import { campaignReport } from './report/report.ts';
import { rewardsOf } from './rewards-of.ts';
import type { Stores } from './stores.ts';
import type { Path } from './join-path.ts';
import type { WorkerOptions } from './worker.ts';

/** How long an order that came by HTTP waits for the worker's word. */
const COMMAND_WITHIN_MS = 5000;

export interface ServeParts {
  readonly stores: Stores;
  readonly decoder: Decoder;
  readonly assembled: AssembledEngine;
  readonly live: LiveConfig;
  readonly history: History;
  readonly inbox: Inbox;
  readonly recorder: Pick<Recorder, 'bufferedRowsOf'>;
  readonly obstacles: () => readonly string[];
  readonly path: Path;
}

/** Made, not listening yet. */
export function serve(options: WorkerOptions, parts: ServeParts): HttpServer {
  const { config, environment, clock, log, metrics } = options;
  const { stores, decoder, assembled, live, history, inbox, obstacles, path } = parts;
  const { http } = config.system;
  const currencies = new Map(config.campaigns.map(({ id, currency }) => [id, currency]));
  const currencyOf = (campaignId: string): string => currencies.get(campaignId) ?? '';
  return createServer({
    config: { ...http, port: options.port ?? http.port },
    apiToken: environment.apiToken,
    clock,
    log,
    metrics,
    inbox,
    cardMask: decoder.cards,
    decide: answersOrEnd(
      options,
      answersFrom({
        pipeline: path.pipeline,
        history,
        grantsOf: rewardsOf(path.journal, stores.analytics),
        currencyOf,
        rewardTimeoutMs: http.rewardTimeoutMs,
        clock,
      }),
    ),
    command: commandFrom(options, parts),
    campaigns: () => campaignViews(path, assembled.engine.watermarkMs || clock.now()),
    report: reportFrom(options, parts),
    quote: quoteFrom({
      decoder,
      campaigns: path.campaigns,
      customers: path.customers,
      ledger: path.ledger,
      isFrozen: (accountId, atMs) =>
        assembled.engine.freezing.standingAt(accountId, atMs) === 'frozen',
      configVersion: () => live.active.version,
      currencyOf,
    }),
    board: (filter) => boardOf(assembled.engine.freezing, path.lateTruth.proposals, filter),
    analytics: stores.analytics,
    fileLists: () => assembled.engine.lists.files,
    exclusions: assembled.engine.exclusions,
    sharing: () => assembled.layers.sharing(assembled.engine.ruling.detectors.columns),
    freezeOf: (accountId) => assembled.engine.freezing.get(accountId),
    configVersion: () => live.active.version,
    configStatus: () => live.status,
    judging: () => judgingView(live),
    engineVersion: assembled.engineVersion,
    readiness: obstacles,
  });
}

/** Appends an order to the command log, and waits for the worker's word on it. */
function commandFrom(
  { clock }: WorkerOptions,
  { path: { commands }, decoder }: ServeParts,
): (order: Order) => Promise<CommandResult> {
  return async (order) => {
    const id = await commands.append(
      maskOrder({ ...order, issuedAtMs: clock.now() }, decoder.cards),
    );
    const result = await commands.wait(id, COMMAND_WITHIN_MS);
    return result ?? { commandId: id, accepted: true, message: 'queued: the worker is busy' };
  };
}

/** Answers with the closing report of a configured campaign; undefined for any other. */
function reportFrom(
  { config }: WorkerOptions,
  { stores, live, recorder }: ServeParts,
): (campaignId: string, marginBp: number) => Promise<CampaignReport> | undefined {
  return (campaignId, marginBp) => {
    const campaign = config.campaigns.find(({ id }) => id === campaignId);
    const { placeholders, version: configVersion } = live.active;
    return (
      campaign &&
      campaignReport(stores.analytics, campaign, {
        ...{ marginBp, placeholders, configVersion },
        unwrittenRows: recorder.bufferedRowsOf(REPORTED_TABLES),
      })
    );
  };
}

/** @param atMs event time: a replayed Friday is a Friday. */
function campaignViews({ campaigns, journal }: Path, atMs: number): readonly CampaignView[] {
  return campaigns.statuses(atMs).map(({ campaign, status, closesAtMs }) => ({
    id: campaign.id,
    title: campaign.title,
    status,
    from: new Date(campaign.window.from).toISOString(),
    to: new Date(campaign.window.to).toISOString(),
    closesAt: new Date(closesAtMs).toISOString(),
    ...(campaign.release && { release: releaseView(campaign.release) }),
    currency: campaign.currency,
    offers: campaign.offers.map(({ id, title }) => ({
      id,
      title,
      paused: campaigns.isPaused(campaign.id, id),
    })),
    balances: journal.balances
      .filter(({ campaignId }) => campaignId === campaign.id)
      .map(({ account, limit, posted, pending }) => ({
        account,
        posted,
        pending,
        ...(limit === undefined ? {} : { limit, left: limit - posted - pending }),
      })),
  }));
}

function releaseView({ effectiveFrom, ...said }: NonNullable<Campaign['release']>) {
  const from = effectiveFrom !== undefined && {
    effectiveFrom: new Date(effectiveFrom).toISOString(),
  };
  return { ...said, ...from };
}

/** A decision that throws ends the process: going on without it would leave callers unanswered for ever. */
function answersOrEnd({ lifecycle }: WorkerOptions, decide: Decide): Decide {
  return async (batch) => {
    try {
      return await decide(batch);
    } catch (error) {
      lifecycle.fail(error);
      throw error;
    }
  };
}
