/** Keys that have a meaning elsewhere and would do nothing where they stand: who wrote them expects something of them. */

import {
  outcomesOf,
  placedOffers,
  type Path,
  type PlacedOffer,
  type Problem,
} from './campaign-places.ts';
import type { Campaign } from './campaign-schema.ts';

export function ignoredProblems(campaign: Campaign, placed: PlacedOffer): Problem[] {
  return [...extendProblems(campaign, placed), ...lowerTierProblems(placed)];
}

/** An extension is no grant: nothing is reserved, counted, held or delivered. Each voucher runs longer once. */
function extendProblems(campaign: Campaign, { offer, path, tiers }: PlacedOffer): Problem[] {
  const extending = tiers.find(({ benefit }) => benefit.kind === 'extend');
  if (extending?.benefit.kind !== 'extend') return [];
  const problems: Problem[] = [];
  const refuse = (keys: Path): void => {
    const message =
      'does nothing for extend, which is no grant: each voucher runs longer once for each offer. Leave it out';
    problems.push({ path: [...path, ...keys], message });
  };
  if (tiers.length > 1) {
    const message = 'stands alone: an offer that lets vouchers run longer has no tiers';
    problems.push({ path: extending.benefitPath, message });
  }
  for (const [index, { per, any, period, max }] of offer.limits.entries()) {
    const once = !any && per.join() === 'voucher' && (period === 'ever' || period === 'campaign');
    if (!once || max !== 1) refuse(['limits', index]);
  }
  for (const key of ['quota', 'hold', 'claim', 'delivery'] as const) {
    if (offer[key] !== undefined) refuse([key]);
  }
  if (offer.excludedBy.length > 0) refuse(['excludedBy']);
  if (offer.stacking === 'group') refuse(['stacking']);
  if (offer.review === 'always') refuse(['review']);
  if (offer.to === 'inviter') refuse(['to']);
  const given = voucherNames(campaign);
  for (const [index, name] of extending.benefit.vouchers.entries()) {
    if (given.has(name)) continue;
    const known = given.size === 0 ? 'none gives any' : `there are ${[...given].join(', ')}`;
    problems.push({
      path: [...extending.benefitPath, 'vouchers', index],
      message: `no offer of this campaign gives a voucher called "${name}": ${known}`,
    });
  }
  return problems;
}

/** What follows a grant was said for one tier: the options of a choice cannot become those of the tier below. */
function lowerTierProblems({ offer, path, tiers }: PlacedOffer): Problem[] {
  if (offer.onTierExhausted === 'none' || tiers.every(({ benefit }) => benefit.kind !== 'choice'))
    return [];
  const message =
    'a choice is of one tier: write onTierExhausted: none, or give what is below it without a choice';
  return [{ path: [...path, 'onTierExhausted'], message }];
}

/** The names of all vouchers that the campaign gives, as gifts, prizes, options or items. */
function voucherNames(campaign: Campaign): ReadonlySet<string> {
  const outcomes = placedOffers(campaign, {}).flatMap(({ tiers }) => tiers.flatMap(outcomesOf));
  return new Set(
    outcomes.flatMap(({ benefit }) =>
      benefit.kind === 'vouchers' ? benefit.vouchers.map(({ voucher }) => voucher) : [],
    ),
  );
}
