/** What a campaign manager asks and orders: where campaigns stand, changes to them, a word on a reward that waits. */

import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { CommandResult } from '../decide/account-action.ts';
import { sendError } from './answer.ts';
import { orderSchema, readBody, sendResult, type Order } from './order.ts';

export interface CampaignRouteParts {
  /** Every configured campaign as it stands now. */
  readonly campaigns: () => readonly CampaignView[];
  /** Appends the order to the command log and resolves once it was applied or refused. */
  readonly command: (order: Order) => Promise<CommandResult>;
}

export interface CampaignView {
  readonly id: string;
  readonly title: string;
  readonly status: string;
  readonly from: string;
  readonly to: string;
  /** When it is closed by itself. */
  readonly closesAt: string;
  /** Which version of its file runs, who wrote it, who approved it and why; left out where the file does not say. */
  readonly release?: {
    readonly version: number;
    readonly author: string;
    readonly approvedBy?: string | undefined;
    readonly reason: string;
    readonly effectiveFrom?: string;
  };
  readonly currency: string;
  readonly offers: readonly {
    readonly id: string;
    readonly title: string;
    readonly paused: boolean;
  }[];
  /** Budget lines, quotas and stock with what is left of them; amounts in minor units. */
  readonly balances: readonly {
    readonly account: string;
    readonly posted: number;
    readonly pending: number;
    /** Left out where there is no limit. */
    readonly limit?: number;
    readonly left?: number;
  }[];
}

const name = z.string().min(1).max(200);
const count = z.int().positive();
const changeSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.enum(['pause', 'resume']), offerId: name.optional() }),
  z.strictObject({ kind: z.literal('close') }),
  z.strictObject({
    kind: z.literal('add_quota'),
    offerId: name,
    tier: count.optional(),
    by: count,
  }),
  z.strictObject({
    kind: z.literal('add_budget'),
    line: name,
    by: count,
    from: name.optional(),
  }),
  z.strictObject({
    kind: z.enum(['restrict_instrument', 'allow_instrument']),
    offerId: name.optional(),
    instrument: name,
  }),
  z.strictObject({
    kind: z.literal('merchant_list'),
    list: name,
    merchants: z.array(name).max(100_000),
  }),
]);
const requestSchema = orderSchema.extend({ change: changeSchema });

interface ById {
  Params: { id: string };
}

export function addCampaignRoutes(app: FastifyInstance, parts: CampaignRouteParts): void {
  app.get('/v1/campaigns', () => ({ campaigns: parts.campaigns() }));
  app.post<ById>('/v1/campaigns/:id/changes', async (request, reply) => {
    const read = readBody(requestSchema, request.body);
    if (read.kind === 'bad') return sendError(reply, 400, 'bad_request', read.message);
    const { change, ...who } = read.value;
    const order = {
      kind: 'campaign',
      change: { ...change, campaignId: request.params.id },
    } as const;
    return sendResult(reply, await parts.command({ ...order, ...who }));
  });
  for (const kind of ['approve', 'reject'] as const) {
    app.post<ById>(`/v1/grants/:id/${kind}`, async (request, reply) => {
      const who = readBody(orderSchema, request.body);
      if (who.kind === 'bad') return sendError(reply, 400, 'bad_request', who.message);
      return sendResult(
        reply,
        await parts.command({ kind, grantId: request.params.id, ...who.value }),
      );
    });
  }
}
