/** What a benefit comes to for one event: the award, its cost, and the points and stock it moves. */

import type {
  ExchangeItem,
  MoneyRule,
  PlainBenefit,
  PointsRule,
  VoucherRule,
} from '../../config/campaign-benefits.ts';
import type { DayTerm } from '../../config/campaign-values.ts';
import type { EventFields } from './cel-fields.ts';
import type { Scope } from './cel-scope.ts';
import type { DrawSeed } from './draw.ts';
import { ceilShare, floorShare, halfUpShare } from './exact.ts';
import type { AwardItem } from './grant.ts';
import type { IneligibleCounts } from './ineligible-counts.ts';
import type { Leg } from './ledger-op.ts';
import type { LocalTime } from './local-time.ts';
import type { WorkingDays } from './working-days.ts';

/** What the benefits of a campaign share. */
export interface CampaignTerms {
  readonly campaignId: string;
  /** How often each reason kept an event from one of the campaign's offers. */
  readonly ineligible: IneligibleCounts;
  readonly currency: string;
  readonly fromMs: number;
  readonly toMs: number;
  readonly local: LocalTime;
  readonly workingDays: WorkingDays;
  readonly scope: Scope;
  readonly stock: ReadonlyMap<string, StockItem>;
  /** So many points cost so much, rounded up; undefined: points cost the budget nothing. */
  readonly pointsCost: { readonly points: number; readonly worthMinor: number } | undefined;
  /** Of the offers that exchange points, by offer. */
  readonly exchanges: ReadonlyMap<string, readonly ExchangeItem[]>;
  /** Undefined where nothing is drawn. */
  readonly draw: DrawSeed | undefined;
  /** Whether an expression of the campaign holds for the event at hand; one that fails does not. */
  readonly holds: (source: string) => boolean;
}

export interface StockItem {
  readonly leg: Leg;
  readonly costMinor: number;
}

/** The event as benefits see it. */
export interface Basis {
  readonly terms: CampaignTerms;
  readonly fields: EventFields;
  readonly paymentMinor: number;
  readonly occurredAtMs: number;
}

export interface Gift {
  readonly award: readonly AwardItem[];
  /** What it costs the budget. */
  readonly costMinor: number;
  /** Earned; negative: spent. */
  readonly points: number;
  readonly stock: Leg | undefined;
}

/** Basis points in a whole. */
const WHOLE = 10_000;

/** Undefined when it comes to nothing: a gift of nothing would only use up a right. */
export function giftOf(benefit: PlainBenefit, basis: Basis): Gift | undefined {
  switch (benefit.kind) {
    case 'discount':
    case 'cashback':
    case 'fee_cut': {
      const { kind } = benefit;
      const amountMinor = amountOf(benefit.money, basis);
      if (amountMinor === undefined || amountMinor === 0) return undefined;
      return giving([{ kind, amountMinor }], amountMinor);
    }
    case 'points': {
      const points = pointsOf(benefit.points, basis);
      if (points === undefined || points === 0) return undefined;
      if (benefit.points.kind === 'credited') {
        return giving([{ kind: 'points', points, broughtIn: true }], 0, points);
      }
      const cost = costOfPoints(points, basis.terms);
      return cost === undefined ? undefined : giving([{ kind: 'points', points }], cost, points);
    }
    case 'vouchers':
      return giving(
        benefit.vouchers.flatMap((rule) => vouchersOf(rule, basis)),
        benefit.vouchers.reduce((sum, { faceMinor, count }) => sum + faceMinor * count, 0),
      );
    case 'goods': {
      const { sku, priority } = benefit;
      const item = basis.terms.stock.get(sku);
      const goods: AwardItem = { kind: 'goods', sku, ...(priority && { priority }) };
      return giving([goods], item?.costMinor ?? 0, 0, item?.leg);
    }
  }
}

