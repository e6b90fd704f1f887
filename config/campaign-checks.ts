/** What the parts of a campaign mean to each other: every rule that one part alone cannot break. */

import { checkExpression, type ExpressionNames } from '../pipeline/reward/cel.ts';
import { budgetPath, type BudgetLine } from './campaign-budgets.ts';
import { benefitProblems } from './campaign-benefit-checks.ts';
import { twice } from './campaign-duplicates.ts';
import {
  earningTypes,
  outcomesOf,
  placedOffers,
  type Path,
  type PlacedOffer,
  type Problem,
} from './campaign-places.ts';
import { ignoredProblems } from './campaign-ignored-keys.ts';
import type { Campaign, Offer } from './campaign-schema.ts';
import { intervalProblems, promiseProblems, timeProblems } from './campaign-time-checks.ts';

/**
 * @param written the content of the campaign's file, which the problems' paths lead into.
 * @returns every problem, in the order of the file; none when the campaign can be run.
 */
export function campaignProblems(campaign: Campaign, written: unknown): Problem[] {
  const offers = placedOffers(campaign, written);
  return [
    ...intervalProblems(campaign),
    ...Object.entries(campaign.budgets).flatMap(([name, line]) =>
      budgetProblems(line, ['budgets', name]),
    ),
    ...segmentProblems(campaign),
    ...twice(campaign.offers, ['offers']),
    ...offers.flatMap((placed) => [
      ...referenceProblems(campaign, placed),
      ...timeProblems(campaign, placed),
      ...promiseProblems(campaign, placed),
      ...triggerProblems(placed),
      ...limitProblems(placed),
      ...tierProblems(placed),
      ...repriceProblems(placed),
      ...ignoredProblems(campaign, placed),
      ...expressionProblems(campaign, placed),
      ...placed.tiers.flatMap((tier, index) =>
        benefitProblems(campaign, tier, placed.tiers[index - 1]),
      ),
    ]),
  ];
}

function budgetProblems(line: BudgetLine, path: Path): Problem[] {
  const children = Object.entries(line.children ?? {});
  const sum = children.reduce((total, [, child]) => total + child.limit, 0);
  const message = `is ${line.limit}, but the lines below it add up to ${sum}`;
  return [
    ...(sum > line.limit ? [{ path: [...path, 'limit'], message }] : []),
    ...children.flatMap(([name, child]) => budgetProblems(child, [...path, 'children', name])),
  ];
}

function referenceProblems(campaign: Campaign, { offer, path }: PlacedOffer): Problem[] {
  const problems: Problem[] = [];
  const add = (keys: Path, message: string): void => {
    problems.push({ path: [...path, ...keys], message });
  };
  if (budgetPath(campaign.budgets, offer.budget) === undefined) {
    const lines = linesOf(campaign.budgets).join(', ');
    add(['budget'], `no budget line is called "${offer.budget}": there are ${lines}`);
  }
  if (offer.phase !== undefined && campaign.phases[offer.phase] === undefined) {
    const names = Object.keys(campaign.phases).join(', ');
    const known = names === '' ? 'the campaign has none' : `there are ${names}`;
    add(['phase'], `no phase is called "${offer.phase}": ${known}`);
  }
  const { merchantList } = offer.when;
  if (merchantList !== undefined && campaign.lists[merchantList] === undefined) {
    add(['when', 'merchant', 'list'], `no list is called "${merchantList}": write it in lists`);
  }
  for (const [index, id] of offer.excludedBy.entries()) {
    const message = exclusionProblem(campaign, offer, id);
    if (message !== undefined) add(['excludedBy', index], message);
  }
  if (offer.stacking === 'group' && offer.group === undefined) {
    add(['stacking'], 'name the group: at most one of its offers is granted for each event');
  }
  return problems;
}

function linesOf(budgets: Readonly<Record<string, BudgetLine>>, above = ''): string[] {
  return Object.entries(budgets).flatMap(([name, { children }]) => [
    above + name,
    ...linesOf(children ?? {}, `${above}${name}.`),
  ]);
}

/** Whether a customer took part in the other offer is read from that customer's limit. */
function exclusionProblem(campaign: Campaign, offer: Offer, id: string): string | undefined {
  if (id === offer.id) return 'an offer cannot close itself';
  const other = campaign.offers.find((each) => each.id === id);
  if (other === undefined) return `no offer of this campaign is called "${id}"`;
  const counted = other.limits.some(
    ({ per, any, period }) =>
      (per.length === 1 || any) &&
      per.includes('customer') &&
      (period === 'campaign' || period === 'ever'),
  );
  return counted
    ? orderProblem(offer, other)
    : `"${id}" does not say who took part: give it a limit { per: [customer], period: campaign, max: 1 }`;
}

/**
 * An offer that closes another is judged before it, or one event earns both. Where each closes the other, whichever
 * comes first does.
 */
function orderProblem(offer: Offer, closer: Offer): string | undefined {
  if (closer.excludedBy.includes(offer.id)) return undefined;
  if (offer.settle === 'preauth' && closer.settle === 'rebate' && closer.on.includes('payment')) {
    return `"${closer.id}" is granted with the payment, when this offer was reserved for it already: write settle: preauth in both, or in none`;
  }
  const shared = earningTypes(offer).some((type) => earningTypes(closer).includes(type));
  if (!shared || closer.priority > offer.priority) return undefined;
  return `"${closer.id}" has the priority ${closer.priority} and is judged after this offer, which has ${offer.priority}: one event could earn both. Give "${closer.id}" a higher one`;
}

