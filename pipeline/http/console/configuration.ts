/** What the configuration view shows beside GET /v1/config: who judges, how each does, and what changed when. */

import type { JudgingView } from '../../judging-view.ts';
import type { Analytics } from '../../record/analytics.ts';
import type { Metrics } from '../../telemetry.ts';
import { withTimes, type Row } from '../case-file.ts';
import { readReach, type RangeName } from './overview.ts';
import { ms, RANGE } from './overview-sql.ts';

export interface JudgingParts {
  /** What judges, from the process itself: it knows before a row is recorded. */
  readonly judging: () => JudgingView;
  readonly metrics: Pick<Metrics, 'detectorSilence' | 'detectorDrift' | 'featuresWarming'>;
}

/** How far the record reaches, for views that ask the rest elsewhere. */
export async function readStatus(
  analytics: Pick<Analytics, 'query'>,
  range: RangeName,
): Promise<Row> {
  const { from, to, decisions } = await readReach(analytics, range);
  return { range: { name: range, fromMs: from, toMs: to }, decisions };
}

/** Findings and failures by detector within the range, and the latest changes whenever they were. */
export async function readConfiguration(
  analytics: Pick<Analytics, 'query'>,
  range: RangeName,
): Promise<Row> {
  const { from, to, decisions } = await readReach(analytics, range);
  // One after the other, as in the overview: the embedded engine has few threads.
  const findings = await analytics.query<Row>(FINDINGS, { from, to });
  const changes = await analytics.query<Row>(`${CHANGES} ORDER BY arrival DESC LIMIT 30`);
  return { range: { name: range, fromMs: from, toMs: to }, decisions, findings, changes };
}

/** Every step of one version, with what it changed in the files. */
export async function readChanges(
  analytics: Pick<Analytics, 'query'>,
  version: string,
): Promise<{ readonly changes: readonly Row[] }> {
  const rows = await analytics.query<Row>(
    `${CHANGES} WHERE version = {version:String} ORDER BY arrival DESC LIMIT 50`,
    { version },
  );
  return { changes: rows.map(withTimes) };
}

/** Seconds are event time; a detector that is off has none. */
export async function readJudging({ judging, metrics }: JudgingParts): Promise<Row> {
  const { judges, bounds } = judging();
  const silence = await valuesOf(metrics.detectorSilence, 'detector');
  const drift = await valuesOf(metrics.detectorDrift, 'detector');
  const warming = await valuesOf(metrics.featuresWarming, 'feature');
  return {
    judges: judges.map((judge) => ({
      ...judge,
      secondsSinceFinding: judge.mode === 'off' ? null : (silence.get(judge.name) ?? null),
      drift: drift.get(judge.name) ?? 0,
    })),
    ...(bounds !== undefined && { bounds }),
    features: [...warming].map(([feature, known]) => ({ feature, known })),
  };
}

async function valuesOf(
  gauge: Metrics['featuresWarming'] | Metrics['detectorDrift'],
  label: 'detector' | 'feature',
): Promise<Map<string, number>> {
  const { values } = await gauge.get();
  return new Map(
    values.map(({ labels, value }) => [
      String((labels as Readonly<Record<string, unknown>>)[label]),
      value,
    ]),
  );
}

const FINDINGS = `
SELECT detector, toFloat64(countIf(band != 'error')) AS findings, toFloat64(countIf(band = 'error')) AS errors,
       ${ms('max(occurred_at)')} AS lastMs
FROM findings FINAL
WHERE ${RANGE}
GROUP BY detector`;

const CHANGES = `
SELECT change_id AS changeId, kind, version, previous_version AS previousVersion, actor, reason, paths, diff, share,
       ${ms('occurred_at')} AS occurredAtMs, ${ms('recorded_at')} AS recordedAtMs
FROM config_changes FINAL`;
