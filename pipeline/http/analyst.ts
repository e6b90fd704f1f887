/** What an analyst asks and orders: a decision with its why, an account, freeze, unfreeze and label. */

import type { FastifyInstance, FastifyReply } from 'fastify';
import { z } from 'zod';
import type { Command, CommandResult } from '../decide/account-action.ts';
import { sendError } from './answer.ts';
import type { CaseFile } from './case-file.ts';

type WithoutLog<C> = C extends Command ? Omit<C, 'id' | 'issuedAtMs'> : never;
/** A command before the log gives it its id and time. */
export type Order = WithoutLog<Command>;

export interface AnalystParts {
  readonly caseFile: CaseFile;
  /** Appends the order to the command log and resolves once it was applied or refused. */
  readonly command: (order: Order) => Promise<CommandResult>;
}

const MAX_TEXT = 500;
const text = z.string().trim().min(1).max(MAX_TEXT);
const orderSchema = z.strictObject({ actor: text, reason: text });
const labelSchema = z.strictObject({
  label: z.enum(['confirmed', 'false_positive']),
  actor: text,
  reason: text,
});

interface ById {
  Params: { id: string };
}

export function addAnalystRoutes(app: FastifyInstance, parts: AnalystParts): void {
  app.get<ById>('/v1/decisions/:id', async (request, reply) => {
    const decision = await parts.caseFile.decision(request.params.id);
    return (
      decision ??
      sendError(
        reply,
        404,
        'not_found',
        'no such decision, or not recorded yet; rows follow within seconds',
      )
    );
  });
  app.get<ById>('/v1/accounts/:id', (request) => parts.caseFile.account(request.params.id));
  for (const kind of ['freeze', 'unfreeze'] as const) {
    app.post<ById>(`/v1/accounts/:id/${kind}`, async (request, reply) => {
      const order = read(orderSchema, request.body);
      if (order.kind === 'bad') return sendError(reply, 400, 'bad_request', order.message);
      const accountId = request.params.id;
      return answer(reply, await parts.command({ kind, accountId, ...order.value }));
    });
  }
  app.post<ById>('/v1/decisions/:id/label', async (request, reply) => {
    const label = read(labelSchema, request.body);
    if (label.kind === 'bad') return sendError(reply, 400, 'bad_request', label.message);
    const decisionId = request.params.id;
    return answer(reply, await parts.command({ kind: 'label', decisionId, ...label.value }));
  });
}

function answer(reply: FastifyReply, result: CommandResult): FastifyReply {
  if (result.accepted) return reply.send(result);
  return sendError(reply, 409, 'not_accepted', result.message);
}

type Read<T> =
  { readonly kind: 'ok'; readonly value: T } | { readonly kind: 'bad'; readonly message: string };

function read<T>(schema: z.ZodType<T>, body: unknown): Read<T> {
  let json: unknown;
  try {
    json = JSON.parse(body instanceof Buffer ? body.toString('utf8') : '');
  } catch {
    return { kind: 'bad', message: 'the body is not JSON' };
  }
  const result = schema.safeParse(json);
  if (result.success) return { kind: 'ok', value: result.data };
  const issues = result.error.issues.map(({ path, message }) =>
    path.length === 0 ? message : `${path.join('.')}: ${message}`,
  );
  return { kind: 'bad', message: issues.join('; ') };
}
