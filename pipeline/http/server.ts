/**
 * The HTTP side: events in and decisions out, analysts' questions and orders, probes, metrics and the
 * built-in console. It stands on loopback unless told otherwise; anywhere else it wants a token.
 */

import { isIPv6, type AddressInfo } from 'node:net';
import { fastify, type FastifyError, type FastifyInstance } from 'fastify';
import type { SystemConfig } from '../../config/schema.ts';
import type { Clock } from '../clock.ts';
import { Failure, messageOf } from '../failure.ts';
import type { CardMask } from '../ingest/card-number.ts';
import type { Inbox } from '../ingest/inbox.ts';
import type { Logger, Metrics } from '../telemetry.ts';
import { addAnalystRoutes, type AnalystParts } from './analyst.ts';
import { sendError, type ApiErrorCode } from './answer.ts';
import { addCampaignReportRoute, type CampaignReportParts } from './campaign-report.ts';
import { addCampaignRoutes, type CampaignRouteParts } from './campaigns.ts';
import { addCaseRoutes, type CaseRouteParts } from './cases.ts';
import { CaseFile, type CaseFileParts } from './case-file.ts';
import { addConfigRoutes, type ConfigRouteParts } from './config.ts';
import { addConsoleRoutes, type ConsoleParts } from './console/console.ts';
import { addExclusionRoutes, type ExclusionRouteParts } from './exclusions.ts';
import { addEventRoute, JSON_TYPE, LINES_TYPE } from './events.ts';
import { GrantFile } from './grant-file.ts';
import { addGrantRoutes } from './grants.ts';
import { Intake, type Decide } from './intake.ts';
import { addListRoutes, type ListRouteParts } from './lists.ts';
import { addOperationRoutes } from './operation.ts';
import { addQuoteRoute, type QuoteRouteParts } from './quote.ts';
import { assertGuarded, createGuard, sendRefusal } from './security.ts';

/** A slow sender holds nothing for longer than this. */
const REQUEST_WITHIN_MS = 10_000;
const KEEP_ALIVE_MS = 60_000;
const MAX_CONNECTIONS = 1024;
/** Connections that are still busy this long after the last answer are cut at close. */
const CLOSE_WITHIN_MS = 2000;
const MAX_ID_CHARACTERS = 512;

export interface HttpDeps
  extends
    CaseFileParts,
    CampaignReportParts,
    Pick<AnalystParts, 'command'>,
    Pick<CampaignRouteParts, 'campaigns'>,
    Pick<ListRouteParts, 'fileLists'>,
    Pick<CaseRouteParts, 'board'>,
    Pick<ConfigRouteParts, 'configStatus'>,
    Pick<ConsoleParts, 'judging'>,
    Pick<ExclusionRouteParts, 'exclusions' | 'sharing'>,
    Pick<QuoteRouteParts, 'quote'> {
  readonly config: SystemConfig['http'];
  /** Without one, only loopback is served. */
  readonly apiToken: string | undefined;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
  /** Opened by the caller, who runs its redelivery; events are refused until that is done. */
  readonly inbox: Pick<Inbox, 'append' | 'batchOf' | 'redelivered' | 'problem'>;
  readonly cardMask: CardMask;
  readonly decide: Decide;
  readonly configVersion: () => string;
  readonly engineVersion: string;
  /** Why the process is not ready, in words; empty when it is. */
  readonly readiness: () => readonly string[];
  /** A request must have come whole within this time, its headers within half of it. */
  readonly requestWithinMs?: number;
}

export interface HttpServer {
  /** @throws Failure when the address cannot be taken, with the option that names another. */
  listen(): Promise<void>;
  /** Base URL, such as http://127.0.0.1:8787; known once it listens. */
  address(): string;
  /** Refuses new events and says so in /readyz; what was accepted is still answered. */
  stopAccepting(): void;
  /** Answers what was accepted, then closes every connection. */
  close(): Promise<void>;
}

/** @throws Failure (exit code 2) when the address can be reached by others and there is no token. */
export function createServer(deps: HttpDeps): HttpServer {
  const { config, clock, inbox, log } = deps;
  assertGuarded(config.host, deps.apiToken);
  const intake = new Intake({
    inbox,
    decide: deps.decide,
    clock,
    log,
    maxQueuedEvents: config.maxQueuedEvents,
    maxQueuedBytes: config.maxQueuedBytes,
  });
  const app = createApp(deps);
  const routes = recordRoutes(app);
  answerNotFound(app, routes);
  addEventRoute(app, { ...deps, intake, maxBatchEvents: config.maxBatchEvents });
  const caseFile = new CaseFile(deps);
  addAnalystRoutes(app, { caseFile, command: deps.command });
  addCaseRoutes(app, deps);
  addExclusionRoutes(app, deps);
  addCampaignRoutes(app, deps);
  addListRoutes(app, deps);
  addCampaignReportRoute(app, deps);
  const currencyOf = (campaignId: string): string =>
    deps.campaigns().find(({ id }) => id === campaignId)?.currency ?? '';
  addGrantRoutes(app, new GrantFile({ analytics: deps.analytics, caseFile, currencyOf }));
  addQuoteRoute(app, deps);
  const notReady = (): readonly string[] => {
    const own = [intake.refusal(), inbox.problem()].filter((reason) => reason !== undefined);
    return [...own, ...deps.readiness()];
  };
  addOperationRoutes(app, { ...deps, notReady });
  addConfigRoutes(app, deps);
  addConsoleRoutes(app, { ...deps, notReady });
  refuseOtherMethods(app, routes);
  return {
    listen: () => listen(app, config),
    address: () => addressOf(app, config.host),
    stopAccepting: () => intake.stop('shutting down'),
    close: async () => {
      intake.stop('shutting down');
      await intake.idle();
      intake.close();
      await closeApp(app, clock);
    },
  };
}

