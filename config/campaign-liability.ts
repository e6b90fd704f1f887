/**
 * What a campaign can cost at worst, before any budget stops it. Whole fen as BigInt: quota × the dearest
 * benefit passes what a number holds exactly. `undefined` is without bound.
 */

import { LocalTime, weekdayOf } from '../pipeline/reward/local-time.ts';
import { WorkingDays } from '../pipeline/reward/working-days.ts';
import type { MoneyRule, PlainBenefit, PointsRule } from './campaign-benefits.ts';
import { outcomesOf, type PlacedOffer, type PlacedTier } from './campaign-places.ts';
import type { Campaign, Offer } from './campaign-schema.ts';
import { WEEKDAYS } from './campaign-when-schema.ts';

export type Bound = bigint | undefined;

const BP = 10_000n;
const WEEKEND = 6;

/** @param maxAmountMinor the largest amount that an event may have. */
export function worstCase(campaign: Campaign, placed: PlacedOffer, maxAmountMinor: number): Bound {
  const grants = mostGrants(campaign, placed);
  const dearest = highest(placed.tiers.map((tier) => dearestOf(campaign, tier, maxAmountMinor)));
  const byTiers = sum(placed.tiers.map((tier) => worstOfTier(campaign, tier, maxAmountMinor)));
  return lowest([byTiers, product(grants, dearest)]);
}

/** What one grant of a tier can cost. */
function dearestOf(campaign: Campaign, tier: PlacedTier, maxAmountMinor: number): Bound {
  return highest(outcomesOf(tier).map(({ benefit }) => costOf(campaign, benefit, maxAmountMinor)));
}

/** What one benefit can cost. */
export function costOf(campaign: Campaign, benefit: PlainBenefit, maxAmountMinor: number): Bound {
  switch (benefit.kind) {
    case 'discount':
    case 'cashback':
    case 'fee_cut':
      return moneyCost(benefit.money, maxAmountMinor);
    case 'points':
      return pointsCost(campaign, benefit.points, maxAmountMinor);
    case 'vouchers':
      return benefit.vouchers.reduce(
        (total, { faceMinor, count }) => total + BigInt(faceMinor) * BigInt(count),
        0n,
      );
    case 'goods':
      return BigInt(campaign.stock[benefit.sku]!.costMinor);
  }
}

function moneyCost(money: MoneyRule, maxAmountMinor: number): bigint {
  if (money.kind === 'fixed') return BigInt(money.amountMinor);
  if (money.capMinor !== undefined) return BigInt(money.capMinor);
  const half = money.rounding === 'half_up' ? BP / 2n : 0n;
  return (BigInt(maxAmountMinor) * BigInt(money.shareBp) + half) / BP;
}

function pointsCost(campaign: Campaign, rule: PointsRule, maxAmountMinor: number): Bound {
  const { points, worthMinor } = campaign.points!;
  const worth = (earned: bigint): bigint =>
    (earned * BigInt(worthMinor) + BigInt(points) - 1n) / BigInt(points);
  if (rule.kind === 'credited') return 0n;
  if (rule.kind === 'fixed') return worth(BigInt(rule.points));
  if (rule.kind === 'share_of_spent') {
    return worth((mostPointsSpent(campaign) * BigInt(rule.shareBp)) / BP);
  }
  const { rateBp, bonus } = rule;
  const addBp = BigInt(bonus?.addBp ?? 0);
  const scale =
    bonus?.stackOn === 'running' ? BigInt(rateBp) * (BP + addBp) : (BigInt(rateBp) + addBp) * BP;
  return worth((BigInt(maxAmountMinor) * scale) / (BigInt(rule.perMinor) * BP * BP));
}

/** The most points that one redemption of the campaign takes. */
function mostPointsSpent({ offers }: Campaign): bigint {
  const combos = offers
    .flatMap(({ tiers }) => tiers.map(({ benefit }) => benefit))
    .flatMap((benefit) => (benefit.kind === 'exchange' ? benefit.items : []))
    .flatMap((item) => item.combos);
  return BigInt(Math.max(0, ...combos.map(({ points }) => points)));
}

