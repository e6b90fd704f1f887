/** How long after an offer its promises run, by the campaign's calendar. */

import { civilOf, LocalTime } from '../pipeline/reward/local-time.ts';
import { WorkingDays } from '../pipeline/reward/working-days.ts';
import type { Path, PlacedOffer } from './campaign-places.ts';
import { outcomesOf, placedOffers } from './campaign-places.ts';
import type { Campaign, Offer } from './campaign-schema.ts';
import type { DayTerm } from './campaign-values.ts';

/** A term of an offer, with the instants between which it can begin to run. */
export interface RunningTerm {
  readonly what: 'claim' | 'choice' | 'delivery' | 'voucher';
  readonly path: Path;
  readonly term: DayTerm;
  /** The first and the last instant of the anchor. */
  readonly fromMs: number;
  readonly lastMs: number;
}

/** The terms of an offer that run in days. */
export function termsOf(campaign: Campaign, placed: PlacedOffer): RunningTerm[] {
  const { offer, open, path } = placed;
  const granted = { fromMs: open.from, lastMs: open.to - 1 + longestWaitMs(offer) };
  // An interval ends before its `to`: the last day of a campaign is the one before midnight.
  const end = { fromMs: campaign.window.to - 1, lastMs: campaign.window.to - 1 };
  const terms: RunningTerm[] = [];
  const { claim, delivery } = offer;
  if (claim !== undefined) {
    const anchor = claim.anchor === 'campaign_end' ? end : granted;
    terms.push({
      what: 'claim',
      path: [...path, 'claim', 'within'],
      term: claim.within,
      ...anchor,
    });
  }
  for (const tier of placed.tiers) {
    if (tier.benefit.kind === 'choice') {
      const at = [...tier.benefitPath, 'within'];
      terms.push({ what: 'choice', path: at, term: tier.benefit.within, ...granted });
    }
    for (const { benefit, path: at } of outcomesOf(tier)) {
      if (benefit.kind !== 'vouchers') continue;
      for (const [index, { validFor }] of benefit.vouchers.entries()) {
        terms.push({
          what: 'voucher',
          path: [...at, index, 'validFor'],
          term: validFor,
          ...granted,
        });
      }
    }
  }
  if (delivery !== undefined) {
    const claimed = claim !== undefined && delivery.anchor === 'claim';
    const local = new LocalTime(campaign.timezone);
    const lastMs = claimed ? lastOf(terms[0]!, local) : granted.lastMs;
    const at = [...path, 'delivery', 'within'];
    terms.push({ what: 'delivery', path: at, term: delivery.within, fromMs: open.from, lastMs });
  }
  return terms;
}

/** The last instant of a term that began at the latest; of one whose year is not known, its anchor. */
function lastOf({ term, lastMs }: RunningTerm, local: LocalTime): number {
  const end = endOf(lastMs, term, local);
  return end === undefined ? lastMs : end - 1;
}

/** An authorisation without its payment is held so long, unless its offer says. */
export const AUTHORISATION_MS = 86_400_000;

/** From an event until its reward is given at the latest, as far as the offer says: its payment, then a review. */
function longestWaitMs({ settle, authorisation = AUTHORISATION_MS, hold }: Offer): number {
  return (settle === 'preauth' ? authorisation : 0) + (hold?.timeout ?? 0);
}

/** When a campaign is closed by itself: nothing is claimed, chosen, captured or reviewed in time any more, and the grace is over. */
export function closesAtMs(campaign: Campaign): number {
  const local = new LocalTime(campaign.timezone);
  const ends = placedOffers(campaign, {}).flatMap((placed) => {
    const { open, offer } = placed;
    const waits = termsOf(campaign, placed).filter(
      ({ what }) => what === 'claim' || what === 'choice',
    );
    return [open.to + longestWaitMs(offer), ...waits.map((term) => lastOf(term, local) + 1)];
  });
  const phases = Object.values(campaign.phases).map(({ to }) => to);
  return Math.max(campaign.window.to, ...phases, ...ends) + campaign.closeAfter;
}

/** The first instant after a term, or undefined when the working days of a year on the way are not known. */
export function endOf(
  anchorMs: number,
  { days, working }: DayTerm,
  local: LocalTime,
): number | undefined {
  if (!working) return local.endOfLocalDay(anchorMs, days);
  const calendar = new WorkingDays(local);
  let left = days;
  let atMs = local.endOfLocalDay(anchorMs);
  while (left > 0) {
    if (!calendar.covers(yearOf(atMs, local))) return undefined;
    if (calendar.isWorkday(atMs)) left--;
    atMs = local.endOfLocalDay(atMs);
  }
  return atMs;
}

/** The years between two instants whose working days are not known. */
export function unknownYears(fromMs: number, lastMs: number, local: LocalTime): number[] {
  const calendar = new WorkingDays(local);
  const years: number[] = [];
  for (let year = yearOf(fromMs, local); year <= yearOf(lastMs, local); year++) {
    if (!calendar.covers(year)) years.push(year);
  }
  return years;
}

/** The years that a term needs and the calendar does not know. */
export function yearsMissing({ term, fromMs, lastMs }: RunningTerm, local: LocalTime): number[] {
  if (!term.working) return [];
  const inAnchors = unknownYears(fromMs, lastMs, local);
  if (inAnchors.length > 0) return inAnchors;
  return endOf(lastMs, term, local) === undefined ? [yearOf(lastMs, local) + 1] : [];
}

function yearOf(atMs: number, local: LocalTime): number {
  return civilOf(local.day(atMs)).year;
}