function createApp(deps: HttpDeps): FastifyInstance {
  const { clock, config, log, metrics } = deps;
  const requestWithinMs = deps.requestWithinMs ?? REQUEST_WITHIN_MS;
  const app = fastify({
    logger: false,
    bodyLimit: config.maxBodyBytes,
    requestTimeout: requestWithinMs,
    keepAliveTimeout: KEEP_ALIVE_MS,
    forceCloseConnections: 'idle',
    routerOptions: { maxParamLength: MAX_ID_CHARACTERS },
    http: {
      headersTimeout: requestWithinMs / 2,
      connectionsCheckingInterval: requestWithinMs / 10,
    },
  });
  app.server.maxConnections = MAX_CONNECTIONS;
  // Bodies stay bytes: the decoder reads bytes, and a dead letter must hold what came.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser([JSON_TYPE, LINES_TYPE], { parseAs: 'buffer' }, (_request, body, done) =>
    done(null, body),
  );
  const guard = createGuard(config.host, deps.apiToken);
  app.addHook('onRequest', (request, reply, done) => {
    reply.header('x-content-type-options', 'nosniff').header('cache-control', 'no-store');
    // The console dates the ends that people choose by it.
    reply.header('date', new Date(clock.now()).toUTCString());
    const refusal = guard(request);
    if (refusal === undefined) done();
    else sendRefusal(reply, request.url, refusal);
  });
  app.addHook('onResponse', (request, reply, done) => {
    const route = request.routeOptions.url ?? 'none';
    metrics.httpRequests.inc({ route, status: String(reply.statusCode) });
    metrics.httpSeconds.observe({ route }, reply.elapsedTime / 1000);
    done();
  });
  app.setErrorHandler<FastifyError>((error, request, reply) => {
    const known = KNOWN_ERRORS[error.code];
    if (known !== undefined) return sendError(reply, known.status, known.code, known.message);
    if (error.statusCode !== undefined && error.statusCode < 500) {
      return sendError(reply, error.statusCode, 'bad_request', messageOf(error));
    }
    log.error({ method: request.method, route: request.routeOptions.url, err: error }, 'request');
    return sendError(reply, 500, 'internal', 'this failed here; the log says why');
  });
  return app;
}

interface KnownError {
  readonly status: number;
  readonly code: ApiErrorCode;
  readonly message: string;
}

const KNOWN_ERRORS: Readonly<Record<string, KnownError | undefined>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: {
    status: 413,
    code: 'body_too_large',
    message: 'the body is larger than http.maxBodyBytes allows',
  },
  FST_ERR_CTP_INVALID_MEDIA_TYPE: {
    status: 415,
    code: 'unsupported_media_type',
    message: `send ${JSON_TYPE} or ${LINES_TYPE}`,
  },
};

/** The methods of each path, noted as routes are added. */
function recordRoutes(app: FastifyInstance): Map<string, Set<string>> {
  const routes = new Map<string, Set<string>>();
  app.addHook('onRoute', ({ url, method }) => {
    const methods = routes.get(url) ?? new Set();
    routes.set(url, methods);
    for (const each of Array.isArray(method) ? method : [method]) methods.add(each);
  });
  return routes;
}

/** Says what there is: a path that is not known is a slip, or of another version. */
function answerNotFound(app: FastifyInstance, routes: ReadonlyMap<string, unknown>): void {
  app.setNotFoundHandler((_request, reply) => {
    const known = [...routes.keys()].flatMap((url) => /^\/v1\/([a-z]+)/.exec(url)?.[1] ?? []);
    const under = [...new Set(known)].sort().join(', ');
    const message = `no such path: under /v1/ there are ${under}; the console is at /`;
    return sendError(reply, 404, 'not_found', message);
  });
}

/** Fastify answers 404 where the path exists and the method does not; 405 says what the path takes. */
function refuseOtherMethods(app: FastifyInstance, routes: ReadonlyMap<string, Set<string>>): void {
  for (const [url, methods] of [...routes]) {
    const allow = [...methods].join(', ');
    const others = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'].filter(
      (method) => !methods.has(method),
    );
    app.route({
      url,
      method: others,
      handler: (_request, reply) =>
        sendError(reply.header('allow', allow), 405, 'method_not_allowed', `use ${allow}`),
    });
  }
}

async function listen(app: FastifyInstance, { host, port }: SystemConfig['http']): Promise<void> {
  try {
    await app.listen({ host, port });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EADDRINUSE') {
      throw new Failure(
        `port ${port} on ${host} is in use: stop the program that holds it, or choose another with --port`,
        { cause: error },
      );
    }
    throw new Failure(
      `cannot listen on ${host} port ${port} (${messageOf(error)}): change http.host or choose another --port`,
      { exitCode: 2, cause: error },
    );
  }
}

function addressOf(app: FastifyInstance, host: string): string {
  const { port } = app.server.address() as AddressInfo;
  return `http://${isIPv6(host) ? `[${host}]` : host}:${port}`;
}

async function closeApp(app: FastifyInstance, clock: Clock): Promise<void> {
  const closed = new AbortController();
  const cut = clock.sleep(CLOSE_WITHIN_MS, closed.signal).then(() => {
    app.server.closeAllConnections();
  });
  await app.close();
  closed.abort();
  await cut;
}
