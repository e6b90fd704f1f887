/** Which configuration judges, and a person's word on the one that is on trial. */

import type { FastifyInstance } from 'fastify';
import type { ConfigStatus } from '../reload/config-status.ts';
import type { AnalystParts } from './analyst.ts';
import { sendError } from './answer.ts';
import { orderSchema, readBody, sendResult } from './order.ts';

export interface ConfigRouteParts extends Pick<AnalystParts, 'command'> {
  /** What judges, what is on trial, what was refused. */
  readonly configStatus: () => ConfigStatus;
  readonly engineVersion: string;
}

const ORDERS = { promote: 'promoted', rollback: 'rolled_back' } as const;

export function addConfigRoutes(app: FastifyInstance, parts: ConfigRouteParts): void {
  app.get('/v1/config', () => ({ ...parts.configStatus(), engineVersion: parts.engineVersion }));
  for (const [name, to] of Object.entries(ORDERS)) {
    app.post(`/v1/config/${name}`, async (request, reply) => {
      const order = readBody(orderSchema, request.body);
      if (order.kind === 'bad') return sendError(reply, 400, 'bad_request', order.message);
      return sendResult(reply, await parts.command({ kind: 'config', to, ...order.value }));
    });
  }
}
