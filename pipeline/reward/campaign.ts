/**
 * Campaigns made ready for evaluation: with what people have changed since, indexed by event type and in the
 * order of priority, account names, deadlines and expressions worked out.
 */

import type { Benefit } from '../../config/campaign-benefits.ts';
import { earningTypes } from '../../config/campaign-places.ts';
import type { Campaign } from '../../config/campaign-schema.ts';
import type { EventType } from '../event.ts';
import { Failure } from '../failure.ts';
import { Adjustments } from './adjustments.ts';
import type { CampaignTerms } from './benefit.ts';
import { sharedAccounts } from './campaign-accounts.ts';
import { factPeriodsOf, readsFacts } from './campaign-facts.ts';
import { compileOffer, groupRivals } from './campaign-offer.ts';
import { termsOf } from './campaign-terms.ts';
import { Subject } from './cel-scope.ts';
import type { FactPeriod } from './customer-facts.ts';
import type { IneligibleCounts } from './ineligible-counts.ts';
import type { Hold, Leg } from './ledger-op.ts';
import type { CompiledLimit, CompiledQuota } from './limits.ts';

/** A counter that everybody shares, for dashboards and `ledger balances`. */
export interface SharedAccount {
  readonly account: string;
  readonly campaignId: string;
  readonly limit: number;
  /** What of the limit was added while the campaign runs; negative where it was given away. */
  readonly added: number;
}

export interface CompiledTier {
  readonly index: number;
  /** `tier-2`, or '' when it is the only one. */
  readonly label: string;
  readonly atLeastMinor: number;
  readonly quota: Leg | undefined;
  readonly benefit: Benefit;
}

export interface Schedule {
  /** ISO days of the week with minutes of the day, [from, to). */
  readonly weekdays: ReadonlySet<number>;
  readonly from: number;
  readonly to: number;
  /** A day worked in exchange is no weekend, a public holiday no working day. */
  readonly workdays: boolean;
}

export interface CompiledOffer {
  readonly campaignId: string;
  readonly offerId: string;
  readonly terms: CampaignTerms;
  readonly priority: number;
  readonly preauth: boolean;
  /** How long what is reserved at an authorisation waits for its payment. */
  readonly authorisationMs: number;
  /** What `inPhase` counts in. */
  readonly periodId: string;
  readonly fromMs: number;
  readonly toMs: number;
  readonly lowestMinor: number;
  readonly schedule: Schedule | undefined;
  readonly channel: ReadonlySet<string> | undefined;
  readonly category: ReadonlySet<string> | undefined;
  readonly instrument: ReadonlySet<string> | undefined;
  readonly merchant: ReadonlySet<string> | undefined;
  /** Instruments that were taken out while the campaign runs. */
  readonly restricted: ReadonlySet<string>;
  /** Given only to who asks for it by its id, in `attributes.offerId`. */
  readonly exchange: boolean;
  readonly eligible: string | undefined;
  readonly toInviter: boolean;
  /** What is given belongs to somebody for longer than the payment lasts. */
  readonly needsOwner: boolean;
  readonly budgetLine: string;
  readonly budgets: readonly Leg[];
  /** Highest first. */
  readonly tiers: readonly CompiledTier[];
  readonly nextLower: boolean;
  readonly quota: CompiledQuota | undefined;
  readonly limits: readonly CompiledLimit[];
  /** Ids of the offers that close this one for an event that qualifies for them, granted or exhausted. */
  readonly closedBy: readonly string[];
  /** Where the offers that close this one say who took part in them. */
  readonly unless: readonly CompiledLimit[];
  /** The other offers of which at most one is granted for an event. */
  readonly rivals: readonly CompiledOffer[];
  readonly reviewAlways: boolean;
  /** A share of what an exchange spends: given with it or not at all. */
  readonly onExchange: boolean;
  readonly hold: Hold | undefined;
  readonly claim: Campaign['offers'][number]['claim'];
  readonly refund: Campaign['offers'][number]['refund'];
}

