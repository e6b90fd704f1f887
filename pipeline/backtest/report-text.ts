/** A backtest's report for the eyes at a terminal: the figures that one looks at first. The JSON has all of them. */

import { money } from '../terminal/summary.ts';
import { textTable, type Cell } from '../terminal/text-table.ts';
import type { AsOfReport } from './as-of.ts';
import type { Comparison } from './comparison.ts';
import type { AttackReport, BacktestReport, CampaignReport, Rates, Scores } from './report.ts';

/** Changed decisions and detectors that are named at most. */
const MOST_NAMED = 10;

/** @param columns of the terminal. */
export function reportText(report: BacktestReport | AsOfReport, columns?: number): string {
  const tell = (header: readonly string[], rows: readonly (readonly Cell[])[]): string =>
    textTable(header, rows, columns);
  const parts = [opening(report), scoresTable(report, tell)];
  if ('asOf' in report) return `${[...parts, ...asOfText(report, tell)].join('\n\n')}\n`;
  if (report.attacks !== undefined) parts.push(attacksTable(report.attacks, tell));
  if (report.honest !== undefined) {
    const { accounts, blocked, reviewed } = report.honest;
    parts.push(
      `of ${count(accounts)} honest accounts ${count(blocked)} blocked, ${count(reviewed)} reviewed`,
    );
  }
  if (report.refused !== undefined) parts.push(`refused records: ${counted(report.refused)}`);
  if (report.campaigns !== undefined) parts.push(campaignsTable(report.campaigns, tell));
  if (report.against !== undefined) parts.push(...againstText(report.against, tell));
  return `${parts.join('\n\n')}\n`;
}

type Tell = (header: readonly string[], rows: readonly (readonly Cell[])[]) => string;

function opening(report: BacktestReport | AsOfReport): string {
  const { events, seconds, eventsPerSecond, positives } = report;
  const rate = eventsPerSecond === null ? '' : ` (${count(eventsPerSecond)}/s)`;
  const judged = 'configVersion' in report ? `configuration ${report.configVersion} · ` : '';
  const labelled =
    positives === 0 ? 'none labelled as fraud' : `${count(positives)} labelled as fraud`;
  return `${judged}${count(events)} events in ${seconds.toFixed(1)} s${rate} · ${labelled}`;
}

const RATES = ['flagged', 'of them fraud', 'precision', 'recall', 'false positives'];

/** The policy first, then those that flagged anything, the most first. */
function scoresTable({ policy, detectors }: Scores, tell: Tell): string {
  const named = Object.entries(detectors).sort(([, a], [, b]) => b.flagged - a.flagged);
  const speaking = named.filter(([, { flagged }]) => flagged > 0);
  const silent = named.length - speaking.length;
  return [
    tell(
      ['', ...RATES],
      [
        ['policy', ...ratesCells(policy)],
        ...speaking.map(([name, rates]) => [name, ...ratesCells(rates)]),
      ],
    ),
    `  of the policy's, ${count(policy.blocked)} blocked and ${count(policy.reviewed)} reviewed` +
      (silent === 0 ? '' : `; ${silent} detectors and rules flagged nothing`),
  ].join('\n');
}

function ratesCells({
  flagged,
  truePositives,
  precision,
  recall,
  falsePositiveRate,
}: Rates): Cell[] {
  return [
    flagged,
    truePositives,
    percent(precision, 1),
    percent(recall, 1),
    percent(falsePositiveRate, 3),
  ];
}

function attacksTable(attacks: Readonly<Record<string, AttackReport>>, tell: Tell): string {
  const rows = Object.entries(attacks).map(
    ([name, { accounts, caught, recall, attemptedMinor, lostMinor }]) => [
      name,
      accounts,
      caught,
      percent(recall, 1),
      minor(attemptedMinor),
      minor(lostMinor),
    ],
  );
  return tell(['attack', 'accounts', 'caught', 'recall', 'reached for', 'lost'], rows);
}

/** Every campaign, and of its offers those that meant anything to anybody. */
function campaignsTable(campaigns: Readonly<Record<string, CampaignReport>>, tell: Tell): string {
  const rows = Object.entries(campaigns).flatMap(([id, campaign]) => [
    [
      id,
      undefined,
      campaign.customers,
      minor(campaign.costMinor),
      minor(campaign.pendingMinor),
      minor(campaign.interceptedMinor),
    ],
    ...Object.entries(campaign.offers)
      .filter(([, each]) => each.customers > 0)
      .map(([offer, each]) => [
        `  ${offer}`,
        each.granted,
        each.customers,
        minor(each.costMinor),
        minor(each.pendingMinor),
        minor(each.interceptedMinor),
      ]),
  ]);
  return tell(
    ['campaign, offer', 'granted', 'customers', 'cost', 'pending', 'kept from abusers'],
    rows,
  );
}

function againstText(other: Comparison, tell: Tell): string[] {
  const { configVersion, changed, changes, newlyCaught, newlyMissed } = other;
  const { newlyFlaggedHonest, noLongerFlaggedHonest, decisions, caveats } = other;
  const told = [
    `against configuration ${configVersion}: ${count(changed)} decisions differ${changed === 0 ? '' : ` (${counted(changes)})`}`,
    `  fraud newly caught ${count(newlyCaught)}, newly missed ${count(newlyMissed)}; honest events newly flagged ${count(newlyFlaggedHonest)}, no longer flagged ${count(noLongerFlaggedHonest)}`,
    ...caveats.map((caveat) => `  note: ${caveat}`),
  ].join('\n');
  const rows = decisions
    .slice(0, MOST_NAMED)
    .map(({ eventId, accountId, fraud, from, to }) => [
      eventId,
      accountId,
      fraud === null ? 'unlabelled' : fraud ? 'fraud' : 'honest',
      `${from} → ${to}`,
    ]);
  return [
    told,
    scoresTable(other, tell),
    ...(rows.length === 0
      ? []
      : [tell(['first changed events', 'account', 'truth', 'verdict'], rows)]),
  ];
}

function asOfText({ asOf }: AsOfReport, tell: Tell): string[] {
  const rows = Object.entries(asOf.versions).map(([version, { events, differing }]) => [
    version,
    events,
    differing,
  ]);
  return [
    tell(['version', 'events', 'decided otherwise now'], rows),
    ...Object.entries(asOf.lost).map(([version, why]) => `${version} cannot be loaded: ${why}`),
    ...asOf.notes,
  ];
}

function counted(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .map(([name, times]) => `${name} ${count(times)}`)
    .join(', ');
}

function percent(rate: number | null, digits: number): string {
  return rate === null ? '' : `${(100 * rate).toFixed(digits)} %`;
}

function minor(amount: number | undefined): string {
  return amount === undefined ? '' : money(amount);
}

function count(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}
