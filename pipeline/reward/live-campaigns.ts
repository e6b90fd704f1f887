/** The campaigns as they stand now: the configured ones with what people have changed since. */

import { budgetPath, type BudgetLine } from '../../config/campaign-budgets.ts';
import { closesAtMs } from '../../config/campaign-deadlines.ts';
import type { Campaign } from '../../config/campaign-schema.ts';
import {
  Adjustments,
  lineage,
  tightens,
  type CampaignAction,
  type CampaignChange,
} from './adjustments.ts';
import { budgetAccount, tierName } from './campaign-accounts.ts';
import type { IneligibleReason } from './grant.ts';
import { IneligibleCounts } from './ineligible-counts.ts';
import { compileCampaigns, type CompiledCampaigns, type CompileSettings } from './campaign.ts';

/**
 * Where a campaign is in its life. `checked`: a draft that the publishing check lets pass, and that waits for its
 * approval; `ended`: nothing new is earned, claims, choices, captures and reviews still run; `closed`: by itself when
 * they are over and the campaign's grace has passed, or by an order. An order to close ends what is earned and
 * nothing else: what was promised is kept, and what waits may still be claimed, chosen, captured and judged.
 */
export type CampaignStatus =
  'draft' | 'checked' | 'scheduled' | 'live' | 'paused' | 'ended' | 'closed';

export interface LiveSettings extends CompileSettings {
  /** Campaigns with errors of the publishing check. */
  readonly unpublishable?: ReadonlySet<string>;
}

/** How the reason of an order begins that is given because of a risk. */
const RISK = 'risk:';

export class LiveCampaigns {
  readonly #campaigns: readonly Campaign[];
  readonly #settings: LiveSettings;
  readonly #adjustments = new Adjustments();
  readonly #closesAt = new Map<string, number>();
  readonly #ineligible = new Map<string, IneligibleCounts>();
  #compiled: CompiledCampaigns;

  /** @throws Failure (exit code 2) on campaigns that cannot be compiled. */
  constructor(campaigns: readonly Campaign[], settings: LiveSettings = {}) {
    this.#campaigns = campaigns;
    for (const { id } of campaigns) this.#ineligible.set(id, new IneligibleCounts());
    for (const each of campaigns) this.#closesAt.set(each.id, closesAtMs(each));
    this.#settings = settings;
    this.#compiled = this.#compile();
  }

  /** As they stand in the configuration. */
  get configured(): readonly Campaign[] {
    return this.#campaigns;
  }

  /** What events are evaluated against; another value after every change. */
  get compiled(): CompiledCampaigns {
    return this.#compiled;
  }

  /** A change with a tier's place in the file made the tier's own name: places may change, what was added stays. */
  named(change: CampaignChange): CampaignChange {
    if (change.kind !== 'add_quota' || change.tier === undefined) return change;
    const campaign = this.#campaigns.find(({ id }) => id === change.campaignId);
    const offer = campaign?.offers.find(({ id }) => id === change.offerId);
    const tier = offer?.tiers[change.tier - 1];
    return tier === undefined ? change : { ...change, part: tierName(tier) };
  }

  /** The budget lines, as accounts, of which a change would leave less: `change` has to know what they spent. */
  lowers(change: CampaignChange): readonly string[] {
    if (change.kind !== 'add_budget' || change.from === undefined) return [];
    return loweredBy(change.line, change.from).map((path) =>
      budgetAccount(change.campaignId, path),
    );
  }

