/** What a benefit needs of its offer and its campaign. */

import type { DrawBenefit, PlainBenefit } from './campaign-benefits.ts';
import { twice } from './campaign-duplicates.ts';
import { outcomesOf, type Path, type PlacedTier, type Problem } from './campaign-places.ts';
import type { Campaign } from './campaign-schema.ts';

const CERTAIN_PPM = 1_000_000;

/** @param below the tier before it, which is the lower one. */
export function benefitProblems(
  campaign: Campaign,
  tier: PlacedTier,
  below: PlacedTier | undefined,
): Problem[] {
  const { benefit, benefitPath } = tier;
  const problems: Problem[] = [];
  if (below !== undefined && tier.atLeast <= below.atLeast) {
    const message = `must be above that of the tier before it, ${below.atLeast}`;
    problems.push({ path: [...tier.path, 'atLeast'], message });
  }
  for (const { benefit: plain, path } of outcomesOf(tier)) {
    const message = plainProblem(campaign, plain, tier.atLeast);
    if (message !== undefined) problems.push({ path, message });
  }
  if (benefit.kind === 'draw') problems.push(...drawProblems(campaign, benefit, benefitPath));
  if (benefit.kind === 'choice')
    problems.push(...twice(benefit.options, [...benefitPath, 'options']));
  if (benefit.kind === 'exchange')
    problems.push(...twice(benefit.items, [...benefitPath, 'items']));
  return problems;
}

function plainProblem(
  campaign: Campaign,
  benefit: PlainBenefit,
  atLeast: number,
): string | undefined {
  if (benefit.kind === 'discount' && benefit.money.kind === 'fixed') {
    return benefit.money.amountMinor > atLeast
      ? `takes off more than the payment that reaches it: write atLeast: ${benefit.money.amountMinor} or more`
      : undefined;
  }
  if (benefit.kind === 'points' && campaign.points === undefined) {
    return 'the budget has to know what points cost: write points: { points: 500, worthMinor: 100 } in the campaign';
  }
  if (benefit.kind === 'goods' && campaign.stock[benefit.sku] === undefined) {
    return unknownStock(benefit.sku);
  }
  return undefined;
}

function unknownStock(sku: string): string {
  return `no stock is called "${sku}": write it in stock, with units and costMinor`;
}

function drawProblems(campaign: Campaign, draw: DrawBenefit, path: Path): Problem[] {
  const { prizes, nonePpm, onPrizeEmpty, certain } = draw;
  const problems = twice(prizes, [...path, 'prizes']);
  const add = (keys: Path, message: string): void => {
    problems.push({ path: [...path, ...keys], message });
  };
  const sum = prizes.reduce((total, { ppm }) => total + ppm, nonePpm);
  if (sum !== CERTAIN_PPM) {
    add([], `the odds add up to ${sum} ppm with none, and must to ${CERTAIN_PPM}`);
  }
  for (const [index, { id, stock, benefit }] of prizes.entries()) {
    if (id === 'none') add(['prizes', index, 'id'], 'none means no prize: write another id');
    // Goods were looked up already.
    if (stock === undefined || benefit.kind === 'goods') continue;
    if (campaign.stock[stock] === undefined) add(['prizes', index, 'stock'], unknownStock(stock));
  }
  const fallback = prizes.find(({ id }) => id === onPrizeEmpty);
  if (onPrizeEmpty !== 'none' && fallback === undefined) {
    add(['onPrizeEmpty'], `no prize is called "${onPrizeEmpty}": write none, or the id of a prize`);
  }
  if (!certain) return problems;
  if (nonePpm > 0) add(['none'], 'a draw that is certain to win leaves nothing to none: write 0');
  if (onPrizeEmpty === 'none') {
    add(['certain'], 'a draw that is certain to win names in onPrizeEmpty a prize without stock');
  } else if (fallback?.stock !== undefined) {
    add(['onPrizeEmpty'], `"${onPrizeEmpty}" can run out too: name a prize without stock`);
  }
  return problems;
}
