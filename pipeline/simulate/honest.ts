/** What honest customers do: one visit at a time, with the follow-ups it causes. */

import { clamp, integer, logNormal, pick, Weighted } from './chance.ts';
import { HOUR_MS, isFridayOffer, isSalaryDay, MINUTE_MS } from './calendar.ts';
import { Faces } from './faces.ts';
import type { Market } from './market.ts';
import { NewCustomers } from './new-customers.ts';
import { Participants } from './participants.ts';
import { LONGEST_FOLLOW_UP_MS, type Population } from './population.ts';
import type { Draft, Plan } from './simulated-event.ts';
import { billPayment, instalmentOf, type Visit, type WeightedVisit, type World } from './visit.ts';
import type { Random } from '../clock.ts';

/** Events that one visit causes on average, follow-ups included; a test holds the rate that follows from it. */
export const EVENTS_PER_VISIT = 1.26;

export class HonestTraffic {
  readonly #people: Population;
  readonly #market: Market;
  readonly #random: Random;
  readonly #plan: Plan;
  readonly #visits: readonly WeightedVisit[];
  readonly #usual: Weighted;
  readonly #payday: Weighted;
  readonly #faces: Faces;
  readonly #world: World;

  constructor(people: Population, market: Market, random: Random, plan: Plan) {
    this.#people = people;
    this.#market = market;
    this.#random = random;
    this.#plan = plan;
    this.#faces = new Faces(people, random);
    this.#world = { people, market, random, plan, faces: this.#faces };
    this.#visits = [
      [20, 38, this.#payBills],
      [30, 30, this.#shopAtTill],
      [22, 20, this.#shopOnline],
      [14, 12, this.#paySmall],
      [12, 12, this.#look],
      [0.8, 1.2, this.#payByInstalments],
      ...new NewCustomers(this.#world).visits,
      ...new Participants(this.#world).visits,
    ];
    this.#usual = new Weighted(this.#visits.map(([usual]) => usual));
    this.#payday = new Weighted(this.#visits.map(([, payday]) => payday));
  }

  /** Plans one visit of a customer at random, beginning at `atMs`. */
  visit(atMs: number): void {
    const weights = isSalaryDay(atMs) ? this.#payday : this.#usual;
    const visit = this.#visits[weights.indexAt(this.#random())]![2];
    visit(this.#people.visitor(this.#random), atMs);
  }

  /** One bill, sometimes two; three in a row are rare but happen on pay-days. */
  readonly #payBills: Visit = (customer, atMs) => {
    const random = this.#random;
    const mobile = random() < 0.8;
    const more = random();
    const count = more < 0.82 ? 1 : more < 0.985 ? 2 : 3;
    const first = integer(random, 0, 4);
    const cardId = this.#people.cardId(customer, random);
    let at = atMs;
    if (random() < 0.3) {
      this.#plan(at, { ...this.#faces.digital(customer, at, mobile), type: 'login' });
      at += logNormal(random, 20_000, 0.5);
    }
    for (let i = 0; i < count; i += 1) {
      const bill = this.#market.billAt(first + i);
      const payment = billPayment(this.#world, customer, at, { bill, mobile, cardId });
      const id = this.#plan(at, payment);
      if (random() < 0.004) this.#refund(payment, at, id);
      // The bill is looked up before it is paid.
      at += logNormal(random, 3 * MINUTE_MS, 0.5);
    }
  };

  /** On Fridays baskets are filled up to the offer. */
  readonly #shopAtTill: Visit = (customer, atMs) => {
    const random = this.#random;
    const offer = isFridayOffer(atMs) && random() < 0.55;
    const shop = offer ? this.#market.partner(random) : this.#market.shop(random);
    const natural = logNormal(random, shop.median, 0.8);
    const amount = offer && random() < 0.5 ? 20_000 + logNormal(random, 1_500, 0.9) : natural;
    const instrument = random() < 0.75 ? 'credit' : 'debit';
    const { id: merchantId, category } = shop;
    this.#plan(atMs, {
      ...this.#faces.atTill(customer, atMs, { merchantId, category, instrument, amount }),
      type: 'payment',
    });
  };

  readonly #shopOnline: Visit = (customer, atMs) => {
    const random = this.#random;
    const mobile = random() < 0.85;
    const shop = this.#market.shop(random);
    const payment: Draft = {
      ...this.#faces.digital(customer, atMs, mobile),
      cardId: this.#people.cardId(customer, random),
      type: 'payment',
      channel: 'online',
      merchantId: shop.id,
      category: shop.category,
      instrument: random() < 0.8 ? 'credit' : 'debit',
      amount: clamp(logNormal(random, shop.median * 1.3, 0.9), 500, 3_000_000),
      currency: 'CNY',
    };
    const id = this.#plan(atMs, payment);
    if (random() < 0.03) this.#refund(payment, atMs, id);
  };

  /** Breakfast, the bus, a vending machine: small honest payments, one or two on the way. */
  readonly #paySmall: Visit = (customer, atMs) => {
    const random = this.#random;
    const count = random() < 0.9 ? 1 : 2;
    const cardId = this.#people.cardId(customer, random);
    for (let i = 0, at = atMs; i < count; i += 1) {
      this.#plan(at, {
        ...this.#faces.digital(customer, at, true),
        cardId,
        type: 'payment',
        channel: 'wallet',
        merchantId: `kiosk-${String(integer(random, 1, 3000)).padStart(4, '0')}`,
        category: pick(random, ['transit', 'breakfast', 'vending']),
        instrument: 'debit',
        amount: clamp(logNormal(random, 600, 0.5), 100, 4_000),
        currency: 'CNY',
      });
      at += logNormal(random, 12 * MINUTE_MS, 0.7);
    }
  };

  readonly #look: Visit = (customer, atMs) => {
    this.#plan(atMs, { ...this.#faces.digital(customer, atMs, true), type: 'login' });
    if (this.#random() < 0.5) {
      const at = atMs + logNormal(this.#random, 15_000, 0.6);
      this.#plan(at, { ...this.#faces.digital(customer, at, true), type: 'campaign.viewed' });
    }
  };

  readonly #payByInstalments: Visit = (customer, atMs) => {
    this.#plan(atMs, {
      ...this.#faces.digital(customer, atMs, true),
      cardId: this.#people.cardId(customer, this.#random),
      type: 'instalment',
      instrument: 'credit',
      ...instalmentOf(this.#random),
    });
  };

  /** Goods come back after hours or days, mostly in full. */
  #refund(payment: Draft, atMs: number, id: string): void {
    const at = atMs + Math.max(30 * MINUTE_MS, logNormal(this.#random, 20 * HOUR_MS, 1));
    if (at - atMs > LONGEST_FOLLOW_UP_MS) return;
    const { geo: _, ...draft } = payment;
    const share = this.#random() < 0.75 ? 1 : 0.5;
    const amount = Math.max(1, Math.round(payment.amount! * share));
    this.#plan(at, { ...draft, type: 'refund', refundOf: id, amount });
  }
}
