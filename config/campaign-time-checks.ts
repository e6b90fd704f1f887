/** When a campaign and its offers are open, and whether what they promise by days can be counted. */

import { LocalTime } from '../pipeline/reward/local-time.ts';
import { termsOf, unknownYears, yearsMissing } from './campaign-deadlines.ts';
import { limitsOfTime, type Path, type PlacedOffer, type Problem } from './campaign-places.ts';
import type { Campaign } from './campaign-schema.ts';

const NEVER_OPEN = (what: string): string => `must be after from: this ${what} can never be open`;

/** Of the campaign and its phases: those that end before they begin, whose ends are exclusive. */
export function intervalProblems({ window, phases }: Campaign): Problem[] {
  const problems: Problem[] = [];
  if (window.to <= window.from) {
    problems.push({ path: ['window', 'to'], message: NEVER_OPEN('campaign') });
  }
  for (const [name, phase] of Object.entries(phases)) {
    if (phase.to > phase.from) continue;
    problems.push({ path: ['phases', name, 'to'], message: NEVER_OPEN('phase') });
  }
  return problems;
}

/** Of one offer: times that lie outside what it stands in, and what needs a schedule or a calendar and has none. */
export function timeProblems(campaign: Campaign, { offer, path }: PlacedOffer): Problem[] {
  const problems: Problem[] = [];
  const add = (keys: Path, message: string): void => {
    problems.push({ path: [...path, ...keys], message });
  };
  const { window, schedule, phase } = offer;
  if (window !== undefined && (phase === undefined || campaign.phases[phase] !== undefined)) {
    const outer = limitsOfTime(campaign, offer);
    const of = phase === undefined ? 'the campaign' : `the phase ${phase}`;
    if (window.to <= window.from) add(['window', 'to'], NEVER_OPEN('offer'));
    if (window.from < outer.from) add(['window', 'from'], `is before ${of} begins`);
    if (window.to > outer.to) add(['window', 'to'], `is after ${of} ends`);
  }
  if (schedule !== undefined) {
    if (schedule.to <= schedule.from) add(['schedule', 'to'], NEVER_OPEN('offer'));
    if (schedule.dayType === 'workday_adjusted' && campaign.calendar === 'none') {
      add(['schedule', 'dayType'], "name the campaign's calendar, such as calendar: cn");
    }
    return problems;
  }
  const message = 'occurrence needs a schedule';
  if (offer.quota?.period === 'occurrence') add(['quota', 'period'], message);
  for (const [index, { period }] of offer.limits.entries()) {
    if (period === 'occurrence') add(['limits', index, 'period'], message);
  }
  return problems;
}

/** Of one offer: terms that no calendar counts, and promises that hang on what never comes. */
export function promiseProblems(campaign: Campaign, placed: PlacedOffer): Problem[] {
  const problems: Problem[] = [];
  const { offer, path, open } = placed;
  const local = new LocalTime(campaign.timezone);
  for (const running of termsOf(campaign, placed)) {
    if (!running.term.working) continue;
    if (campaign.calendar === 'none') {
      const message = "counts working days: name the campaign's calendar, such as calendar: cn";
      problems.push({ path: running.path, message });
    } else {
      problems.push(...unknown(yearsMissing(running, local), running.path));
    }
  }
  if (offer.schedule?.dayType === 'workday_adjusted' && campaign.calendar !== 'none') {
    const years = unknownYears(open.from, open.to - 1, local);
    problems.push(...unknown(years, [...path, 'schedule', 'dayType']));
  }
  const anchor = [...path, 'delivery', 'anchor'];
  if (offer.delivery?.anchor === 'claim' && offer.claim === undefined) {
    problems.push({ path: anchor, message: 'nothing is claimed: write claim, or anchor: grant' });
  }
  if (offer.delivery?.anchor === 'approved' && offer.review !== 'always') {
    const message = 'not every grant is approved: write review: always, or anchor: grant';
    problems.push({ path: anchor, message });
  }
  if (offer.claim !== undefined && offer.tiers.some(({ benefit }) => benefit.kind === 'choice')) {
    const message = 'a grant waits for its claim or for a choice, not for both: leave one out';
    problems.push({ path: [...path, 'claim'], message });
  }
  return problems;
}

function unknown(years: readonly number[], path: Path): Problem[] {
  return years.map((year) => ({
    path,
    message: `needs the working days of ${year}, which are not known: install a release of chinese-days that has them, or count calendar days`,
  }));
}
