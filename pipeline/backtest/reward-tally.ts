/** Adds up grants as they stand at the end of a dry run, by campaign and offer. */

import type { Campaign } from '../../config/campaign-schema.ts';
import { ABUSE_REASONS } from '../reward/abuse.ts';
import type { SharedAccount } from '../reward/campaign.ts';
import type { Grant, GrantReason } from '../reward/grant.ts';
import { BUDGET } from '../reward/ledger-op.ts';
import type { Balance } from '../reward/ledger.ts';
import type { BudgetReport, CampaignReport, OfferReport, Sum } from './report.ts';

/** Why a voided grant counts as intercepted: risk had the word. */
const INTERCEPTED: ReadonlySet<GrantReason> = new Set<GrantReason>(ABUSE_REASONS);

class OfferTally {
  readonly customers = new Set<string>();
  readonly #labels = new Map<string, number>();
  readonly #rejected = new Map<string, number>();
  granted = 0;
  noPrize = 0;
  awaiting = 0;
  held = 0;
  voided = 0;
  forfeited = 0;
  clawedBack = 0;
  costMinor = 0;
  pendingMinor = 0;
  clawedBackMinor = 0;
  interceptedMinor = 0;

  add(grant: Grant): void {
    this.clawedBackMinor += grant.clawedBackMinor;
    switch (grant.state) {
      case 'rejected':
        count(this.#rejected, grant.reason);
        return;
      case 'voided':
        this.voided++;
        if (INTERCEPTED.has(grant.reason)) this.interceptedMinor += grant.amountMinor;
        return;
      case 'forfeited':
        this.forfeited++;
        return;
      case 'clawed_back':
        this.clawedBack++;
        this.costMinor += leftOf(grant);
        return;
      case 'posted':
        this.costMinor += leftOf(grant);
        if (grant.reason === 'no_prize') {
          this.noPrize++;
          return;
        }
        this.granted++;
        break;
      case 'held':
        this.held++;
        this.pendingMinor += leftOf(grant);
        break;
      default:
        this.awaiting++;
        this.pendingMinor += leftOf(grant);
    }
    this.customers.add(ownerOf(grant));
    if (grant.label !== '') count(this.#labels, grant.label);
  }

  report(): OfferReport {
    const { granted, noPrize, awaiting, held, voided, forfeited, clawedBack } = this;
    const { costMinor, pendingMinor, clawedBackMinor, interceptedMinor } = this;
    return {
      ...{ granted, noPrize, awaiting, held, voided, forfeited, clawedBack },
      rejected: byName(this.#rejected),
      ...{ costMinor, pendingMinor, clawedBackMinor, interceptedMinor },
      customers: this.customers.size,
      labels: byName(this.#labels),
    };
  }
}

class CampaignTally {
  readonly offers: ReadonlyMap<string, OfferTally>;
  readonly toFraud = { grants: 0, minor: 0 };
  readonly honestVoided = { grants: 0, minor: 0 };

  constructor(campaign: Campaign) {
    this.offers = new Map(campaign.offers.map(({ id }) => [id, new OfferTally()]));
  }

  /** Money on its way counts as given: nothing but a person's word would stop it. */
  judge(grant: Grant, fraud: boolean): void {
    const { state, reason, amountMinor } = grant;
    if (state === 'voided') {
      if (!fraud && INTERCEPTED.has(reason)) addTo(this.honestVoided, amountMinor);
    } else if (fraud && state !== 'rejected' && state !== 'forfeited' && reason !== 'no_prize') {
      addTo(this.toFraud, leftOf(grant));
    }
  }

  report(budgets: Readonly<Record<string, BudgetReport>>, labelled: boolean): CampaignReport {
    const offers = [...this.offers].map(([id, tally]) => [id, tally.report()] as const);
    const sum = (of: (offer: OfferReport) => number): number =>
      offers.reduce((total, [, offer]) => total + of(offer), 0);
    const customers = new Set([...this.offers.values()].flatMap((offer) => [...offer.customers]));
    return {
      costMinor: sum((offer) => offer.costMinor),
      pendingMinor: sum((offer) => offer.pendingMinor),
      clawedBackMinor: sum((offer) => offer.clawedBackMinor),
      interceptedMinor: sum((offer) => offer.interceptedMinor),
      ...(labelled && { toFraud: this.toFraud, honestVoided: this.honestVoided }),
      customers: customers.size,
      budgets,
      offers: Object.fromEntries(offers),
    };
  }
}

export class RewardTally {
  readonly #campaigns: ReadonlyMap<string, CampaignTally>;
  #labelled = false;

  /** @param campaigns all that are configured, so that a silent offer is reported too. */
  constructor(campaigns: readonly Campaign[]) {
    this.#campaigns = new Map(campaigns.map((each) => [each.id, new CampaignTally(each)]));
  }

  /** Counts a grant once, as it stands at the end. @param fraud the truth of its event, where that has a label. */
  add(grant: Grant, fraud: boolean | undefined): void {
    const campaign = this.#campaigns.get(grant.campaignId)!;
    campaign.offers.get(grant.offerId)!.add(grant);
    if (fraud === undefined) return;
    this.#labelled = true;
    campaign.judge(grant, fraud);
  }

  /** @param balances of the accounts, in their order. */
  report(
    accounts: readonly SharedAccount[],
    balances: readonly Balance[],
  ): Readonly<Record<string, CampaignReport>> {
    return Object.fromEntries(
      [...this.#campaigns].map(([id, tally]) => {
        const lines = accounts.flatMap(({ account, limit }, index) => {
          const prefix = `${BUDGET}${id}/`;
          if (!account.startsWith(prefix)) return [];
          const { posted, pending } = balances[index]!;
          return [[account.slice(prefix.length), { limit, used: posted + pending }] as const];
        });
        return [id, tally.report(Object.fromEntries(lines), this.#labelled)];
      }),
    );
  }
}

function leftOf({ amountMinor, clawedBackMinor }: Grant): number {
  return amountMinor - clawedBackMinor;
}

function ownerOf({ beneficiaryId, customerId, accountId }: Grant): string {
  return beneficiaryId || customerId || accountId;
}

function addTo(sum: { -readonly [Key in keyof Sum]: Sum[Key] }, minor: number): void {
  sum.grants++;
  sum.minor += minor;
}

function count(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

function byName(counts: ReadonlyMap<string, number>): Readonly<Record<string, number>> {
  return Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1)));
}
