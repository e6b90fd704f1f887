/** What a finished run found, printed once from the record: its own verdicts, abused devices and addresses, rewards, refusals. */

import type { Analytics } from '../record/analytics.ts';
import { money } from './summary.ts';
import { textTable, type Cell } from './text-table.ts';

interface Verdicts {
  readonly verdict: string;
  readonly events: number;
  readonly accounts: number;
  readonly late: number;
}

interface Suspect {
  readonly detector: string;
  readonly subject: string;
  readonly value: string;
  readonly worst: number;
  readonly unit: string;
  readonly findings: number;
}

interface Rewards {
  readonly state: string;
  readonly grants: number;
  readonly amount: number;
}

interface Refusal {
  readonly reason: string;
  readonly field: string;
  readonly records: number;
  readonly first: string;
  readonly message: string;
}

// Rows of one start of the worker: `arrival` carries the start's number in its high bits (see progress).
const OF_THIS_RUN = 'arrival >= bitShiftLeft(toUInt64({epoch:UInt32}), 38)';

const VERDICTS = `
  SELECT verdict, count() AS events, uniqExact(account_id) AS accounts, countIf(late) AS late
  FROM decisions FINAL WHERE ${OF_THIS_RUN} GROUP BY verdict ORDER BY verdict`;

const SUSPECTS = `
  SELECT detector, subject, subject_value AS value, unit,
    max(measure) AS worst, count() AS findings
  FROM findings FINAL WHERE mode = 'live' AND band = 'block' AND ${OF_THIS_RUN}
  GROUP BY detector, subject, subject_value, unit ORDER BY findings DESC, value LIMIT 8`;

// A grant has no arrival of its own; the inner IN keeps the set of events as small as the table of grants.
const REWARDS = `
  SELECT state, count() AS grants, sum(amount_minor - clawed_back_minor) AS amount
  FROM grants FINAL
  WHERE offer_id != '' AND event_id IN (
    SELECT event_id FROM decisions WHERE ${OF_THIS_RUN} AND event_id IN (SELECT event_id FROM grants))
  GROUP BY state ORDER BY state`;

const REFUSALS = `
  SELECT reason, field_path AS field, count() AS records,
    argMin(concat(source, ' ', position), arrival) AS first, argMin(message, arrival) AS message
  FROM dead_letters FINAL WHERE ${OF_THIS_RUN}
  GROUP BY reason, field ORDER BY records DESC, reason, field LIMIT 5`;

/**
 * @param epoch the number of the worker's start whose events are told, from its history.
 * @param columns of the terminal.
 * @returns a few lines of text, each list cut to what fits on a screen.
 */
export async function whatWasFound(
  analytics: Pick<Analytics, 'query'>,
  epoch: number,
  columns?: number,
): Promise<string> {
  const table = (header: readonly string[], rows: readonly (readonly Cell[])[]): string =>
    textTable(header, rows, columns);
  const [verdicts, suspects, rewards, refusals] = await Promise.all([
    analytics.query<Verdicts>(VERDICTS, { epoch }),
    analytics.query<Suspect>(SUSPECTS, { epoch }),
    analytics.query<Rewards>(REWARDS, { epoch }),
    analytics.query<Refusal>(REFUSALS, { epoch }),
  ]);
  return [
    'Decisions',
    table(
      ['verdict', 'events', 'accounts'],
      verdicts.map(({ verdict, events, accounts }) => [verdict, events, accounts]),
    ),
    'Worst suspects',
    table(
      ['detector', 'about', 'value', 'measure', 'findings'],
      suspects.map(({ detector, subject, value, worst, unit, findings }) => [
        detector,
        subject,
        value,
        `${Math.round(worst)} ${unit}`,
        findings,
      ]),
    ),
    'Rewards',
    table(
      ['state', 'grants', 'amount'],
      rewards.map(({ state, grants, amount }) => [state, grants, money(amount)]),
    ),
    ...refused(refusals, table),
    ...lateness(verdicts),
    '',
  ].join('\n');
}

/** A file that is not what it was taken for is refused whole: the reader must learn why nothing else was found. */
function refused(refusals: readonly Refusal[], table: typeof textTable): readonly string[] {
  if (refusals.length === 0) return [];
  return [
    'Refused records, all in the table dead_letters',
    table(
      ['records', 'reason', 'field', 'the first, and what was wrong'],
      refusals.map(({ records, reason, field, first, message }) => [
        records,
        reason,
        field,
        `${first}: ${message}`,
      ]),
    ),
  ];
}

/** Late events join no window, so that a file of nothing else is silent for a reason worth telling. */
function lateness(verdicts: readonly Verdicts[]): readonly string[] {
  const events = verdicts.reduce((sum, verdict) => sum + verdict.events, 0);
  const late = verdicts.reduce((sum, verdict) => sum + verdict.late, 0);
  if (late * 2 <= events) return [];
  return [
    `${late} of ${events} events are older than the allowed lateness behind what this data folder has already seen: use another --data folder`,
  ];
}
