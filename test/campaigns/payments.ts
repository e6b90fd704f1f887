/** Payments and single offers for the tests of options. */

import type { PlainEvent } from '../support/events.ts';
import { shipped, Stage, type CampaignId } from './play.ts';

/** At one of the Friday offer's noons, and a Monday. */
export const FRIDAY = '2026-10-09 12:00';
export const MONDAY = '2026-10-12 12:00';
/** A payment that earns the Friday offer. */
export const shop = (facts: PlainEvent = {}): PlainEvent => ({
  ...{ type: 'payment', at: FRIDAY, customerId: 'c1', cardId: 'k1', instrument: 'debit' },
  ...{ merchantId: 'shop-0001', category: 'supermarket', amount: 20_000, ...facts },
});
/** A bill that earns a discount. */
export const bill = (facts: PlainEvent = {}): PlainEvent => ({
  ...{ type: 'payment', at: MONDAY, customerId: 'c1', channel: 'mobile_bank', category: 'water' },
  ...{ amount: 20_000, ...facts },
});
/** One shipped offer alone, with some keys otherwise; nothing closes it. */
export const one = (id: CampaignId, offer: string, keys: PlainEvent = {}): Stage =>
  new Stage(shipped(id, { only: [offer], offers: { [offer]: { excludedBy: [], ...keys } } }));
/** What came of an offer, event by event. */
export const told = async (
  stage: Stage,
  offer: string,
  events: readonly PlainEvent[],
): Promise<string[]> => (await stage.playAll(events)).map((outcome) => outcome.of(offer));
/** A refund of the bill's customer. */
export const refund = (of: string, amount: number): PlainEvent => ({
  ...{ type: 'refund', at: MONDAY, customerId: 'c1', refundOf: of, amount },
});