/** An item for the points and the cash that the redemption names; undefined when there is no such item. */
export function exchangedFor(basis: Basis, items: readonly ExchangeItem[]): Exchanged | undefined {
  const { fields } = basis;
  const wanted = fields.name('item');
  const item = items.find(({ id }) => id === wanted);
  const combo = item?.combos[Number(fields.name('combo') ?? 0)];
  if (item === undefined || combo === undefined) return undefined;
  const gift = giftOf(item.benefit, basis);
  if (gift === undefined) return undefined;
  const { points, cashMinor } = combo;
  const spent: readonly AwardItem[] = points === 0 ? [] : [{ kind: 'points', points: -points }];
  return {
    id: item.id,
    cashMinor,
    gift: {
      ...gift,
      award: [...gift.award, ...spent],
      costMinor: Math.max(0, gift.costMinor - cashMinor),
      points: -points,
    },
  };
}

export interface Exchanged {
  readonly id: string;
  readonly gift: Gift;
  /** What the customer pays. */
  readonly cashMinor: number;
}

/** The first instant after a term of days that begins at an instant. */
export function endOfTerm(
  { days, working }: DayTerm,
  fromMs: number,
  terms: CampaignTerms,
): number {
  return working
    ? terms.workingDays.deadline(fromMs, days)
    : terms.local.endOfLocalDay(fromMs, days);
}

function giving(
  award: readonly AwardItem[],
  costMinor: number,
  points = 0,
  stock?: Leg,
): Gift | undefined {
  return Number.isSafeInteger(costMinor) ? { award, costMinor, points, stock } : undefined;
}

/** Rounded, then capped. */
function amountOf(rule: MoneyRule, { fields, paymentMinor }: Basis): number | undefined {
  if (rule.kind === 'fixed') return rule.amountMinor;
  const { attribute, shareBp, capMinor, rounding } = rule;
  const of = attribute === undefined ? paymentMinor : fields.json[attribute];
  if (!isAmount(of)) return undefined;
  const share = (rounding === 'down' ? floorShare : halfUpShare)(of, shareBp, WHOLE);
  return share === undefined || capMinor === undefined ? share : Math.min(share, capMinor);
}

function isAmount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function pointsOf(rule: PointsRule, basis: Basis): number | undefined {
  switch (rule.kind) {
    case 'fixed':
      return rule.points;
    case 'credited': {
      const credited = basis.fields.json[rule.attribute];
      return isAmount(credited) ? credited : undefined;
    }
    case 'rate': {
      const { perMinor, rateBp, bonus } = rule;
      const addBp = bonus !== undefined && basis.terms.holds(bonus.eligible) ? bonus.addBp : 0;
      // In parts of WHOLE²: what runs on the rate is a product of two shares.
      const factor =
        bonus?.stackOn === 'running' ? rateBp * (WHOLE + addBp) : (rateBp + addBp) * WHOLE;
      return floorShare(basis.paymentMinor, factor, perMinor * WHOLE * WHOLE);
    }
    case 'share_of_spent': {
      const { terms, fields } = basis;
      const items = terms.exchanges.get(fields.name('offerId') ?? '');
      const spent = items && exchangedFor(basis, items)?.gift.points;
      return spent === undefined ? undefined : floorShare(-spent, rule.shareBp, WHOLE);
    }
  }
}

/** Up: rounded down, points that come a few at a time would cost nothing, however many they are. */
function costOfPoints(points: number, { pointsCost }: CampaignTerms): number | undefined {
  return pointsCost === undefined ? 0 : ceilShare(points, pointsCost.worthMinor, pointsCost.points);
}

/** Each is good until its last local day ends. */
function vouchersOf(rule: VoucherRule, { terms, occurredAtMs }: Basis): AwardItem[] {
  const { voucher, faceMinor, minSpendMinor, scope, count } = rule;
  const expiresAtMs = endOfTerm(rule.validFor, occurredAtMs, terms);
  const one: AwardItem = { kind: 'voucher', voucher, faceMinor, minSpendMinor, expiresAtMs, scope };
  return Array.from({ length: count }, () => one);
}
