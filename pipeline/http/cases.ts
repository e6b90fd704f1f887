/** What waits for people about accounts and rewards: proposals, second persons, appeals, reviews, and the switches. */

import ms, { type StringValue } from 'ms';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { CASE_KINDS, type Board, type BoardFilter } from '../orders/case-board.ts';
import { SWITCHES } from '../decide/freeze-cases.ts';
import { sendError } from './answer.ts';
import type { AnalystParts } from './analyst.ts';
import { mistakesIn, orderSchema, readBody, sendResult } from './order.ts';

export interface CaseRouteParts extends Pick<AnalystParts, 'command'> {
  /** The worker's own word: it knows before a row is recorded. */
  readonly board: (filter: BoardFilter) => Board;
}

const filterSchema = z.strictObject({
  kind: z.enum(CASE_KINDS).optional(),
  limit: z
    .string()
    .regex(/^[1-9]\d{0,3}$/, 'write a whole number from 1 to 9999')
    .transform(Number)
    .prefault('500'),
});
const reviewSchema = orderSchema.extend({
  outcome: z.enum(['confirmed', 'cleared']),
  for: z
    .string()
    .regex(/^\d+(\.\d+)?(ms|s|m|h|d|w)$/, 'write a duration such as 12h or 30d')
    .transform((text) => ms(text as StringValue))
    .optional(),
});
const switchSchema = orderSchema.extend({ to: z.enum(['on', 'off']) });

interface ById {
  Params: { id: string };
}

export function addCaseRoutes(app: FastifyInstance, { board, command }: CaseRouteParts): void {
  app.get('/v1/proposals', (request, reply) => {
    const filter = filterSchema.safeParse(request.query);
    if (filter.success) return reply.send(board(filter.data));
    return sendError(reply, 400, 'bad_request', mistakesIn(filter.error));
  });
  for (const word of ['approve', 'dismiss'] as const) {
    app.post<ById>(`/v1/proposals/:id/${word}`, async (request, reply) => {
      const who = readBody(orderSchema, request.body);
      if (who.kind === 'bad') return sendError(reply, 400, 'bad_request', who.message);
      const order = { kind: 'proposal', proposalId: request.params.id, word } as const;
      return sendResult(reply, await command({ ...order, ...who.value }));
    });
  }
  app.post<ById>('/v1/accounts/:id/appeal', async (request, reply) => {
    const who = readBody(orderSchema, request.body);
    if (who.kind === 'bad') return sendError(reply, 400, 'bad_request', who.message);
    const order = { kind: 'appeal', accountId: request.params.id } as const;
    return sendResult(reply, await command({ ...order, ...who.value }));
  });
  app.post<ById>('/v1/accounts/:id/review', async (request, reply) => {
    const read = readBody(reviewSchema, request.body);
    if (read.kind === 'bad') return sendError(reply, 400, 'bad_request', read.message);
    const { for: forMs, ...said } = read.value;
    const order = { kind: 'review', accountId: request.params.id } as const;
    return sendResult(
      reply,
      await command({ ...order, ...said, ...(forMs === undefined ? {} : { forMs }) }),
    );
  });
  for (const name of SWITCHES) {
    app.post(`/v1/switches/${name}`, async (request, reply) => {
      const read = readBody(switchSchema, request.body);
      if (read.kind === 'bad') return sendError(reply, 400, 'bad_request', read.message);
      return sendResult(reply, await command({ kind: 'switch', name, ...read.value }));
    });
  }
}
