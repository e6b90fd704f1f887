/**
 * The shape of config/campaigns/*.yaml, one campaign a file. Amounts are integer fen (minor units of the
 * currency); instants carry their offset; every interval is half-open, [from, to). Unknown keys are refused;
 * a limit left out is no limit, and 0 is a limit. The terms are those of the field: campaign, offer, tier,
 * quota, budget, hold, clawback. What the parts mean to each other is asked in campaign-checks.ts.
 */

import { IANAZone } from 'luxon';
import { z } from 'zod';
import { EVENT_TYPES } from '../pipeline/event.ts';
import { CURRENCIES } from '../pipeline/ingest/currency.ts';
import {
  benefitKeys,
  benefitOf,
  benefitsWritten,
  BENEFITS,
  oneBenefit,
} from './campaign-benefit-schema.ts';
import { budgetLine } from './campaign-budgets.ts';
import { limit } from './campaign-limit-schema.ts';
import { lists, listsOf } from './campaign-lists.ts';
import {
  amount,
  count,
  dayTerm,
  expression,
  identifier,
  instant,
  interval,
  name,
  positiveDuration,
  pointsWorth,
  text,
  timeOfDay,
} from './campaign-values.ts';
import { when, WEEKDAYS } from './campaign-when-schema.ts';
import { duration } from './duration.ts';

const tier = z
  .strictObject({
    /** What its quota is counted under; left out, its threshold. Change it, and the counting begins anew. */
    id: name.optional(),
    atLeast: amount,
    quota: count.optional(),
    ...benefitKeys,
  })
  .superRefine(oneBenefit)
  .transform(({ id, atLeast, quota, ...written }) => ({
    id,
    atLeast,
    quota,
    benefit: benefitOf(written),
  }));

const offerKeys = {
  id: name,
  title: text,
  /** The ids of the plan's rows that it answers. */
  plan: z.array(text).default([]),
  /** Higher first. */
  priority: z.int('write a whole number').min(-1000).max(1000).default(0),
  group: name.optional(),
  /** The events that earn it. */
  on: z.array(z.enum(EVENT_TYPES)).min(1, 'name at least one event type').default(['payment']),
  /** Open during this phase; left out: during the campaign's window. */
  phase: name.optional(),
  window: interval.optional(),
  /** Open on these days of the week between two local times; left out: always. */
  schedule: z
    .strictObject({
      weekdays: z.array(z.enum(WEEKDAYS)).min(1, 'name at least one day'),
      from: timeOfDay.prefault('00:00'),
      to: timeOfDay.prefault('24:00'),
      /** `workday_adjusted`: a day worked in exchange is no weekend, a public holiday no working day. */
      dayType: z.enum(['natural', 'workday_adjusted']).default('natural'),
    })
    .optional(),
  /** Every field named must have one of the values; an event without the field does not take part. */
  when,
  eligible: expression.optional(),
  /** `rebate`: granted after the payment; `preauth`: reserved at its authorisation, posted with the payment. */
  settle: z.enum(['rebate', 'preauth']).default('rebate'),
  /** How long what is reserved at an authorisation waits for its payment, in event time. Left out: a day. */
  authorisation: positiveDuration.optional(),
  /** The budget line that pays, as a path: `total.reward.spend`. */
  budget: text,
  /** What follows when the reached tier's own quota is gone. */
  onTierExhausted: z.enum(['none', 'next_lower']).default('none'),
  to: z.enum(['customer', 'inviter']).default('customer'),
  /** Grants in all, shared by everybody. */
  quota: z
    .strictObject({
      max: count,
      period: z.enum(['campaign', 'occurrence', 'day']).default('campaign'),
      unit: z.enum(['grant', 'customer']).default('grant'),
    })
    .optional(),
  limits: z.array(limit).default([]),
  /** Offers of this campaign that close this one to a customer who took part in them. */
  excludedBy: z.array(name).default([]),
  /**
   * What becomes of the offers that this one closes, when an event qualifies for it and it is exhausted:
   * `fallthrough`: they are open, `close`: the event earns none of them.
   */
  onExhausted: z.enum(['fallthrough', 'close']).default('fallthrough'),
  /** `group`: at most one grant of the group for each event, the highest priority first. */
  stacking: z.enum(['all', 'group']).default('all'),
  /** `always`: held until it is approved or rejected. */
  review: z.enum(['risk', 'always']).default('risk'),
  /** How long a grant waits for a review, in event time, and what follows then. Left out: until an analyst speaks. */
  hold: z
    .strictObject({
      timeout: positiveDuration,
      onTimeout: z.enum(['manual_review', 'void']).default('manual_review'),
    })
    .optional(),
  claim: z
    .strictObject({
      anchor: z.enum(['campaign_end', 'grant']).default('campaign_end'),
      within: dayTerm,
      onMiss: z.literal('forfeit').default('forfeit'),
    })
    .optional(),
  delivery: z
    .strictObject({
      within: dayTerm,
      anchor: z.enum(['claim', 'grant', 'approved']).default('grant'),
    })
    .optional(),
  /**
   * What a full refund gives back; `below`: what one does that leaves less than the payment had to reach. `keep`:
   * a share goes back; `revoke`: all of it; `reprice`: after any refund as much stays as the rest would earn.
   */
  refund: z
    .strictObject({
      quota: z.enum(['keep', 'restore']).default('keep'),
      right: z.enum(['keep', 'restore']).default('keep'),
      below: z.enum(['keep', 'revoke', 'reprice']).default('keep'),
    })
    .prefault({}),
  notice: z.strictObject({ channels: z.array(text).min(1), before: positiveDuration }).optional(),
  /** Who carries the cost, in per cent; for the report. */
  funding: z
    .record(name, z.int('write whole per cent').min(0).max(100))
    .refine(
      (parts) => Object.values(parts).reduce((sum, part) => sum + part, 0) === 100,
      'the parts must add up to 100',
    )
    .optional(),
};

