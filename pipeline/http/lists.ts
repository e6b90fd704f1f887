/** The lists by HTTP: what stands on them, and orders that put entries on and take them off. */

import type { FastifyInstance, FastifyReply } from 'fastify';
import { z } from 'zod';
import type { CommandResult } from '../decide/account-action.ts';
import {
  canonicalValue,
  LIST_KINDS,
  LIST_NAMES,
  MAX_ENTRIES_AN_ORDER,
  type ListKind,
  type ListName,
} from '../decide/list-entry.ts';
import { fileEntryId, type FileLists } from '../decide/lists.ts';
import type { CardMask } from '../ingest/card-number.ts';
import type { Analytics } from '../record/analytics.ts';
import { recordedEntries } from '../record/list-history.ts';
import { sendError } from './answer.ts';
import { withTimes } from './case-file.ts';
import { mistakesIn, orderSchema, readBody, sendResult, type Order } from './order.ts';

export interface ListRouteParts {
  readonly analytics: Pick<Analytics, 'query'>;
  /** The lists of the configuration in force. */
  readonly fileLists: () => FileLists;
  readonly cardMask: CardMask;
  /** Appends the order to the command log and resolves once it was applied or refused. */
  readonly command: (order: Order) => Promise<CommandResult>;
}

const list = z.enum(LIST_NAMES);
const kind = z.enum(LIST_KINDS);
const text = z.string().trim().min(1).max(500);
const additions = orderSchema.extend({
  entries: z
    .array(
      z.strictObject({
        kind,
        value: z.string().min(1).max(2000),
        reason: text.optional(),
        author: text.optional(),
        expires: z.iso.datetime({ offset: true }).optional(),
      }),
    )
    .min(1)
    .max(MAX_ENTRIES_AN_ORDER),
});

const LIMIT = 1000;
const page = z.strictObject({
  kind: kind.optional(),
  /** The last value of the page before, with its kind. */
  afterKind: kind.optional(),
  after: z.string().optional(),
  limit: z.coerce.number().int().min(1).max(LIMIT).default(LIMIT),
});

interface OfList {
  Params: { list: string };
}
interface OfValue {
  Params: { list: string; kind: string; value: string };
}

export function addListRoutes(app: FastifyInstance, parts: ListRouteParts): void {
  app.get<OfList>('/v1/lists/:list', async (request, reply) => {
    const name = list.safeParse(request.params.list);
    if (!name.success) return noSuchList(reply);
    const asked = page.safeParse(request.query);
    if (!asked.success) return sendError(reply, 400, 'bad_request', mistakesIn(asked.error));
    const { kind: only, after, afterKind, limit } = asked.data;
    const since = after === undefined ? undefined : ([name.data, afterKind ?? '', after] as const);
    const question = { list: name.data, kind: only, after: since, limit };
    const entries = await recordedEntries(parts.analytics, question);
    return {
      files: inFiles(parts, name.data, only),
      entries: entries.map((each) => withTimes({ ...each })),
    };
  });
  app.get<OfValue>('/v1/lists/:list/:kind/:value', async (request, reply) => {
    const place = placeOf(parts, request.params);
    if (place === undefined) return noSuchList(reply);
    const [entry] = await recordedEntries(parts.analytics, { ...place, limit: 1 });
    const [file] = inFiles(parts, place.list, place.kind).filter(
      ({ value }) => canonicalValue(place.kind, value) === place.value,
    );
    const found = entry === undefined ? file : withTimes({ ...entry });
    return found ?? sendError(reply, 404, 'not_found', `it is not on the ${place.list} list`);
  });
  app.post<OfList>('/v1/lists/:list', async (request, reply) => {
    const name = list.safeParse(request.params.list);
    if (!name.success) return noSuchList(reply);
    const read = readBody(additions, request.body);
    if (read.kind === 'bad') return sendError(reply, 400, 'bad_request', read.message);
    const { entries, ...who } = read.value;
    const added = entries.map(({ expires, ...entry }) => ({
      ...entry,
      expiresAtMs: expires === undefined ? undefined : Date.parse(expires),
    }));
    const order = { op: 'add', list: name.data, entries: added } as const;
    return sendResult(reply, await parts.command({ kind: 'list', order, ...who }));
  });
  app.delete<OfValue>('/v1/lists/:list/:kind/:value', async (request, reply) => {
    const place = placeOf(parts, request.params);
    if (place === undefined) return noSuchList(reply);
    const who = readBody(orderSchema, request.body);
    if (who.kind === 'bad') return sendError(reply, 400, 'bad_request', who.message);
    const entries = [{ kind: place.kind, value: place.value }];
    const order = { op: 'remove', list: place.list, entries } as const;
    return sendResult(reply, await parts.command({ kind: 'list', order, ...who.value }));
  });
}

function noSuchList(reply: FastifyReply): FastifyReply {
  const message = `the lists are ${LIST_NAMES.join(', ')}, of ${LIST_KINDS.join(', ')}`;
  return sendError(reply, 404, 'not_found', message);
}

interface Place {
  readonly list: ListName;
  readonly kind: ListKind;
  readonly value: string;
}

/** As the record has it: a card number masked, an address in its one spelling. */
function placeOf({ cardMask }: ListRouteParts, params: OfValue['Params']): Place | undefined {
  const name = list.safeParse(params.list);
  const of = kind.safeParse(params.kind);
  if (!name.success || !of.success) return undefined;
  const value = canonicalValue(of.data, cardMask.text(params.value));
  return { list: name.data, kind: of.data, value };
}

interface FileRow {
  readonly list: ListName;
  readonly kind: ListKind;
  readonly value: string;
  readonly reason: string;
  readonly author: string;
  readonly entryId: string;
  readonly expiresAt: string | null;
}

function inFiles({ fileLists }: ListRouteParts, name: ListName, only?: ListKind): FileRow[] {
  return [...fileLists()[name].entries()]
    .filter((entry) => only === undefined || entry.kind === only)
    .map((entry) => ({
      list: name,
      kind: entry.kind,
      value: entry.value,
      reason: entry.reason,
      author: entry.author,
      entryId: fileEntryId(name, entry),
      expiresAt: entry.expiresAtMs === undefined ? null : new Date(entry.expiresAtMs).toISOString(),
    }));
}
