/** What the campaigns view shows beside GET /v1/campaigns: figures of offers, rewards that wait, what people changed. */

import type { Analytics } from '../../record/analytics.ts';
import type { Row } from '../case-file.ts';
import * as sql from './campaigns-sql.ts';
import { readReach, type RangeName } from './overview.ts';

interface Waiting extends Row {
  readonly eventId: string;
  readonly award: string;
  readonly total: number;
}

interface OfEvent extends Row {
  readonly eventId: string;
}

/** Figures of offers are those of the range; what waits, and what people changed, is shown whenever it was. */
export async function readCampaigns(
  analytics: Pick<Analytics, 'query'>,
  range: RangeName,
): Promise<Row> {
  const { from, to, decisions } = await readReach(analytics, range);
  // One after the other, as in the overview: the embedded engine has few threads.
  const offers = await analytics.query<Row>(sql.OFFERS, { from, to });
  const queue = await analytics.query<Waiting>(sql.QUEUE);
  const eventIds = [...new Set(queue.map(({ eventId }) => eventId))];
  const asked = eventIds.length > 0;
  const verdicts = asked ? await analytics.query<OfEvent>(sql.VERDICTS, { eventIds }) : [];
  const findings = asked ? await analytics.query<OfEvent>(sql.FINDINGS, { eventIds }) : [];
  const actions = await analytics.query<Row>(sql.ACTIONS);
  return {
    range: { name: range, fromMs: from, toMs: to },
    decisions,
    offers,
    review: {
      total: queue[0]?.total ?? 0,
      grants: queue.map(({ total: _total, award, ...grant }) => ({
        ...grant,
        award: award === '' ? [] : (JSON.parse(award) as unknown),
        reasons: verdicts.find(({ eventId }) => eventId === grant.eventId)?.['reasons'] ?? [],
        findings: findings.filter(({ eventId }) => eventId === grant.eventId),
      })),
    },
    actions,
  };
}