function triggerProblems({ offer, path, tiers }: PlacedOffer): Problem[] {
  const problems: Problem[] = [];
  if (offer.settle === 'preauth' && offer.review === 'always') {
    const message =
      'what is taken off with the payment cannot wait for an approval: write settle: rebate, or leave it out';
    problems.push({ path: [...path, 'review'], message });
  }
  if (offer.authorisation !== undefined && offer.settle !== 'preauth') {
    const message =
      'nothing is reserved at an authorisation: write settle: preauth, or leave it out; how long a review may last is told by hold';
    problems.push({ path: [...path, 'authorisation'], message });
  }
  for (const [index, type] of offer.on.entries()) {
    const at = [...path, 'on', index];
    if (offer.settle === 'preauth' && type !== 'payment.authorising') {
      const message = `preauth reserves at the authorisation: write on: [payment.authorising], not ${type}`;
      problems.push({ path: at, message });
    }
    if (offer.settle === 'rebate' && type === 'payment.authorising') {
      const message = 'an authorisation pays nothing yet: write settle: preauth, or on: [payment]';
      problems.push({ path: at, message });
    }
    if (type !== 'points.credited') {
      for (const { benefit, path: place } of tiers.flatMap(outcomesOf)) {
        if (benefit.kind !== 'points' || benefit.points.kind !== 'credited') continue;
        const message = `points that an event says were given are brought in by the bank alone: write on: [points.credited], not ${type}`;
        problems.push({ path: place, message });
      }
    }
    if (type === 'redemption.requested') continue;
    for (const { benefit, benefitPath } of tiers) {
      if (!spendsPoints(benefit)) continue;
      const message = `points are spent by a redemption: write on: [redemption.requested], not ${type}`;
      problems.push({ path: benefitPath, message });
    }
  }
  return problems;
}

/** A right that is counted twice is used up by half: one grant would move its account by two. */
function limitProblems({ offer: { limits }, path }: PlacedOffer): Problem[] {
  const seen = new Set<string>();
  return limits.flatMap(({ per, any, period }, index) => {
    // One opening of a schedule lies within a day, and is counted by its date.
    const counted = `${String(any)} ${per.toSorted().join()} ${period === 'occurrence' ? 'day' : period}`;
    if (!seen.has(counted)) {
      seen.add(counted);
      return [];
    }
    const message = 'counts what a limit before it counts: keep the one with the lower max';
    return [{ path: [...path, 'limits', index], message }];
  });
}

/** What the rest of a payment would earn is known beforehand of fixed amounts only. */
function repriceProblems({ offer, path, tiers }: PlacedOffer): Problem[] {
  if (offer.refund.below !== 'reprice') return [];
  const fixed = tiers.every(
    ({ benefit }) =>
      (benefit.kind === 'discount' || benefit.kind === 'cashback') &&
      benefit.money.kind === 'fixed',
  );
  const message =
    'counts fixed amounts anew: write off or cashback as an amount in every tier, or below: keep';
  return fixed ? [] : [{ path: [...path, 'refund', 'below'], message }];
}

/** A quota is counted under its tier's name. */
function tierProblems({ offer, tiers }: PlacedOffer): Problem[] {
  return offer.tiers.flatMap(({ id }, index) =>
    id !== undefined && offer.tiers.findIndex((other) => other.id === id) < index
      ? [{ path: [...tiers[index]!.path, 'id'], message: `"${id}" is used twice` }]
      : [],
  );
}

function spendsPoints(benefit: Offer['tiers'][number]['benefit']): boolean {
  if (benefit.kind === 'exchange') return true;
  return benefit.kind === 'points' && benefit.points.kind === 'share_of_spent';
}

function namesOf(campaign: Campaign, segments: readonly string[]): ExpressionNames {
  return { params: campaign.params, lists: Object.keys(campaign.lists), segments };
}

/** A segment may use those before it. */
function segmentProblems(campaign: Campaign): Problem[] {
  const names = Object.keys(campaign.segments);
  return Object.entries(campaign.segments).flatMap(([name, source], index) => {
    const problem = checkExpression(source, namesOf(campaign, names.slice(0, index)), 'bool');
    return problem === undefined ? [] : [{ path: ['segments', name], ...problem }];
  });
}

function expressionProblems(campaign: Campaign, { offer, path, tiers }: PlacedOffer): Problem[] {
  const names = namesOf(campaign, Object.keys(campaign.segments));
  const problems: Problem[] = [];
  const look = (source: string, at: Path): void => {
    const problem = checkExpression(source, names, 'bool');
    if (problem !== undefined) problems.push({ path: at, ...problem });
  };
  if (offer.eligible !== undefined) look(offer.eligible, [...path, 'eligible']);
  for (const tier of tiers) {
    for (const { benefit, path: at } of outcomesOf(tier)) {
      if (benefit.kind !== 'points' || benefit.points.kind !== 'rate') continue;
      const { bonus } = benefit.points;
      if (bonus !== undefined) look(bonus.eligible, [...at, 'bonus', 'eligible']);
    }
  }
  return problems;
}
