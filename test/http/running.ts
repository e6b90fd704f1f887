/**
 * A server on a real port with a real inbox in a folder of its own, and a small decider: the real decoder, a
 * memory of ids, and `block` from 1,000.00 on.
 */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemSchema, type SystemConfig } from '../../config/schema.ts';
import { SubjectList, type FileLists } from '../../pipeline/decide/lists.ts';
import { systemClock } from '../../pipeline/clock.ts';
import { EventBatch } from '../../pipeline/event.ts';
import type { EventOutcome, RewardAnswer } from '../../pipeline/http/outcome.ts';
import { createServer, type HttpDeps, type HttpServer } from '../../pipeline/http/server.ts';
import { Decoder } from '../../pipeline/ingest/decode.ts';
import { Inbox } from '../../pipeline/ingest/inbox.ts';
import type { RawBatch, RawRecord } from '../../pipeline/ingest/source.ts';
import { Metrics, silentLogger } from '../../pipeline/telemetry.ts';

const EMPTY = new SubjectList({
  ...{ accounts: [], cards: [], devices: [], ips: [], merchants: [], phones: [] },
});
const NO_LISTS: FileLists = {
  ...{ block: EMPTY, allow: EMPTY, watch: EMPTY },
  automatic: {
    ...{ to: 'off', withinMs: 1, expiresAfterMs: 1, perHour: 0, latenessMs: 0 },
  },
};

/** What the small decider grants for every event. */
export const REWARD: RewardAnswer = {
  grantId: 'g_1',
  offerId: 'spend-200',
  label: '',
  state: 'posted',
  reason: 'granted',
  amountMinor: 3000,
  currency: 'CNY',
  award: [{ kind: 'discount', amountMinor: 3000 }],
};

export function newDecoder(): Decoder {
  const { ingest } = systemSchema.parse({});
  return new Decoder({
    hashSeed: [1, 2],
    placeholders: ['unknown'],
    cardTokenKey: 'a key for tests',
    limits: { ...ingest, earliestMs: Date.parse(ingest.earliest) },
  });
}

export class SmallDecider {
  readonly batches: RawBatch[] = [];
  readonly #decoder = newDecoder();
  readonly #seen = new Map<string, { readonly bodyHash: number; readonly outcome: EventOutcome }>();

  decide(batch: RawBatch): EventOutcome[] {
    this.batches.push(batch);
    return batch.records.map((record) => this.#one(record));
  }

  #one(record: RawRecord): EventOutcome {
    const batch = new EventBatch(1);
    const failure = this.#decoder.decodeRecord(record, batch);
    if (failure !== undefined) return { kind: 'refused', ...failure };
    const event = batch.view(0);
    const decisionId = `dec_${event.id}`;
    const bodyHash = batch.bodyHash[0]!;
    const before = this.#seen.get(event.id);
    if (before !== undefined && before.bodyHash !== bodyHash) {
      return { kind: 'conflict', eventId: event.id, decisionId };
    }
    if (before?.outcome.kind === 'decided') return { ...before.outcome, kind: 'repeated' };
    const outcome: EventOutcome = {
      kind: 'decided',
      eventId: event.id,
      decisionId,
      verdict: (event.amountMinor ?? 0) >= 100_000 ? 'block' : 'allow',
      late: false,
      rewards: [REWARD],
    };
    this.#seen.set(event.id, { bodyHash, outcome });
    return outcome;
  }
}

export interface Running extends AsyncDisposable {
  readonly server: HttpServer;
  readonly url: string;
  readonly inbox: Inbox;
  readonly decider: SmallDecider;
  readonly folder: string;
  /** `POST` of a body as it is; JSON unless another content type is named. */
  post(path: string, body: string | Buffer, headers?: Record<string, string>): Promise<Response>;
}

/** @param http settings that differ from the defaults; the port is free to choose unless it is one of them. */
export async function start(
  deps: Partial<HttpDeps> = {},
  http: Partial<SystemConfig['http']> = {},
): Promise<Running> {
  const folder = await mkdtemp(join(tmpdir(), 'sheepdog-http-'));
  const log = silentLogger();
  const inbox = await Inbox.open({ folder, clock: systemClock, log });
  await inbox.run(() => Promise.resolve(), new AbortController().signal);
  const decider = new SmallDecider();
  const server = createServer({
    config: { ...systemSchema.parse({}).http, port: 0, ...http },
    apiToken: undefined,
    clock: systemClock,
    log,
    metrics: new Metrics(),
    inbox,
    cardMask: newDecoder().cards,
    decide: (batch) => Promise.resolve(decider.decide(batch)),
    command: ({ kind }) => Promise.resolve({ commandId: '1-0', accepted: true, message: kind }),
    campaigns: () => [],
    report: () => undefined,
    quote: () => Promise.resolve({ kind: 'unavailable', message: 'no ledger here' }),
    fileLists: () => NO_LISTS,
    freezeOf: () => undefined,
    exclusions: { entries: [], proposals: [] },
    sharing: () => [],
    board: () => ({
      open: { freeze: 0, order: 0, appeal: 0, clawback: 0, compensation: 0 },
      switches: { freezing: 'on', blocking: 'on' },
      proposals: [],
    }),
    analytics: { query: () => Promise.resolve([]) },
    configVersion: () => 'v1',
    configStatus: () => ({
      version: 'v1',
      since: '',
      actor: 'start',
      reason: '',
      needsRestart: [],
    }),
    judging: () => ({ judges: [], bounds: undefined }),
    engineVersion: '0.1.0',
    readiness: () => [],
    ...deps,
  });
  await server.listen();
  const url = server.address();
  return {
    server,
    url,
    inbox,
    decider,
    folder,
    post: (path, body, headers = {}) =>
      fetch(`${url}${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body,
      }),
    [Symbol.asyncDispose]: async () => {
      await server.close();
      await inbox.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** A valid payment as JSON text. */
export function payment(id: string, more: Record<string, unknown> = {}): string {
  return JSON.stringify({
    id,
    type: 'payment',
    occurredAt: '2026-10-01T10:00:00+08:00',
    accountId: 'acc-1',
    amount: 20_000,
    currency: 'CNY',
    ...more,
  });
}
