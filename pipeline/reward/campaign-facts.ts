/** What the campaigns ask of the customer book. */

import type { Benefit, PlainBenefit } from '../../config/campaign-benefits.ts';
import type { Campaign } from '../../config/campaign-schema.ts';
import { factsRead } from './cel.ts';
import { spendIdOf, type FactPeriod } from './customer-facts.ts';

/** Every expression of a campaign. */
export function expressionsOf(campaign: Campaign): string[] {
  return [
    ...Object.values(campaign.segments),
    ...campaign.offers.flatMap(({ eligible, tiers }) => [
      ...(eligible === undefined ? [] : [eligible]),
      ...bonusesOf(tiers.flatMap(({ benefit }) => plainBenefitsOf(benefit))),
    ]),
  ];
}

/** Whether anything in a campaign depends on earlier events of the customer. */
export function readsFacts(campaign: Campaign): boolean {
  return (
    campaign.offers.some(({ to, limits }) => {
      const byInviter = limits.some(({ per }) => per.includes('inviter'));
      return to === 'inviter' || byInviter;
    }) || expressionsOf(campaign).some((source) => factsRead(source).length > 0)
  );
}

const READS_SPEND = /\bcustomer\s*\.\s*spend\b/;
/** The last instant that a date can stand for. */
const LATEST_MS = 8_640_000_000_000_000;

/** The campaign's window and its offers' phases, as far as an expression asks. */
export function factPeriodsOf(campaign: Campaign): FactPeriod[] {
  const { id, window, phases, currency } = campaign;
  const sources = expressionsOf(campaign);
  const names = new Set(sources.flatMap(factsRead));
  const spend: FactPeriod[] = sources.some((source) => READS_SPEND.test(source))
    ? [{ id: spendIdOf(currency), fromMs: 0, toMs: LATEST_MS, currency }]
    : [];
  const period = (periodId: string, { from, to }: Campaign['window']): FactPeriod => ({
    id: periodId,
    fromMs: from,
    toMs: to,
    currency,
  });
  if (!names.has('inCampaign') && !names.has('inPhase')) return spend;
  const used = new Set(campaign.offers.map(({ phase }) => phase));
  return [
    ...spend,
    period(id, window),
    ...Object.entries(names.has('inPhase') ? phases : {})
      .filter(([name]) => used.has(name))
      .map(([name, phase]) => period(periodIdOf(id, name), phase)),
  ];
}

/** @param phase undefined: the campaign's own window. */
export function periodIdOf(campaignId: string, phase: string | undefined): string {
  return phase === undefined ? campaignId : `${campaignId}/${phase}`;
}

function plainBenefitsOf(benefit: Benefit): readonly PlainBenefit[] {
  switch (benefit.kind) {
    case 'draw':
      return benefit.prizes.map((prize) => prize.benefit);
    case 'choice':
      return benefit.options.map((option) => option.benefit);
    case 'exchange':
      return benefit.items.map((item) => item.benefit);
    case 'extend':
      return [];
    default:
      return [benefit];
  }
}

function bonusesOf(benefits: readonly PlainBenefit[]): string[] {
  return benefits.flatMap((benefit) => {
    if (benefit.kind !== 'points' || benefit.points.kind !== 'rate') return [];
    return benefit.points.bonus === undefined ? [] : [benefit.points.bonus.eligible];
  });
}
