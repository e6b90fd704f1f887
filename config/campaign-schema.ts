/**
 * The shape of config/campaigns/*.yaml, one campaign a file. Amounts are integer fen (minor units of the
 * currency); instants carry their offset; every interval is half-open, [from, to). Unknown keys are refused;
 * a limit left out is no limit, and 0 is a limit. The terms are those of the field: campaign, offer, tier,
 * quota, budget, hold, clawback.
 */

import { IANAZone } from 'luxon';
import { z } from 'zod';
import { EVENT_TYPES } from '../pipeline/event.ts';
import { duration } from './schema.ts';

const name = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]*$/, 'write a name in lower case letters, digits and hyphens');
const amount = z.int().nonnegative();
const count = z.int().nonnegative();
const instant = z.iso.datetime({ offset: true }).transform((text) => Date.parse(text));
const timeOfDay = z
  .string()
  .regex(/^([01]\d|2[0-3]):[0-5]\d$|^24:00$/, 'write a time of day such as 10:00, at most 24:00')
  .transform((text) => Number(text.slice(0, 2)) * 60 + Number(text.slice(3)));

/** ISO order: index + 1 is the number of the day. */
export const WEEKDAYS = [
  'monday',
  'tuesday',
  'wednesday',
  'thursday',
  'friday',
  'saturday',
  'sunday',
] as const;

/** What a limit can be counted by. `customer` is the customerId, or the accountId where there is none. */
export const LIMIT_KEYS = [
  'customer',
  'account',
  'card',
  'device',
  'category',
  'merchant',
] as const;
export type LimitKey = (typeof LIMIT_KEYS)[number];

/** `day` is the local day of the event; `occurrence` one opening of the schedule. */
const period = z.enum(['campaign', 'day', 'occurrence']);
export type Period = z.infer<typeof period>;

/** A budget line. Spending on it counts against every line above it too. */
export interface BudgetLine {
  limit: number;
  children?: Record<string, BudgetLine> | undefined;
}
const budgetLine: z.ZodType<BudgetLine> = z.strictObject({
  limit: amount,
  get children() {
    return z.record(name, budgetLine).optional();
  },
});

const values = z.array(z.string().min(1)).min(1);

const offerSchema = z.strictObject({
  id: name,
  title: z.string().min(1),
  /** The events that earn it. */
  on: z.array(z.enum(EVENT_TYPES)).min(1).default(['payment']),
  /** `rebate`: granted after the payment has succeeded. */
  settle: z.literal('rebate').default('rebate'),
  /** The budget line that pays, as a path: `total.reward.spend`. */
  budget: z.string().min(1),
  /** Every field named must have one of the values; an event without the field does not take part. */
  when: z
    .strictObject({
      channel: values.optional(),
      category: values.optional(),
      instrument: values.optional(),
      merchant: values.optional(),
    })
    .prefault({}),
  /** Open on these days of the week between two local times; left out: always. */
  schedule: z
    .strictObject({
      weekdays: z.array(z.enum(WEEKDAYS)).min(1),
      from: timeOfDay,
      to: timeOfDay,
    })
    .optional(),
  /** Lowest first. A payment reaches the highest tier whose `atLeast` it meets. */
  tiers: z
    .array(z.strictObject({ atLeast: amount, off: z.int().positive(), quota: count.optional() }))
    .min(1),
  /** What follows when the reached tier's own quota is gone. */
  onTierExhausted: z.enum(['none', 'next_lower']).default('none'),
  /** Grants in all, shared by everybody. */
  quota: z.strictObject({ max: count, period: period.default('campaign') }).optional(),
  limits: z
    .array(
      z.strictObject({
        per: z.array(z.enum(LIMIT_KEYS)).min(1),
        period: period.default('campaign'),
        max: count,
      }),
    )
    .default([]),
  /** How long a grant waits for a review, in event time, and what follows then. Left out: until an analyst speaks. */
  hold: z
    .strictObject({
      timeout: duration.refine((value) => value > 0, 'must be longer than 0'),
      onTimeout: z.enum(['manual_review', 'void']).default('manual_review'),
    })
    .optional(),
});

