/** `GET /v1/grants` and `GET /v1/grants/:id`: rewards as the record has them, for reviewers and campaign managers. */

import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { GRANT_STATES } from '../reward/grant.ts';
import { sendError } from './answer.ts';
import type { GrantFile } from './grant-file.ts';
import { mistakesIn } from './order.ts';

const MOST_A_PAGE = 500;

const name = z.string().min(1).max(200);
/** Query strings are text: a number is written in digits. */
const whole = z
  .string()
  .regex(/^[1-9]\d{0,15}$/, 'write a whole number above 0')
  .transform(Number);
const filterSchema = z.strictObject({
  state: z.enum(GRANT_STATES).optional(),
  campaign: name.optional(),
  offer: name.optional(),
  limit: whole.pipe(z.number().max(MOST_A_PAGE)).prefault('100'),
  before: whole.pipe(z.number().max(Number.MAX_SAFE_INTEGER)).optional(),
});

export function addGrantRoutes(app: FastifyInstance, file: GrantFile): void {
  app.get('/v1/grants', async (request, reply) => {
    const filter = filterSchema.safeParse(request.query);
    if (filter.success) return file.page(filter.data);
    return sendError(reply, 400, 'bad_request', mistakesIn(filter.error));
  });
  app.get<{ Params: { id: string } }>('/v1/grants/:id', async (request, reply) => {
    const grant = await file.grant(request.params.id);
    return (
      grant ??
      sendError(
        reply,
        404,
        'not_found',
        'no such reward, or not recorded yet; rows follow within seconds',
      )
    );
  });
}
