/** The accounts that everybody shares, with their limits as they stand: budget lines, stock, quotas. */

import { budgetPath, type BudgetLine } from '../../config/campaign-budgets.ts';
import type { Campaign, Offer } from '../../config/campaign-schema.ts';
import { Adjustments } from './adjustments.ts';
import type { StockItem } from './benefit.ts';
import type { SharedAccount } from './campaign.ts';
import { BUDGET, STOCK, type Leg } from './ledger-op.ts';
import { quotaAccount, type CompiledQuota } from './limits.ts';

export function sharedAccounts(
  campaigns: readonly Campaign[],
  adjustments: Adjustments,
): SharedAccount[] {
  return campaigns.flatMap((campaign) => {
    const { id: campaignId } = campaign;
    const configured = limitedLegs(campaign, new Adjustments());
    return limitedLegs(campaign, adjustments).map(({ account, limit }, index) => {
      return { account, campaignId, limit: limit!, added: limit! - configured[index]!.limit! };
    });
  });
}

function limitedLegs(campaign: Campaign, adjustments: Adjustments): Leg[] {
  return [
    ...budgetLegs(campaign, campaign.budgets, [], adjustments),
    ...[...stockOf(campaign).values()].map(({ leg }) => leg),
    ...campaign.offers.flatMap((offer) => quotaLegs(campaign, offer, adjustments)),
  ];
}

/** The budget line that pays an offer, with everything above it, topmost first. */
export function budgetsOf(campaign: Campaign, offer: Offer, adjustments: Adjustments): Leg[] {
  const lines = budgetPath(campaign.budgets, offer.budget);
  if (lines === undefined)
    throw new Error(`no budget line ${offer.budget}: check the campaign first`);
  return lines.map(({ path, limit }) => budgetLeg(campaign.id, path, limit, adjustments));
}

export function stockOf({ id, stock }: Campaign): Map<string, StockItem> {
  return new Map(
    Object.entries(stock).map(([sku, { units, costMinor }]) => [
      sku,
      { leg: { account: `${STOCK}${id}/${sku}`, limit: units }, costMinor },
    ]),
  );
}

/** What a tier's quota is counted under: never its place in the file, which another tier may take. */
export function tierName({ id, atLeast }: Pick<Offer['tiers'][number], 'id' | 'atLeast'>): string {
  return id === undefined ? `from-${atLeast}` : `tier-${id}`;
}

/** A tier's own quota, counted in grants. */
export function tierQuota(
  campaignId: string,
  offer: Offer,
  index: number,
  adjustments: Adjustments,
): Leg | undefined {
  const quota = offer.tiers[index]!.quota;
  if (quota === undefined) return undefined;
  const part = tierName(offer.tiers[index]!);
  const account = quotaAccount(campaignId, offer.id, part);
  return { account, limit: quota + adjustments.addedQuota(campaignId, offer.id, part) };
}

export function offerQuota(
  campaignId: string,
  { id, quota }: Offer,
  adjustments: Adjustments,
): CompiledQuota | undefined {
  if (quota === undefined) return undefined;
  const account = quotaAccount(campaignId, id, 'all');
  return { ...quota, account, max: quota.max + adjustments.addedQuota(campaignId, id) };
}

function quotaLegs({ id }: Campaign, offer: Offer, adjustments: Adjustments): Leg[] {
  const legs = offer.tiers.map((_tier, index) => tierQuota(id, offer, index, adjustments));
  const quota = offerQuota(id, offer, adjustments);
  if (quota?.period === 'campaign') legs.push({ account: quota.account, limit: quota.max });
  return legs.filter((leg) => leg !== undefined);
}

function budgetLegs(
  campaign: Campaign,
  lines: Readonly<Record<string, BudgetLine>>,
  above: readonly string[],
  adjustments: Adjustments,
): Leg[] {
  return Object.entries(lines).flatMap(([line, { limit, children }]) => {
    const path = [...above, line];
    return [
      budgetLeg(campaign.id, path.join('.'), limit, adjustments),
      ...budgetLegs(campaign, children ?? {}, path, adjustments),
    ];
  });
}

export function budgetAccount(campaignId: string, path: string): string {
  return `${BUDGET}${campaignId}/${path}`;
}

/** A line that gave away more than the configuration leaves it now has nothing; below 0 it would have no limit. */
function budgetLeg(campaignId: string, path: string, limit: number, adjustments: Adjustments): Leg {
  return {
    account: budgetAccount(campaignId, path),
    limit: Math.max(0, limit + adjustments.addedBudget(campaignId, path)),
  };
}
