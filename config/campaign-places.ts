/** Where the parts of a parsed campaign stand in its file. */

import type { EventType } from '../pipeline/event.ts';
import type { Benefit, PlainBenefit } from './campaign-benefits.ts';
import type { Campaign, Offer } from './campaign-schema.ts';

export type Path = readonly (string | number)[];

/** Something wrong with a part of a campaign. */
export interface Problem {
  readonly path: Path;
  readonly message: string;
  /** Of an expression: index of the character at fault. */
  readonly offset?: number;
}

/** One offer with its place and the time in which it is open. */
export interface PlacedOffer {
  readonly offer: Offer;
  readonly path: Path;
  /** Half-open, in milliseconds since the epoch; the schedule aside. */
  readonly open: { readonly from: number; readonly to: number };
  readonly tiers: readonly PlacedTier[];
}

export interface PlacedTier {
  readonly atLeast: number;
  readonly quota: number | undefined;
  readonly benefit: Benefit;
  readonly path: Path;
  /** Of the benefit's own key. */
  readonly benefitPath: Path;
}

export interface PlacedBenefit {
  readonly benefit: PlainBenefit;
  readonly path: Path;
}

const KEY_OF: Readonly<Record<Benefit['kind'], string>> = {
  discount: 'off',
  cashback: 'cashback',
  fee_cut: 'feeCut',
  points: 'points',
  vouchers: 'vouchers',
  goods: 'goods',
  draw: 'draw',
  choice: 'choice',
  exchange: 'exchange',
  extend: 'extend',
};

/** @param written the file's content as it was before it was parsed. */
export function placedOffers(campaign: Campaign, written: unknown): PlacedOffer[] {
  const offers = (written as { readonly offers?: readonly { readonly tiers?: unknown }[] }).offers;
  return campaign.offers.map((offer, index) => {
    const path = ['offers', index];
    const inTiers = offers?.[index]?.tiers !== undefined;
    return {
      offer,
      path,
      open: openTime(campaign, offer),
      tiers: offer.tiers.map((tier, at) => {
        const tierPath = inTiers ? [...path, 'tiers', at] : path;
        return { ...tier, path: tierPath, benefitPath: [...tierPath, KEY_OF[tier.benefit.kind]] };
      }),
    };
  });
}

/** The events that earn an offer: what is reserved at an authorisation is earned by a payment that had none. */
export function earningTypes({ on, settle }: Offer): readonly EventType[] {
  return settle === 'preauth' ? [...on, 'payment'] : on;
}

/** When an offer is open: its own window, else its phase, else the campaign's window. */
function openTime(campaign: Campaign, offer: Offer): PlacedOffer['open'] {
  return offer.window ?? limitsOfTime(campaign, offer);
}

/** The time that an offer's own window must lie in. */
export function limitsOfTime(campaign: Campaign, { phase }: Offer): PlacedOffer['open'] {
  return (phase === undefined ? undefined : campaign.phases[phase]) ?? campaign.window;
}

/** Everything that can come out of a benefit: itself, or each of its prizes, options or items. */
export function outcomesOf({ benefit, benefitPath }: PlacedTier): PlacedBenefit[] {
  switch (benefit.kind) {
    case 'draw':
      return inside(benefit.prizes, [...benefitPath, 'prizes']);
    case 'choice':
      return inside(benefit.options, [...benefitPath, 'options']);
    case 'exchange':
      return inside(benefit.items, [...benefitPath, 'items']);
    case 'extend':
      return [];
    default:
      return [{ benefit, path: benefitPath }];
  }
}

function inside(parts: readonly { readonly benefit: PlainBenefit }[], path: Path): PlacedBenefit[] {
  return parts.map(({ benefit }, index) => ({
    benefit,
    path: [...path, index, KEY_OF[benefit.kind]],
  }));
}
