/** The periods that a report is about. Unix milliseconds, half-open, in the campaign's time zone. */

import { DateTime } from 'luxon';
import type { Campaign } from '../../config/campaign-schema.ts';
import type { Span } from './document.ts';

const DAY_MS = 86_400_000;
const RETAINED_DAYS = 30;
const DORMANT_MONTHS = 6;
/** The last instant that the record's time columns can hold. */
const FOREVER_MS = Date.UTC(2299, 11, 31);

export interface Periods {
  readonly ever: 0;
  readonly forever: number;
  readonly from: number;
  readonly to: number;
  /** Where the record ends inside the window; `to` when it reaches beyond. */
  readonly until: number;
  /** The baseline [base, from) is as long as what of the window is on record. */
  readonly base: number;
  readonly spanFrom: number;
  readonly spanTo: number;
  readonly retainedTo: number;
  /** Who has paid from here to `from` is not dormant. */
  readonly dormantSince: number;
  /**
   * Whether the record reaches back to the first day of the baseline. Otherwise there is nothing to compare with,
   * and a first payment on record says nothing about who is new.
   */
  readonly comparable: boolean;
}

/** @param record times of the first and the latest event on record; undefined when there is none. */
export function periodsOf(
  campaign: Campaign,
  record: { readonly firstMs: number; readonly lastMs: number } | undefined,
): Periods {
  const { from, to } = campaign.window;
  const until = Math.min(to, Math.max(from, (record?.lastMs ?? to - 1) + 1));
  const base = from - (until - from);
  const phases = [campaign.window, ...Object.values(campaign.phases)];
  const zone = campaign.timezone;
  return {
    ever: 0,
    forever: FOREVER_MS,
    from,
    to,
    until,
    base,
    spanFrom: Math.min(...phases.map((phase) => phase.from)),
    spanTo: Math.max(...phases.map((phase) => phase.to)),
    retainedTo: DateTime.fromMillis(to, { zone }).plus({ days: RETAINED_DAYS }).toMillis(),
    // A payment on the day six months before leaves six whole months between: that customer is dormant.
    dormantSince: DateTime.fromMillis(from, { zone })
      .startOf('day')
      .minus({ months: DORMANT_MONTHS })
      .plus({ days: 1 })
      .toMillis(),
    comparable: record !== undefined && record.firstMs < base + DAY_MS,
  };
}

/** An instant with the offset of the zone: 2026-10-01T00:00:00+08:00. */
export function localInstant(ms: number, zone: string): string {
  return DateTime.fromMillis(ms, { zone }).toISO({
    suppressMilliseconds: true,
    includeOffset: true,
  })!;
}

export function spanOf(fromMs: number, toMs: number, zone: string): Span {
  return { from: localInstant(fromMs, zone), to: localInstant(toMs, zone) };
}

/** For people: both ends in local time. */
export function inWords({ from, to }: Span): string {
  const plain = (text: string): string => text.slice(0, 19).replace('T', ' ').replace(/:00$/, '');
  return `${plain(from)} to ${plain(to)}, the end not included`;
}

/** Every local date that [fromMs, toMs) touches, as YYYY-MM-DD. */
export function daysOf(fromMs: number, toMs: number, zone: string): string[] {
  const days: string[] = [];
  for (
    let day = DateTime.fromMillis(fromMs, { zone }).startOf('day');
    day.toMillis() < toMs;
    day = day.plus({ days: 1 })
  ) {
    days.push(day.toISODate()!);
  }
  return days;
}
