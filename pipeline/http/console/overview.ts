/** The console's one question, answered from the record: what is going on, and why. */

import type { Analytics } from '../../record/analytics.ts';
import { parsed } from '../case-file.ts';
import * as sql from './overview-sql.ts';

const MINUTE_MS = 60_000;

/** Ranges the page offers, in milliseconds of event time before the latest event. */
export const RANGES = {
  '15m': 15 * MINUTE_MS,
  '1h': 60 * MINUTE_MS,
  '6h': 360 * MINUTE_MS,
  '24h': 1440 * MINUTE_MS,
  '7d': 7 * 1440 * MINUTE_MS,
  all: Infinity,
} as const;
export type RangeName = keyof typeof RANGES;

/** Bucket lengths that read well on an axis, in seconds. */
const STEPS = [1, 5, 10, 30, 60, 300, 600, 1800, 3600, 10_800, 21_600, 86_400, 604_800];
const MOST_BUCKETS = 180;

type Row = Readonly<Record<string, unknown>>;

interface Span {
  readonly decisions: number;
  readonly firstMs: number;
  readonly lastMs: number;
}

interface Bucket {
  /** Steps before the latest event, 0 the last. */
  readonly age: number;
  readonly allow: number;
  readonly review: number;
  readonly block: number;
}

interface Block extends Row {
  readonly decisionId: string;
  readonly occurredAtMs: number;
}

/**
 * Everything the page shows for a range that ends at the latest event: history that was read from a file years
 * later looks as it did then. Times are Unix milliseconds, amounts minor units.
 */
export async function readOverview(
  analytics: Pick<Analytics, 'query'>,
  range: RangeName,
): Promise<Row> {
  const { from, to, decisions } = await readReach(analytics, range);
  const step = stepFor(to - from);
  const within = { from, to };
  // One after the other: the embedded engine works in the threads that also sync the event log, and there are few.
  const timeline = await analytics.query<Bucket>(sql.TIMELINE, { ...within, stepMs: step * 1000 });
  const detectors = await analytics.query<Row>(sql.DETECTORS, within);
  const subjects = await analytics.query<Row>(sql.SUBJECTS, within);
  const frozen = await analytics.query<Row>(sql.FROZEN, { to });
  const blocks = await analytics.query<Block>(sql.BLOCKS, within);
  const why = await readWhy(analytics, blocks, to);
  const grants = await analytics.query<Row>(sql.GRANTS);
  const balances = await analytics.query<Row>(sql.BALANCES);
  const health = await analytics.query<Row>(sql.HEALTH);
  const deadLetters = await analytics.query<Row>(sql.DEAD_LETTERS);
  return {
    range: { name: range, fromMs: from, toMs: to, stepSeconds: step },
    decisions,
    timeline: filled(timeline, from, to, step * 1000),
    detectors,
    ips: subjects.filter((row) => row['subject'] === 'ip'),
    devices: subjects.filter((row) => row['subject'] === 'deviceId'),
    frozen: { count: frozen[0]?.['total'] ?? 0, accounts: frozen },
    grants,
    balances,
    blocks: blocks.map((block) => ({ ...block, findings: why.get(block.decisionId) ?? [] })),
    health,
    deadLetters,
  };
}

/** Where a range begins (exclusive) and ends, in Unix milliseconds, and how many decisions there are at all. */
export async function readReach(
  analytics: Pick<Analytics, 'query'>,
  range: RangeName,
): Promise<{ readonly from: number; readonly to: number; readonly decisions: number }> {
  const [span] = await analytics.query<Span>(sql.SPAN);
  const to = span?.lastMs ?? 0;
  const first = span === undefined || span.decisions === 0 ? to : span.firstMs;
  const from = Math.floor(Math.max(to - RANGES[range], first - 1));
  return { from, to, decisions: span?.decisions ?? 0 };
}

async function readWhy(
  analytics: Pick<Analytics, 'query'>,
  blocks: readonly Block[],
  to: number,
): Promise<ReadonlyMap<string, Row[]>> {
  const byDecision = new Map<string, Row[]>();
  if (blocks.length === 0) return byDecision;
  const findings = await analytics.query<Row & { decisionId: string }>(sql.WHY, {
    decisionIds: blocks.map((block) => block.decisionId),
    oldest: Math.min(...blocks.map((block) => block.occurredAtMs)),
    to,
  });
  for (const row of findings) {
    const finding = { ...row, evidence: parsed(row['evidence']) };
    const list = byDecision.get(finding.decisionId);
    if (list === undefined) byDecision.set(finding.decisionId, [finding]);
    else list.push(finding);
  }
  return byDecision;
}

/** The shortest step that does not make too many buckets, in seconds. */
function stepFor(lengthMs: number): number {
  return STEPS.find((step) => lengthMs / (step * 1000) <= MOST_BUCKETS) ?? STEPS.at(-1)!;
}

/**
 * Every bucket of the range, empty ones too: silence must be seen, not skipped. Columns, as charts want them;
 * `atMs` is the end of a bucket.
 */
function filled(rows: readonly Bucket[], from: number, to: number, stepMs: number): Row {
  const byAge = new Map(rows.map((row) => [row.age, row]));
  const columns = {
    atMs: [] as number[],
    allow: [] as number[],
    review: [] as number[],
    block: [] as number[],
  };
  if (rows.length === 0) return columns;
  for (let age = Math.ceil((to - from) / stepMs) - 1; age >= 0; age--) {
    const row = byAge.get(age);
    columns.atMs.push(to - age * stepMs);
    columns.allow.push(row?.allow ?? 0);
    columns.review.push(row?.review ?? 0);
    columns.block.push(row?.block ?? 0);
  }
  return columns;
}
