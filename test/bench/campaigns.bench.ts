/**
 * What evaluation costs an event with three campaigns of ten offers each in force: conditions, expressions,
 * segments, draws and the making of the ledger's operations, over events as the decoder leaves them.
 */

import { fileURLToPath } from 'node:url';
import { loadConfig } from '../../config/load.ts';
import { discoverDetectors } from '../../pipeline/detect/discover.ts';
import { compileCampaigns, type CompiledCampaigns } from '../../pipeline/reward/campaign.ts';
import { CustomerBook } from '../../pipeline/reward/customer-book.ts';
import { NO_FACTS } from '../../pipeline/reward/customer-facts.ts';
import { evaluate } from '../../pipeline/reward/evaluate.ts';
import { EventView, type EventBatch } from '../../pipeline/event.ts';
import { DEFAULT_SIMULATION, simulate } from '../../pipeline/simulate/simulate.ts';
import { silentLogger } from '../../pipeline/telemetry.ts';
import { decision } from '../reward/scenario.ts';
import { batchFrom } from '../support/events.ts';
import { crowd, threeCampaigns } from './campaigns-workload.ts';
import { compare, type Variant } from './measure.ts';
import type { Bench, Report } from './report.ts';

const EVENTS = 60_000;
const ROUNDS = 7;
const ALLOW = decision('allow');

async function run(report: Report): Promise<void> {
  const campaigns = threeCampaigns();
  let errors = 0;
  const compiled = compileCampaigns(campaigns, {
    drawKey: Buffer.from('bench'),
    onExpressionError: () => errors++,
  });
  const batch = crowd(Math.max(2000, Math.round(EVENTS * report.scale)));
  const offers = campaigns.reduce((sum, campaign) => sum + campaign.offers.length, 0);
  report.section(`evaluation of one event, ${offers} offers in ${campaigns.length} campaigns`);
  const ops = evaluateAll(compiled, batch, false);
  report.note(
    `${batch.length} events make ${ops} operations; ${errors} expressions could not be answered`,
  );
  const only = (type: string): number[] => rowsOf(batch, (view) => view.type === type);
  const variants: Variant[] = [
    variant('all events', compiled, batch, undefined, false),
    variant('payments alone', compiled, batch, only('payment'), false),
    variant('logins alone', compiled, batch, only('login'), false),
    variant('all, with the customer book', compiled, batch, undefined, true),
  ];
  const result = await compare(variants, { rounds: ROUNDS });
  report.figure('an event', result.cost('all events', 'cpu'), 'us', { atMost: 20 });
  report.figure('a payment', result.cost('payments alone', 'cpu'), 'us', { atMost: 20 });
  report.figure('a login', result.cost('logins alone', 'cpu'), 'us');
  const withBook = result.cost('all, with the customer book', 'cpu');
  report.figure('an event, with looking its customer up and noting it', withBook, 'us', {
    atMost: 20,
  });
  await shipped(report);
  await failing(report, batch);
  report.didNotMeasure('what the ledger does with the operations: see the bench `ledger`');
}

/** The three campaigns of config/campaigns at once, over an hour of simulated customers on a Friday of theirs. */
async function shipped(report: Report): Promise<void> {
  const folder = fileURLToPath(new URL('../../config', import.meta.url));
  const { campaigns } = await loadConfig(folder, await discoverDetectors());
  const compiled = compileCampaigns(campaigns, { drawKey: Buffer.from('bench') });
  const count = Math.max(2000, Math.round((EVENTS / 2) * report.scale));
  const startMs = Date.parse('2026-10-09T11:30:00+08:00');
  const simulation = { ...DEFAULT_SIMULATION, startMs, minutes: 60, ratePerSecond: count / 3600 };
  const batch = batchFrom(
    [...simulate(simulation)].map(({ label: _, ...event }) => ({ ...event })),
  );
  const offers = campaigns.reduce((sum, campaign) => sum + campaign.offers.length, 0);
  report.section(`the ${campaigns.length} shipped campaigns, ${offers} offers`);
  const ops = evaluateAll(compiled, batch, true);
  report.note(`${batch.length} simulated events make ${ops} operations`);
  const result = await compare([variant('shipped', compiled, batch, undefined, true)], {
    rounds: ROUNDS,
  });
  const cost = result.cost('shipped', 'cpu');
  report.figure('an event, with looking its customer up and noting it', cost, 'us', { atMost: 20 });
}

/** An expression that cannot be answered throws inside the library: many times what an answer costs. */
async function failing(report: Report, batch: EventBatch): Promise<void> {
  const [bills] = threeCampaigns();
  const asking = (eligible: string): CompiledCampaigns => {
    const offer = { ...bills!.offers.find(({ id }) => id === 'evening')!, eligible };
    return compileCampaigns([{ ...bills!, offers: [offer] }]);
  };
  const rows = rowsOf(batch, (view) => view.type === 'payment').slice(0, 10_000);
  const guarded = asking('has(attributes.no) && attributes.no == 1');
  const result = await compare(
    [
      variant('asks first', guarded, batch, rows, false),
      variant('fails', asking('attributes.no == 1'), batch, rows, false),
    ],
    { rounds: ROUNDS },
  );
  report.section('an attribute that is not there, one offer');
  report.figure('asked for with has()', result.cost('asks first', 'cpu'), 'us');
  report.figure('read, an error', result.cost('fails', 'cpu'), 'us');
}

function variant(
  name: string,
  compiled: CompiledCampaigns,
  batch: EventBatch,
  rows: readonly number[] | undefined,
  withBook: boolean,
): Variant {
  const count = rows?.length ?? batch.length;
  return { name, count, run: () => evaluateAll(compiled, batch, withBook, rows) };
}

/** @returns how many operations they make. */
function evaluateAll(
  compiled: CompiledCampaigns,
  batch: EventBatch,
  withBook: boolean,
  rows?: readonly number[],
): number {
  const book = new CustomerBook({
    ...{ needed: true, periods: compiled.factPeriods, maxCustomers: 100_000, log: silentLogger() },
  });
  const view = new EventView(batch, 0);
  const count = rows?.length ?? batch.length;
  let ops = 0;
  for (let i = 0; i < count; i++) {
    view.row = rows?.[i] ?? i;
    const facts = withBook ? book.of(view) : NO_FACTS;
    ops += evaluate(compiled, view, ALLOW, facts, 'v').length;
    if (withBook) book.observe(view, 'allow');
  }
  return ops;
}

function rowsOf(batch: EventBatch, wanted: (view: EventView) => boolean): number[] {
  const view = new EventView(batch, 0);
  return Array.from({ length: batch.length }, (_, row) => row).filter((row) => {
    view.row = row;
    return wanted(view);
  });
}

export const bench: Bench = {
  name: 'campaigns',
  summary: 'evaluation of events against three campaigns of ten offers each',
  run,
};