  /**
   * Obeys a change; repeating it changes nothing.
   * @param spent what is posted and reserved on the accounts that it `lowers`; 0 on one that is not named.
   * @returns why it cannot be obeyed, or undefined.
   */
  change(action: CampaignAction, spent: ReadonlyMap<string, number>): string | undefined {
    if (this.#adjustments.has(action.id)) return undefined;
    const problem = this.#problem(action, spent);
    if (problem !== undefined) return problem;
    if (this.#adjustments.apply({ ...action, change: this.named(action.change) }))
      this.#compiled = this.#compile();
    return undefined;
  }

  /** Takes back in what history holds; a change to what is no longer configured has nothing to change. */
  restore(actions: readonly CampaignAction[]): void {
    for (const action of actions) this.#adjustments.apply(action);
    this.#compiled = this.#compile();
  }

  /** Every configured campaign with its status at an instant of event time, and when it is closed by itself. */
  statuses(atMs: number): readonly {
    readonly campaign: Campaign;
    readonly status: CampaignStatus;
    readonly closesAtMs: number;
  }[] {
    return this.#campaigns.map((campaign) => ({
      campaign,
      status: this.#status(campaign, atMs),
      closesAtMs: this.#closesAt.get(campaign.id)!,
    }));
  }

  /** How often each reason kept events from the campaigns' offers since the last call. */
  takeIneligible(): { campaign: string; reason: IneligibleReason; count: number }[] {
    return [...this.#ineligible].flatMap(([campaign, counts]) =>
      counts.take().map(([reason, count]) => ({ campaign, reason, count })),
    );
  }

  isPaused(campaignId: string, offerId: string): boolean {
    return this.#adjustments.isPaused(campaignId, offerId);
  }

  #status(campaign: Campaign, atMs: number): CampaignStatus {
    if (this.#adjustments.isClosed(campaign.id)) return 'closed';
    if (campaign.status === 'draft') {
      return this.#settings.unpublishable?.has(campaign.id) === true ? 'draft' : 'checked';
    }
    const phases = Object.values(campaign.phases);
    const from = Math.min(campaign.window.from, ...phases.map((phase) => phase.from));
    const to = Math.max(campaign.window.to, ...phases.map((phase) => phase.to));
    if (atMs < from) return 'scheduled';
    if (atMs >= this.#closesAt.get(campaign.id)!) return 'closed';
    if (atMs >= to) return 'ended';
    return this.#adjustments.isPaused(campaign.id) ? 'paused' : 'live';
  }

  #compile(): CompiledCampaigns {
    return compileCampaigns(this.#campaigns, {
      ...this.#settings,
      adjustments: this.#adjustments,
      ineligibleOf: (id) => this.#ineligible.get(id)!,
    });
  }

  #problem(
    { change, reason }: CampaignAction,
    spent: ReadonlyMap<string, number>,
  ): string | undefined {
    const campaign = this.#campaigns.find(({ id }) => id === change.campaignId);
    if (campaign === undefined) {
      const known = this.#campaigns.map(({ id }) => id).join(', ');
      return `there is no campaign "${change.campaignId}": ${known === '' ? 'none is configured' : `there are ${known}`}`;
    }
    if (this.#adjustments.isClosed(campaign.id))
      return `campaign ${campaign.id} is closed for good`;
    if ('offerId' in change && change.offerId !== undefined) {
      const offer = campaign.offers.find(({ id }) => id === change.offerId);
      if (offer === undefined) return `campaign ${campaign.id} has no offer "${change.offerId}"`;
      if (change.kind === 'add_quota') return quotaProblem(offer, change);
    }
    if (change.kind === 'add_budget')
      return budgetProblem(campaign, change, this.#adjustments, spent);
    if (change.kind === 'merchant_list' && !Object.hasOwn(campaign.lists, change.list)) {
      return `campaign ${campaign.id} has no list "${change.list}"`;
    }
    return this.#tighteningProblem(campaign, change, reason);
  }

  #tighteningProblem(
    { id, tightening, lists }: Campaign,
    change: CampaignChange,
    reason: string,
  ): string | undefined {
    if (tightening === 'free' || reason.startsWith(RISK)) return undefined;
    const merchants =
      change.kind === 'merchant_list'
        ? (this.#adjustments.merchantList(id, change.list) ?? lists[change.list]!)
        : [];
    return tightens(change, merchants)
      ? `${change.kind} takes from customers what the terms of ${id} promise: only for a risk, with a reason such as "${RISK} organised abuse"`
      : undefined;
  }
}

function quotaProblem(
  offer: Campaign['offers'][number],
  { tier, by }: Extract<CampaignChange, { kind: 'add_quota' }>,
): string | undefined {
  if (by <= 0) return 'a quota can only grow: what was promised is not taken back';
  if (tier === undefined) {
    if (offer.quota !== undefined) return undefined;
    const byTier = offer.tiers.some(({ quota }) => quota !== undefined);
    return `offer ${offer.id} has no quota of its own${byTier ? ': its tiers have, name one' : ''}`;
  }
  const found = offer.tiers[tier - 1];
  if (found === undefined)
    return `offer ${offer.id} has no tier ${tier}: the last is ${offer.tiers.length}`;
  return found.quota === undefined ? `tier ${tier} of offer ${offer.id} has no quota` : undefined;
}

function budgetProblem(
  campaign: Campaign,
  { line, from, by }: Extract<CampaignChange, { kind: 'add_budget' }>,
  adjustments: Adjustments,
  spent: ReadonlyMap<string, number>,
): string | undefined {
  if (by <= 0) return 'a budget line can only grow; name the line that gives with "from"';
  for (const path of [line, ...(from === undefined ? [] : [from])]) {
    if (budgetPath(campaign.budgets, path) === undefined) {
      return `campaign ${campaign.id} has no budget line "${path}"`;
    }
  }
  if (from === undefined) return undefined;
  const own = ownOf(campaign, from, adjustments);
  if (by > own) return `budget line ${from} holds ${own} of its own: it cannot give ${by}`;
  for (const path of loweredBy(line, from)) {
    const limit = limitOf(campaign, path, adjustments);
    const used = spent.get(budgetAccount(campaign.id, path)) ?? 0;
    if (by > limit - used) {
      return `of budget line ${path}, ${used} of ${limit} is spent or reserved: it cannot give ${by}`;
    }
  }
  return undefined;
}

/** The giving line and those above it that do not stand above the other too. */
function loweredBy(line: string, from: string): readonly string[] {
  const grown = new Set(lineage(line));
  return lineage(from).filter((path) => !grown.has(path));
}

function limitOf({ id, budgets }: Campaign, path: string, adjustments: Adjustments): number {
  return budgetPath(budgets, path)!.at(-1)!.limit + adjustments.addedBudget(id, path);
}

/** What a line holds for itself: its limit without what the lines below it have of it. */
function ownOf(campaign: Campaign, path: string, adjustments: Adjustments): number {
  const root: BudgetLine = { limit: 0, children: campaign.budgets };
  const line = path.split('.').reduce((above, part) => above.children![part]!, root);
  return Object.keys(line.children ?? {}).reduce(
    (left, name) => left - limitOf(campaign, `${path}.${name}`, adjustments),
    limitOf(campaign, path, adjustments),
  );
}
