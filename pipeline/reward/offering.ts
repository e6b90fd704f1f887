/** What an offer puts before the ledger for one event: the choices it tries in order, and what follows. */

import type { ChoiceBenefit, DrawBenefit, Prize } from '../../config/campaign-benefits.ts';
import { endOfTerm, exchangedFor, giftOf, type Basis, type Gift } from './benefit.ts';
import type { CompiledOffer, CompiledTier } from './campaign.ts';
import { drawn, prizeAt } from './draw.ts';
import {
  PAYABLE,
  POINTS,
  POINTS_ISSUED,
  type Choice,
  type Leg,
  type ReserveOp,
  type ValueLeg,
} from './ledger-op.ts';

/** One offer meets one event. */
export interface Occasion extends Basis {
  readonly offer: CompiledOffer;
  readonly eventId: string;
  readonly grantId: string;
  /** The beneficiary as a part of account names. */
  readonly owner: string;
}

export interface Offering {
  readonly choices: readonly Choice[];
  readonly next?: ReserveOp['next'];
  /** Of a draw, otherwise ''. */
  readonly detail: string;
  /** Of an exchange: what the customer pays. */
  readonly cashMinor?: number;
}

const NO_LEGS: readonly Leg[] = [];

/**
 * @param tiers those that the payment reaches, highest first.
 * @returns undefined when nothing comes of it.
 */
export function offeringOf(at: Occasion, tiers: readonly CompiledTier[]): Offering | undefined {
  const offerings = (at.offer.nextLower ? tiers : tiers.slice(0, 1))
    .map((tier) => offeringOfTier(at, tier))
    .filter((offering) => offering !== undefined);
  const [first] = offerings;
  if (first === undefined || offerings.length === 1) return first;
  // What follows a grant was said for the first choice only: another tier's must not inherit it.
  if (first.next !== undefined) return first;
  return { ...first, choices: offerings.flatMap(({ choices }) => choices) };
}

function offeringOfTier(at: Occasion, tier: CompiledTier): Offering | undefined {
  const { benefit } = tier;
  switch (benefit.kind) {
    case 'draw':
      return drawOffering(at, tier, benefit);
    case 'choice':
      return choiceOffering(at, tier, benefit);
    case 'exchange': {
      const exchanged = exchangedFor(at, benefit.items);
      if (exchanged === undefined) return undefined;
      const { id, gift, cashMinor } = exchanged;
      return { choices: [choiceOf(at, tier, id, gift)], detail: '', cashMinor };
    }
    case 'extend':
      return undefined;
    default: {
      const gift = giftOf(benefit, at);
      return gift && { choices: [choiceOf(at, tier, tier.label, gift)], detail: '' };
    }
  }
}

/** The prize, then what takes its place when it is gone; the odds of the others stay as they are. */
function drawOffering(at: Occasion, tier: CompiledTier, draw: DrawBenefit): Offering | undefined {
  const { seed, commitment } = at.terms.draw!;
  const random = drawn(seed, at.grantId);
  const detail = JSON.stringify({ commitment, random, entry: at.eventId });
  const won = prizeAt(draw.prizes, random);
  const fallback = draw.prizes.find(({ id }) => id === draw.onPrizeEmpty);
  // The ledger goes on to the next choice only where the one before it is gone.
  const prizes = won === undefined ? [] : new Set([won, fallback ?? won]);
  const choices = [...prizes].flatMap((prize) => prizeChoice(at, tier, prize) ?? []);
  if (!draw.certain) choices.push(nothingOf(tier));
  return choices.length === 0 ? undefined : { choices, detail };
}

function prizeChoice(at: Occasion, tier: CompiledTier, prize: Prize): Choice | undefined {
  const gift = giftOf(prize.benefit, at);
  if (gift === undefined) return undefined;
  const stock = prize.stock === undefined ? undefined : at.terms.stock.get(prize.stock)?.leg;
  return choiceOf(at, tier, prize.id, { ...gift, stock: stock ?? gift.stock });
}

/** The chance is used up and nothing is won. */
function nothingOf(tier: CompiledTier): Choice {
  return { ...EMPTY, tier: tier.index, label: 'none', units: legsOf(tier.quota) };
}

const EMPTY = { amountMinor: 0, values: [], award: [] } as const;

/**
 * The dearest option is reserved, so that the money is there for any; stock is taken when the customer
 * chooses, and the one whose stock is gone then leaves the others.
 */
function choiceOffering(
  at: Occasion,
  tier: CompiledTier,
  { options, within }: ChoiceBenefit,
): Offering | undefined {
  const given = options.flatMap(({ id, benefit }) => {
    const gift = giftOf(benefit, at);
    return gift === undefined ? [] : [choiceOf(at, { ...tier, quota: undefined }, id, gift)];
  });
  if (given.length === 0) return undefined;
  const dearest = given.reduce((most, one) => (one.amountMinor > most.amountMinor ? one : most));
  const reserved: Choice = {
    ...dearest,
    label: tier.label,
    units: legsOf(tier.quota),
    values: moneyLegs(at, dearest.amountMinor),
  };
  const untilMs = endOfTerm(within, at.occurredAtMs, at.terms);
  return { choices: [reserved], next: { kind: 'choice', untilMs, options: given }, detail: '' };
}

function choiceOf(at: Occasion, tier: CompiledTier, label: string, gift: Gift): Choice {
  return {
    tier: tier.index,
    label,
    amountMinor: gift.costMinor,
    units: [...legsOf(tier.quota), ...legsOf(gift.stock)],
    values: [...moneyLegs(at, gift.costMinor), ...pointLegs(at, gift.points)],
    award: gift.award,
  };
}

/** Every budget line by the cost, and what is payable to the beneficiary as their contra. */
function moneyLegs({ offer, owner }: Occasion, costMinor: number): readonly ValueLeg[] {
  if (costMinor === 0) return [];
  return [
    ...offer.budgets.map(({ account, limit }) => ({ account, by: costMinor, limit })),
    { account: `${PAYABLE}${owner}`, by: -costMinor, limit: undefined },
  ];
}

/** Points earned are issued by the campaign; points spent go back to it, and none are spent that are not there. */
function pointLegs({ terms, owner }: Occasion, points: number): readonly ValueLeg[] {
  if (points === 0) return [];
  const account = `${POINTS}${owner}`;
  return [
    points < 0
      ? { account, by: points, limit: undefined, floor: 0 }
      : { account, by: points, limit: undefined },
    { account: `${POINTS_ISSUED}${terms.campaignId}`, by: -points, limit: undefined },
  ];
}

function legsOf(leg: Leg | undefined): readonly Leg[] {
  return leg === undefined ? NO_LEGS : [leg];
}
