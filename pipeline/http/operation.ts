/** What machines that watch the worker ask: alive, ready, metrics. */

import type { FastifyInstance } from 'fastify';
import type { ConfigStatus } from '../reload/config-status.ts';
import type { Metrics } from '../telemetry.ts';

export interface OperationParts {
  readonly metrics: Metrics;
  /** Reasons in words; empty when ready. */
  readonly notReady: () => readonly string[];
  readonly configStatus: () => Pick<ConfigStatus, 'warming' | 'warmingUp'>;
}

export function addOperationRoutes(app: FastifyInstance, parts: OperationParts): void {
  app.get('/healthz', () => ({ status: 'alive' }));
  app.get('/readyz', (_request, reply) => {
    const reasons = parts.notReady();
    // What warms up judges by what it knows: it is told, and keeps nobody waiting.
    const { warming, warmingUp: known = [] } = parts.configStatus();
    const warmingUp = [...(warming?.features ?? []), ...known];
    if (reasons.length === 0)
      return reply.send({ status: 'ready', ...(warmingUp.length > 0 && { warmingUp }) });
    return reply.code(503).send({ status: 'not ready', reasons });
  });
  app.get('/metrics', async (_request, reply) => {
    const { registry } = parts.metrics;
    return reply.header('content-type', registry.contentType).send(await registry.metrics());
  });
}
