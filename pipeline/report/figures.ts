/** The figures that targets are set for and that stand on the first page. */

import { divided, type Figure } from './document.ts';
import { CARDS } from './kpi-cards.ts';
import { NEW_CUSTOMERS, RETENTION, REWARDS_BY_NEWNESS, WAKE_UP } from './kpi-customers.ts';
import { BUSINESS_SAYS as SAYS } from './kpi-payments.ts';
import { OFFERS, VOUCHERS } from './kpi-rewards.ts';
import type { Answers } from './answers.ts';
import { costBenefitOf, roiOf, type Measures } from './measures.ts';

const BASELINE =
  'the period of the same length just before the window; of a campaign that still runs, both end with the record';
export const RETURN =
  `Incremental amount = net payment amount of the window less that of the baseline: ${BASELINE}. Incremental (new) revenue = ` +
  'incremental amount × margin. ROI = (incremental revenue − cost) ÷ cost. Cost-benefit, as in the plan = cost ÷ new revenue. ' +
  'The baseline is a comparison, no proof: season and other campaigns are in it.';
const GROWTH = `Growth over the baseline: ${BASELINE}. `;
const INTERCEPTED =
  'Rewards voided because the payment was blocked, confirmed as abuse or of a frozen account, and posted rewards taken back for the same reasons.';

export function figuresOf(answers: Answers, measures: Measures): Record<string, Figure> {
  return {
    ...businessFigures(measures),
    ...customerFigures(answers, measures),
    ...moneyFigures(measures),
  };
}

function businessFigures({
  now,
  growth,
  cardsIssued,
  cardsActivated,
}: Measures): Record<string, Figure> {
  return {
    payments: count('Posted payments', now.posted, SAYS.payments),
    amount: money('Net payment amount', now.netMinor, SAYS.amount),
    activeCustomers: count('Active customers', now.activeCustomers, SAYS.activeCustomers),
    averageTicket: money(
      'Average ticket',
      rounded(divided(now.postedMinor, now.posted)),
      SAYS.averageTicket,
    ),
    cardAmount: money('Card payment amount', now.cardMinor, SAYS.cardAmount),
    instalments: count('Instalments', now.instalments, SAYS.instalments),
    instalmentAmount: money('Instalment amount', now.instalmentMinor, SAYS.instalments),
    paymentsGrowth: share(
      'Growth of payments',
      growth(({ posted }) => posted),
      GROWTH + SAYS.payments,
    ),
    amountGrowth: share(
      'Growth of amount',
      growth(({ netMinor }) => netMinor),
      GROWTH + SAYS.amount,
    ),
    activeCustomersGrowth: share(
      'Growth of active customers',
      growth((each) => each.activeCustomers),
      GROWTH + SAYS.activeCustomers,
    ),
    cardsIssued: count('Cards issued', cardsIssued, CARDS.definition),
    newCardsGrowth: share(
      'Growth of cards issued',
      growth(({ cards }) => cards),
      GROWTH + CARDS.definition,
    ),
    activationRate: share(
      'Activation rate',
      divided(cardsActivated, cardsIssued),
      CARDS.definition,
    ),
  };
}

function customerFigures(
  { retention, wakeUp }: Answers,
  { newCustomers, acquired, acquiredSpent, participants, ...measures }: Measures,
): Record<string, Figure> {
  const { vouchersIssued, vouchersRedeemed } = measures;
  return {
    newCustomers: count('New customers', newCustomers, NEW_CUSTOMERS.definition),
    firstSpendRate: share(
      'First-spend rate',
      divided(acquiredSpent, acquired),
      NEW_CUSTOMERS.definition,
    ),
    participants: count('Participants', participants, REWARDS_BY_NEWNESS.definition),
    wakeUpRate: share('Wake-up rate', divided(wakeUp.woken, wakeUp.dormant), WAKE_UP.definition),
    retentionRate: share(
      'Retention, 30 days',
      retention === undefined ? null : divided(retention.retained, retention.participants),
      RETENTION.definition,
    ),
    redemptionRate: share(
      'Voucher redemption',
      divided(vouchersRedeemed, vouchersIssued),
      VOUCHERS.definition,
    ),
  };
}

function moneyFigures(measures: Measures): Record<string, Figure> {
  return {
    cost: money('Cost of rewards', measures.costMinor, OFFERS.definition),
    pending: money('Pending rewards', measures.pendingMinor, OFFERS.definition),
    intercepted: money('Intercepted value', measures.interceptedMinor, INTERCEPTED),
    newRevenue: money('Incremental revenue', measures.revenueMinor, RETURN),
    roi: share('ROI', roiOf(measures), RETURN),
    costBenefit: {
      title: 'Cost ÷ new revenue',
      unit: 'ratio',
      value: costBenefitOf(measures),
      definition: RETURN,
    },
  };
}

function count(title: string, value: number, definition: string): Figure {
  return { title, unit: 'count', value, definition };
}

function money(title: string, value: number | null, definition: string): Figure {
  return { title, unit: 'money', value, definition };
}

function share(title: string, value: number | null, definition: string): Figure {
  return { title, unit: 'share', value, definition };
}

function rounded(value: number | null): number | null {
  return value === null ? null : Math.round(value);
}

/** How a target for a figure is named in a campaign's file: `amountMinor`, `activationRateBp`, `payments`. */
export function targetName(key: string, { unit }: Figure): string | undefined {
  const endings = { count: '', money: 'Minor', share: 'Bp', ratio: undefined };
  const ending = endings[unit];
  return ending === undefined ? undefined : key + ending;
}
