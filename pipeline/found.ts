/** What a finished run found, printed once from the record: verdicts, abused devices and addresses, rewards kept. */

import type { Analytics } from './record/analytics.ts';

interface Verdicts {
  readonly verdict: string;
  readonly events: number;
  readonly accounts: number;
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

const VERDICTS = `
  SELECT verdict, count() AS events, uniqExact(account_id) AS accounts
  FROM decisions FINAL GROUP BY verdict ORDER BY verdict`;

const SUSPECTS = `
  SELECT detector, subject, subject_value AS value, unit,
    max(measure) AS worst, count() AS findings
  FROM findings FINAL WHERE mode = 'live' AND band = 'block'
  GROUP BY detector, subject, subject_value, unit ORDER BY findings DESC, value LIMIT 8`;

const REWARDS = `
  SELECT state, count() AS grants, sum(amount_minor - clawed_back_minor) AS amount
  FROM grants FINAL WHERE offer_id != '' GROUP BY state ORDER BY state`;

/** @returns a few lines of text, each list cut to what fits on a screen. */
export async function whatWasFound(analytics: Pick<Analytics, 'query'>): Promise<string> {
  const [verdicts, suspects, rewards] = await Promise.all([
    analytics.query<Verdicts>(VERDICTS),
    analytics.query<Suspect>(SUSPECTS),
    analytics.query<Rewards>(REWARDS),
  ]);
  return [
    'Decisions',
    table(
      ['verdict', 'events', 'accounts'],
      verdicts.map(({ verdict, events, accounts }) => [verdict, String(events), String(accounts)]),
    ),
    'Worst suspects',
    table(
      ['detector', 'about', 'value', 'measure', 'findings'],
      suspects.map(({ detector, subject, value, worst, unit, findings }) => [
        detector,
        subject,
        value,
        `${Math.round(worst)} ${unit}`,
        String(findings),
      ]),
    ),
    'Rewards',
    table(
      ['state', 'grants', 'amount'],
      rewards.map(({ state, grants, amount }) => [
        state,
        String(grants),
        (amount / 100).toFixed(2),
      ]),
    ),
    '',
  ].join('\n');
}

/** Columns as wide as their widest cell. */
function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = header.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]!.length)),
  );
  return [header, ...rows]
    .map((row) =>
      `  ${row.map((cell, column) => cell.padEnd(widths[column]!)).join('  ')}`.trimEnd(),
    )
    .join('\n');
}