export interface CompiledCampaigns {
  /** Highest priority first. */
  readonly offersOn: ReadonlyMap<EventType, readonly CompiledOffer[]>;
  /** A value that stands for "not known" is nobody's card, device or customer number. */
  readonly isPlaceholder: (value: string) => boolean;
  readonly terms: readonly CampaignTerms[];
  /** All offers that are neither draft nor paused nor closed, with the events that earn them, in their order. */
  readonly open: readonly {
    readonly offer: CompiledOffer;
    readonly types: ReadonlySet<EventType>;
  }[];
  /** Ids of the offers that are. */
  readonly resting: ReadonlySet<string>;
  /** Budget lines, stock and campaign-long quotas: what a manager watches. */
  readonly accounts: readonly SharedAccount[];
  /** Whether anything asks what is known of a customer, and the periods it asks about. */
  readonly readsFacts: boolean;
  readonly factPeriods: readonly FactPeriod[];
  /** Moved from event to event; every expression looks at it. */
  readonly subject: Subject;
}

export interface CompileSettings {
  readonly isPlaceholder?: (value: string) => boolean;
  readonly adjustments?: Adjustments;
  /** What draws are seeded from; without it no campaign can draw. */
  readonly drawKey?: Buffer;
  /** Where the campaign's reasons are counted over recompilations; left out: nowhere that lasts. */
  readonly ineligibleOf?: (campaignId: string) => IneligibleCounts;
  /** Told of every expression that could not be answered: what it belongs to was not given. */
  readonly onExpressionError?: (campaignId: string, error: unknown) => void;
}

const NO_VALUE = (value: string): boolean => value === '';

/** @throws Failure (exit code 2) when two campaigns have the same id, or one draws and there is no key for it. */
export function compileCampaigns(
  campaigns: readonly Campaign[],
  settings: CompileSettings = {},
): CompiledCampaigns {
  const { isPlaceholder = NO_VALUE, adjustments = new Adjustments() } = settings;
  const subject = new Subject();
  const offersOn = new Map<EventType, CompiledOffer[]>();
  refuseTwins(campaigns);
  const inForce: CampaignTerms[] = [];
  const open: { offer: CompiledOffer; types: ReadonlySet<EventType> }[] = [];
  const resting = new Set<string>();
  for (const campaign of campaigns) {
    const terms = termsOf(campaign, subject, { ...settings, adjustments });
    inForce.push(terms);
    const offers = campaign.offers.map((offer) =>
      compileOffer(campaign, offer, terms, adjustments),
    );
    groupRivals(campaign, offers);
    for (const [index, compiled] of offers.entries()) {
      if (!isOpen(campaign, compiled.offerId, adjustments)) {
        resting.add(compiled.offerId);
        continue;
      }
      const types = new Set(earningTypes(campaign.offers[index]!));
      open.push({ offer: compiled, types });
      for (const type of types) {
        const list = offersOn.get(type) ?? [];
        list.push(compiled);
        offersOn.set(type, list);
      }
    }
  }
  for (const list of offersOn.values()) list.sort(inOrder);
  return {
    offersOn,
    isPlaceholder,
    terms: inForce,
    open: open.sort((a, b) => inOrder(a.offer, b.offer)),
    resting,
    accounts: sharedAccounts(campaigns, adjustments),
    readsFacts: campaigns.some(readsFacts),
    factPeriods: [
      ...new Map(campaigns.flatMap(factPeriodsOf).map((period) => [period.id, period])).values(),
    ],
    subject,
  };
}

/** By priority; what depends on an exchange comes behind all that may be one. */
function inOrder(a: CompiledOffer, b: CompiledOffer): number {
  return Number(a.onExchange) - Number(b.onExchange) || b.priority - a.priority;
}

function refuseTwins(campaigns: readonly Campaign[]): void {
  const ids = new Set<string>();
  for (const { id } of campaigns) {
    if (ids.has(id)) {
      throw new Failure(`two campaigns have the id "${id}": rename one of them`, { exitCode: 2 });
    }
    ids.add(id);
  }
}

/** A draft is checked and never granted; what is paused or closed earns nothing new. */
function isOpen({ id, status }: Campaign, offerId: string, adjustments: Adjustments): boolean {
  return status === 'approved' && !adjustments.isClosed(id) && !adjustments.isPaused(id, offerId);
}
