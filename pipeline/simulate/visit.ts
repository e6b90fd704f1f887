/** What every visit of an honest customer is made of. */

import { clamp, logNormal, pick } from './chance.ts';
import type { Faces } from './faces.ts';
import type { Bill, Market } from './market.ts';
import type { Population } from './population.ts';
import type { Draft, Plan } from './simulated-event.ts';
import type { Random } from '../clock.ts';

export interface World {
  readonly people: Population;
  readonly market: Market;
  readonly random: Random;
  readonly plan: Plan;
  readonly faces: Faces;
}

/** Plans what one customer does from `atMs` on. */
export type Visit = (customer: number, atMs: number) => void;

/** How often a visit comes, relative to the others, on a usual day and on a pay-day. */
export type WeightedVisit = readonly [weight: number, payday: number, visit: Visit];

/** A bill of a designated category, paid to the biller of the customer's city. */
export function billPayment(
  { people, random, faces }: World,
  customer: number,
  atMs: number,
  {
    bill,
    mobile,
    cardId,
  }: { readonly bill: Bill; readonly mobile: boolean; readonly cardId: string },
): Draft {
  return {
    ...faces.digital(customer, atMs, mobile),
    cardId,
    type: 'payment',
    merchantId: `${bill.merchantId}-${people.homeCity(customer).name.toLowerCase()}`,
    category: bill.category,
    instrument: random() < 0.7 ? 'debit' : 'credit',
    amount: clamp(logNormal(random, bill.median, 0.6), 1_000, 300_000),
    currency: 'CNY',
  };
}

/** A bill, or one purchase, put on instalments: 0.6 % a term is the fee. */
export function instalmentOf(
  random: Random,
): Pick<Draft, 'amount' | 'currency' | 'terms' | 'attributes'> & { readonly amount: number } {
  const amount = clamp(logNormal(random, 380_000, 0.6), 50_000, 5_000_000);
  const terms = pick(random, [3, 6, 12, 24]);
  const kind = random() < 0.7 ? 'bill' : 'purchase';
  const fee = Math.round(amount * terms * 0.006);
  return { amount, currency: 'CNY', terms, attributes: { kind, fee } };
}
