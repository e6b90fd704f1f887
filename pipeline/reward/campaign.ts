/** Campaigns made ready for evaluation: indexed by event type, account names and limits worked out. */

import type { Benefit } from '../../config/campaign-benefits.ts';
import { budgetPath, type BudgetLine } from '../../config/campaign-budgets.ts';
import {
  WEEKDAYS,
  type Campaign,
  type LimitKey,
  type Offer,
  type Period,
} from '../../config/campaign-schema.ts';
import type { EventType } from '../event.ts';
import { Failure } from '../failure.ts';
import { BUDGET, type HoldTimeout, type Leg } from './ledger-op.ts';
import { LocalTime } from './local-time.ts';

/** A counter that everybody shares, for dashboards and `ledger balances`. */
export interface SharedAccount {
  readonly account: string;
  readonly campaignId: string;
  readonly limit: number;
}

export interface CompiledTier {
  readonly index: number;
  readonly atLeastMinor: number;
  readonly offMinor: number;
  readonly quota: Leg | undefined;
}

export interface CompiledOffer {
  readonly campaignId: string;
  readonly offerId: string;
  readonly currency: string;
  readonly fromMs: number;
  readonly toMs: number;
  readonly lowestMinor: number;
  readonly local: LocalTime;
  /** Days of the week (ISO) with minutes of the day, [from, to). */
  readonly schedule:
    | { readonly weekdays: ReadonlySet<number>; readonly from: number; readonly to: number }
    | undefined;
  readonly channel: ReadonlySet<string> | undefined;
  readonly category: ReadonlySet<string> | undefined;
  readonly instrument: ReadonlySet<string> | undefined;
  readonly merchant: ReadonlySet<string> | undefined;
  readonly budgetLine: string;
  readonly budgets: readonly Leg[];
  /** Highest first. */
  readonly tiers: readonly CompiledTier[];
  readonly nextLower: boolean;
  readonly quota:
    { readonly account: string; readonly max: number; readonly period: Period } | undefined;
  readonly limits: readonly {
    readonly account: string;
    readonly per: readonly LimitKey[];
    readonly period: Period;
    readonly max: number;
  }[];
  readonly hold: { readonly timeoutMs: number; readonly onTimeout: HoldTimeout } | undefined;
}

export interface CompiledCampaigns {
  readonly offersOn: ReadonlyMap<EventType, readonly CompiledOffer[]>;
  /** A value that stands for "not known" is nobody's card, device or customer number. */
  readonly isPlaceholder: (value: string) => boolean;
  /** Budget lines and campaign-long quotas: what a manager watches. */
  readonly accounts: readonly SharedAccount[];
  /** How an offer holds its grants; undefined for an offer that is no longer there. */
  hold(campaignId: string, offerId: string): CompiledOffer['hold'];
}

/** @throws Failure (exit code 2) when two campaigns have the same id. */
export function compileCampaigns(
  campaigns: readonly Campaign[],
  isPlaceholder: (value: string) => boolean = (value) => value === '',
): CompiledCampaigns {
  const offersOn = new Map<EventType, CompiledOffer[]>();
  const accounts: SharedAccount[] = [];
  const byId = new Map<string, CompiledOffer>();
  const ids = new Set<string>();
  for (const campaign of campaigns) {
    if (ids.has(campaign.id)) {
      throw new Failure(`two campaigns have the id "${campaign.id}": rename one of them`, {
        exitCode: 2,
      });
    }
    ids.add(campaign.id);
    accounts.push(...budgetAccounts(campaign.id, campaign.budgets, []));
    const local = new LocalTime(campaign.timezone);
    for (const offer of campaign.offers) {
      const compiled = compileOffer(campaign, offer, local);
      byId.set(`${campaign.id} ${offer.id}`, compiled);
      accounts.push(...quotaAccounts(compiled));
      for (const type of new Set(offer.on)) {
        const list = offersOn.get(type) ?? [];
        list.push(compiled);
        offersOn.set(type, list);
      }
    }
  }
  return {
    offersOn,
    isPlaceholder,
    accounts,
    hold: (campaignId, offerId) => byId.get(`${campaignId} ${offerId}`)?.hold,
  };
}

function compileOffer(campaign: Campaign, offer: Offer, local: LocalTime): CompiledOffer {
  const quota = `quota/${campaign.id}/${offer.id}`;
  const limit = `limit/${campaign.id}/${offer.id}`;
  const lines = budgetPath(campaign.budgets, offer.budget);
  if (lines === undefined)
    throw new Error(`no budget line ${offer.budget}: check the schema first`);
  return {
    campaignId: campaign.id,
    offerId: offer.id,
    currency: campaign.currency,
    fromMs: campaign.window.from,
    toMs: campaign.window.to,
    lowestMinor: offer.tiers[0]!.atLeast,
    local,
    schedule: offer.schedule && {
      weekdays: new Set(offer.schedule.weekdays.map((day) => WEEKDAYS.indexOf(day) + 1)),
      from: offer.schedule.from,
      to: offer.schedule.to,
    },
    channel: setOf(offer.when.channel),
    category: setOf(offer.when.category),
    instrument: setOf(offer.when.instrument),
    merchant: setOf(offer.when.merchant),
    budgetLine: offer.budget,
    budgets: lines.map((line) => ({
      account: budgetAccount(campaign.id, line.path),
      limit: line.limit,
    })),
    tiers: offer.tiers
      .map((tier, index) => ({
        index,
        atLeastMinor: tier.atLeast,
        offMinor: offOf(tier.benefit),
        quota:
          tier.quota === undefined
            ? undefined
            : { account: `${quota}/tier-${index + 1}`, limit: tier.quota },
      }))
      .reverse(),
    nextLower: offer.onTierExhausted === 'next_lower',
    quota: offer.quota && { account: `${quota}/all`, ...offer.quota },
    limits: offer.limits.map(({ per, period, max }) => ({
      account: `${limit}/${per.join('-')}`,
      per,
      period,
      max,
    })),
    hold: offer.hold && { timeoutMs: offer.hold.timeout, onTimeout: offer.hold.onTimeout },
  };
}

/** @throws Failure (exit code 2) for a benefit that is not a fixed sum off. */
function offOf(benefit: Benefit): number {
  if (benefit.kind === 'discount' && benefit.money.kind === 'fixed')
    return benefit.money.amountMinor;
  throw new Failure(`the benefit "${benefit.kind}" cannot be granted`, { exitCode: 2 });
}

function setOf(values: readonly string[] | undefined): ReadonlySet<string> | undefined {
  return values === undefined ? undefined : new Set(values);
}

function budgetAccount(campaignId: string, path: string): string {
  return `${BUDGET}${campaignId}/${path}`;
}

function budgetAccounts(
  campaignId: string,
  lines: Readonly<Record<string, BudgetLine>>,
  above: readonly string[],
): SharedAccount[] {
  return Object.entries(lines).flatMap(([line, { limit, children }]) => {
    const path = [...above, line];
    return [
      { account: budgetAccount(campaignId, path.join('.')), campaignId, limit },
      ...budgetAccounts(campaignId, children ?? {}, path),
    ];
  });
}

function quotaAccounts({ campaignId, tiers, quota }: CompiledOffer): SharedAccount[] {
  const found: SharedAccount[] = [];
  for (const { quota: own } of tiers) {
    if (own?.limit !== undefined)
      found.push({ account: own.account, campaignId, limit: own.limit });
  }
  if (quota?.period === 'campaign') {
    found.push({ account: quota.account, campaignId, limit: quota.max });
  }
  return found;
}
