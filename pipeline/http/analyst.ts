/** What an analyst asks and orders: a decision with its why, an account, freeze, unfreeze and label. */

import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { CommandResult } from '../decide/account-action.ts';
import { sendError } from './answer.ts';
import type { CaseFile } from './case-file.ts';
import { orderSchema, readBody, sendResult, type Order } from './order.ts';

export interface AnalystParts {
  readonly caseFile: CaseFile;
  /** Appends the order to the command log and resolves once it was applied or refused. */
  readonly command: (order: Order) => Promise<CommandResult>;
}

const labelSchema = orderSchema.extend({ label: z.enum(['confirmed', 'false_positive']) });

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
      const order = readBody(orderSchema, request.body);
      if (order.kind === 'bad') return sendError(reply, 400, 'bad_request', order.message);
      const accountId = request.params.id;
      return sendResult(reply, await parts.command({ kind, accountId, ...order.value }));
    });
  }
  app.post<ById>('/v1/decisions/:id/label', async (request, reply) => {
    const label = readBody(labelSchema, request.body);
    if (label.kind === 'bad') return sendError(reply, 400, 'bad_request', label.message);
    const decisionId = request.params.id;
    return sendResult(reply, await parts.command({ kind: 'label', decisionId, ...label.value }));
  });
}