function worstOfTier(campaign: Campaign, tier: PlacedTier, maxAmountMinor: number): Bound {
  const dearest = dearestOf(campaign, tier, maxAmountMinor);
  const quota = tier.quota === undefined ? undefined : BigInt(tier.quota);
  return lowest([product(quota, dearest), stockBound(campaign, tier, maxAmountMinor)]);
}

/** What all stock together can cost; without bound when anything that costs is not taken from stock. */
function stockBound(campaign: Campaign, tier: PlacedTier, maxAmountMinor: number): Bound {
  const bySku = new Map<string, bigint>();
  for (const [index, { benefit }] of outcomesOf(tier).entries()) {
    const cost = costOf(campaign, benefit, maxAmountMinor);
    if (cost === 0n) continue;
    const sku = tier.benefit.kind === 'draw' ? tier.benefit.prizes[index]!.stock : skuOf(benefit);
    if (sku === undefined || cost === undefined) return undefined;
    const all = cost * BigInt(campaign.stock[sku]!.units);
    const before = bySku.get(sku) ?? 0n;
    bySku.set(sku, all > before ? all : before);
  }
  return sum([...bySku.values()]);
}

function skuOf(benefit: PlainBenefit): string | undefined {
  return benefit.kind === 'goods' ? benefit.sku : undefined;
}

function mostGrants(campaign: Campaign, placed: PlacedOffer): Bound {
  const { quota, limits } = placed.offer;
  if (quota === undefined) return undefined;
  const each = quota.unit === 'customer' ? perCustomer(limits) : 1n;
  const times = quota.period === 'campaign' ? 1 : openDays(campaign, placed).length;
  return product(BigInt(quota.max) * BigInt(times), each);
}

/** Grants that one customer can have at most. */
function perCustomer(limits: Offer['limits']): Bound {
  return lowest(
    limits
      .filter(
        ({ per, any, period }) =>
          per.includes('customer') &&
          (any || per.length === 1) &&
          (period === 'campaign' || period === 'ever'),
      )
      .map(({ max }) => BigInt(max)),
  );
}

/** The local days, by number, on which an offer is open for some time. */
export function openDays(campaign: Campaign, { offer, open }: PlacedOffer): number[] {
  const local = new LocalTime(campaign.timezone);
  const days: number[] = [];
  for (let day = local.day(open.from); day <= local.day(open.to - 1); day++) {
    if (isOpenOn(day, offer.schedule, open, local)) days.push(day);
  }
  return days;
}

function isOpenOn(
  day: number,
  schedule: Offer['schedule'],
  open: PlacedOffer['open'],
  local: LocalTime,
): boolean {
  if (schedule === undefined) return true;
  const weekday = weekdayOf(day);
  if (!schedule.weekdays.includes(WEEKDAYS[weekday - 1]!)) return false;
  const startMs = local.startOfDay(day);
  const beginsMs = startMs + schedule.from * 60_000;
  const endsMs = startMs + schedule.to * 60_000;
  if (beginsMs >= open.to || endsMs <= open.from) return false;
  if (schedule.dayType === 'natural') return true;
  return new WorkingDays(local).isWorkday(startMs) === weekday < WEEKEND;
}

function product(a: Bound, b: Bound): Bound {
  if (a === 0n || b === 0n) return 0n;
  return a === undefined || b === undefined ? undefined : a * b;
}

export function sum(parts: readonly Bound[]): Bound {
  return parts.reduce(
    (total, part) => (total === undefined || part === undefined ? undefined : total + part),
    0n,
  );
}

function highest(parts: readonly Bound[]): Bound {
  return parts.reduce(
    (most, part) =>
      most === undefined || part === undefined ? undefined : most > part ? most : part,
    0n,
  );
}

function lowest(parts: readonly Bound[]): Bound {
  return parts.reduce<Bound>(
    (least, part) =>
      least === undefined ? part : part === undefined ? least : least < part ? least : part,
    undefined,
  );
}