const offerSchema = z
  .strictObject({
    ...offerKeys,
    /** Lowest first. A payment reaches the highest tier whose `atLeast` it meets. */
    tiers: z.array(tier).min(1, 'write at least one tier').optional(),
    atLeast: amount.optional(),
    ...benefitKeys,
  })
  .superRefine((offer, context) => {
    if (offer.tiers === undefined) {
      if (benefitsWritten(offer).length > 0) oneBenefit(offer, context);
      else problem(context, [], `write tiers, or exactly one of ${BENEFITS.join(', ')}`);
      return;
    }
    const beside = [...benefitsWritten(offer), ...(offer.atLeast === undefined ? [] : ['atLeast'])];
    for (const key of beside) problem(context, [key], 'write it in each of the tiers instead');
  })
  .transform(
    ({
      tiers,
      atLeast,
      off,
      feeCut,
      cashback,
      points: pointsGiven,
      vouchers,
      goods,
      draw,
      choice,
      exchange,
      extend,
      ...offer
    }) => ({
      ...offer,
      tiers: tiers ?? [
        {
          id: undefined,
          atLeast: atLeast ?? 0,
          quota: undefined,
          benefit: benefitOf({
            off,
            feeCut,
            cashback,
            points: pointsGiven,
            vouchers,
            goods,
            draw,
            choice,
            exchange,
            extend,
          }),
        },
      ],
    }),
  );

function problem(context: z.RefinementCtx, path: PropertyKey[], message: string): void {
  context.addIssue({ code: 'custom', path, message });
}

export const campaignSchema = z
  .strictObject({
    id: name,
    title: text,
    timezone: z.string().refine((zone) => IANAZone.isValidZone(zone), 'is no IANA time zone'),
    /** Payments in another currency do not take part. */
    currency: z
      .string()
      .regex(/^[A-Z]{3}$/, { error: 'write a currency code such as CNY', abort: true })
      .refine(
        (code) => CURRENCIES.includes(code),
        'is no code of ISO 4217, past or present: the yuan is CNY',
      ),
    window: interval,
    /** `draft`: checked, never granted. */
    status: z.enum(['draft', 'approved']).default('approved'),
    /** Who stands behind this version of the file. Without an approval by somebody else it does not go live. */
    release: z
      .strictObject({
        version: count.min(1, 'write 1 or more'),
        /** Events before it earn nothing by this version; left out: since the campaign begins. */
        effectiveFrom: instant.optional(),
        author: text,
        approvedBy: text.optional(),
        reason: text,
      })
      .optional(),
    /**
     * Which orders may take from customers while it runs: `risk`: those whose reason begins with `risk:`, `free`: all.
     * What favours customers needs no such reason.
     */
    tightening: z.enum(['risk', 'free']).default('risk'),
    /** How long after its last claim, choice or capture the campaign is closed by itself. */
    closeAfter: duration.prefault('30d'),
    /** What customers may read: the terms themselves or where they stand. */
    terms: text.optional(),
    /** Which calendar says what a working day is. */
    calendar: z.enum(['cn', 'none']).default('none'),
    phases: z.record(name, interval).default({}),
    params: z
      .record(
        identifier,
        z.union([z.int(), z.string(), z.array(z.string())], {
          error: 'write a whole number, text or a list of texts',
        }),
      )
      .default({}),
    lists,
    segments: z.record(identifier, expression).default({}),
    /** What points cost the budget: so many are worth so much, rounded up. */
    points: pointsWorth.optional(),
    budgets: z.record(name, budgetLine),
    stock: z.record(name, z.strictObject({ units: count, costMinor: amount })).default({}),
    offers: z.array(offerSchema).min(1, 'write at least one offer'),
    /** Values to reach, for the report. */
    targets: z.record(identifier, amount).default({}),
  })
  .transform(({ lists: written, ...campaign }) => ({ ...campaign, ...listsOf(written) }));

export type Campaign = z.infer<typeof campaignSchema>;
export type Offer = Campaign['offers'][number];
