/** The closing report of a campaign from the running worker: no restart, and the record stays its own. */

import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { AnalyticsError } from '../record/analytics.ts';
import type { CampaignReport } from '../report/document.ts';
import { reportPage } from '../report/html.ts';
import { DEFAULT_MARGIN_BP } from '../report/margin.ts';
import { sendError } from './answer.ts';
import type { CampaignRouteParts } from './campaigns.ts';

export interface CampaignReportParts extends Pick<CampaignRouteParts, 'campaigns'> {
  /** Undefined when no such campaign is configured. */
  readonly report: (campaignId: string, marginBp: number) => Promise<CampaignReport> | undefined;
}

const querySchema = z.strictObject({
  marginBp: z.coerce.number().int().min(0).default(DEFAULT_MARGIN_BP),
});

/** JSON, or the page where the caller prefers `text/html`, as browsers do. */
export function addCampaignReportRoute(app: FastifyInstance, parts: CampaignReportParts): void {
  const read = oneAtATime(parts.report);
  app.get<{ Params: { id: string } }>('/v1/campaigns/:id/report', async (request, reply) => {
    const query = querySchema.safeParse(request.query);
    if (!query.success) {
      return sendError(reply, 400, 'bad_request', 'marginBp: write basis points, such as 60');
    }
    const report = await read(request.params.id, query.data.marginBp).catch(whileAway);
    if (report === 'away') {
      reply.header('retry-after', '5');
      return sendError(reply, 503, 'unavailable', 'the record is away: ask again');
    }
    if (report === undefined) {
      const known = parts.campaigns().map(({ id }) => id);
      const told = known.length === 0 ? 'none is configured' : `there are ${known.join(', ')}`;
      const message = `there is no campaign "${request.params.id}": ${told}`;
      return sendError(reply, 404, 'not_found', message);
    }
    reply.header('vary', 'accept');
    if (request.headers.accept?.includes('text/html') !== true) return report;
    const { html, policy } = reportPage(report);
    return reply
      .header('content-type', 'text/html; charset=utf-8')
      .header('content-security-policy', `${policy}; frame-ancestors 'none'`)
      .header('referrer-policy', 'no-referrer')
      .send(html);
  });
}

/** The record is expected back, unless it answered that the question itself is wrong. */
function whileAway(error: unknown): 'away' {
  if (error instanceof AnalyticsError && !error.permanent) return 'away';
  throw error;
}

/** A report reads all of history: two at once would take the record away from the worker for twice as long. */
function oneAtATime(
  report: CampaignReportParts['report'],
): (campaignId: string, marginBp: number) => Promise<CampaignReport | undefined> {
  let last: Promise<unknown> = Promise.resolve();
  return (campaignId, marginBp) => {
    const next = last.then(() => report(campaignId, marginBp));
    last = next.catch(() => undefined);
    return next;
  };
}