export const campaignSchema = z
  .strictObject({
    id: name,
    title: z.string().min(1),
    timezone: z.string().refine((zone) => IANAZone.isValidZone(zone), 'is no IANA time zone'),
    /** Payments in another currency do not take part. */
    currency: z.string().regex(/^[A-Z]{3}$/, 'write a currency code such as CNY'),
    window: z.strictObject({ from: instant, to: instant }),
    budgets: z.record(name, budgetLine),
    offers: z.array(offerSchema).min(1),
  })
  .superRefine((campaign, context) => {
    const problem = (path: PropertyKey[], message: string): void => {
      context.addIssue({ code: 'custom', path, message, input: campaign });
    };
    if (campaign.window.to <= campaign.window.from) {
      problem(['window', 'to'], 'must be after from: this campaign can never be open');
    }
    for (const [line, budget] of Object.entries(campaign.budgets)) {
      checkBudget(budget, ['budgets', line], problem);
    }
    const ids = new Set<string>();
    for (const [index, offer] of campaign.offers.entries()) {
      if (ids.has(offer.id)) problem(['offers', index, 'id'], `"${offer.id}" is used twice`);
      ids.add(offer.id);
      if (budgetPath(campaign.budgets, offer.budget) === undefined) {
        problem(['offers', index, 'budget'], `no budget line is called "${offer.budget}"`);
      }
      checkOffer(offer, ['offers', index], problem);
    }
  });

export type Campaign = z.infer<typeof campaignSchema>;
export type Offer = z.infer<typeof offerSchema>;

type Problem = (path: PropertyKey[], message: string) => void;

/** The line at a dotted path with everything above it, topmost first; undefined when there is none. */
export function budgetPath(
  budgets: Readonly<Record<string, BudgetLine>>,
  path: string,
): { readonly path: string; readonly limit: number }[] | undefined {
  const found: { path: string; limit: number }[] = [];
  let level: Readonly<Record<string, BudgetLine>> | undefined = budgets;
  for (const part of path.split('.')) {
    const line: BudgetLine | undefined =
      level !== undefined && Object.hasOwn(level, part) ? level[part] : undefined;
    if (line === undefined) return undefined;
    const above = found.at(-1);
    found.push({
      path: above === undefined ? part : `${above.path}.${part}`,
      limit: line.limit,
    });
    level = line.children;
  }
  return found;
}

function checkBudget(line: BudgetLine, path: PropertyKey[], problem: Problem): void {
  const children = Object.entries(line.children ?? {});
  const sum = children.reduce((total, [, child]) => total + child.limit, 0);
  if (sum > line.limit) {
    problem([...path, 'limit'], `is ${line.limit}, but the lines below it add up to ${sum}`);
  }
  for (const [child, below] of children) checkBudget(below, [...path, 'children', child], problem);
}

function checkOffer(offer: Offer, path: PropertyKey[], problem: Problem): void {
  for (const [index, tier] of offer.tiers.entries()) {
    const below = offer.tiers[index - 1];
    if (below !== undefined && tier.atLeast <= below.atLeast) {
      problem([...path, 'tiers', index, 'atLeast'], 'must be above that of the tier before it');
    }
    if (tier.off > tier.atLeast) {
      problem([...path, 'tiers', index, 'off'], 'takes off more than the payment that reaches it');
    }
  }
  if (offer.schedule !== undefined && offer.schedule.to <= offer.schedule.from) {
    problem([...path, 'schedule', 'to'], 'must be after from: this offer can never be open');
  }
  if (offer.schedule === undefined) checkPeriods(offer, path, problem);
}

function checkPeriods(offer: Offer, path: PropertyKey[], problem: Problem): void {
  const message = 'occurrence needs a schedule';
  if (offer.quota?.period === 'occurrence') problem([...path, 'quota', 'period'], message);
  for (const [index, limit] of offer.limits.entries()) {
    if (limit.period === 'occurrence') problem([...path, 'limits', index, 'period'], message);
  }
}
