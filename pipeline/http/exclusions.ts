/** Values that join strangers: what is excluded, what is proposed, and a person's word on it. */

import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { CommandResult } from '../decide/account-action.ts';
import { EXCLUSION_KINDS, type Exclusion, type ExclusionChange } from '../detect/exclusion.ts';
import { ownBands } from '../detect/own-bands.ts';
import type { SharingFigures } from '../detect/sharing-feature.ts';
import { sendError } from './answer.ts';
import { mistakesIn, orderSchema, readBody, sendResult, type Order } from './order.ts';

export interface ExclusionRouteParts {
  readonly exclusions: {
    readonly entries: readonly Exclusion[];
    readonly proposals: readonly ExclusionChange[];
  };
  /** What hubs' limits follow from. */
  readonly sharing: () => readonly SharingFigures[];
  /** Appends the order to the command log and resolves once it was applied or refused. */
  readonly command: (order: Order) => Promise<CommandResult>;
}

const wordSchema = orderSchema.extend({
  kind: z.enum(EXCLUSION_KINDS as [string, ...string[]]).transform((kind) => {
    return kind as (typeof EXCLUSION_KINDS)[number];
  }),
  value: z.string().trim().min(1).max(512),
});
const addSchema = wordSchema.extend({
  expires: z.iso.datetime({ offset: true }).optional(),
  /** Own limits; left out: findings about the value reach no band. */
  bands: ownBands.optional(),
});

const count = z
  .string()
  .regex(/^\d{1,6}$/, 'write a whole number up to 999999')
  .transform(Number);
const pageSchema = z.strictObject({ limit: count.prefault('500'), offset: count.prefault('0') });

export function addExclusionRoutes(
  app: FastifyInstance,
  { exclusions, sharing, command }: ExclusionRouteParts,
): void {
  app.get('/v1/exclusions', (request, reply) => {
    const page = pageSchema.safeParse(request.query);
    if (!page.success) return sendError(reply, 400, 'bad_request', mistakesIn(page.error));
    const { limit, offset } = page.data;
    const { entries, proposals } = exclusions;
    return reply.send({
      entries: entries.slice(offset, offset + limit),
      proposals: proposals.slice(offset, offset + limit),
      // There may be a hundred thousand of each.
      total: { entries: entries.length, proposals: proposals.length },
      sharing: sharing(),
    });
  });
  app.post('/v1/exclusions/add', async (request, reply) => {
    const read = readBody(addSchema, request.body);
    if (read.kind === 'bad') return sendError(reply, 400, 'bad_request', read.message);
    const { kind: of, expires, ...said } = read.value;
    const expiresAtMs = expires === undefined ? undefined : Date.parse(expires);
    return sendResult(
      reply,
      await command({ kind: 'exclusion', op: 'add', of, expiresAtMs, ...said }),
    );
  });
  for (const op of ['remove', 'dismiss'] as const) {
    app.post(`/v1/exclusions/${op}`, async (request, reply) => {
      const read = readBody(wordSchema, request.body);
      if (read.kind === 'bad') return sendError(reply, 400, 'bad_request', read.message);
      const { kind: of, ...said } = read.value;
      return sendResult(reply, await command({ kind: 'exclusion', op, of, ...said }));
    });
  }
}
