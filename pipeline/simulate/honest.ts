/** What honest customers do: one visit at a time, with the follow-ups it causes. */

import { integer, logNormal, pick, Weighted } from './chance.ts';
import { HOUR_MS, isFridayOffer, isSalaryDay, MINUTE_MS } from './calendar.ts';
import { FIRST_SIGN_UP, LONGEST_FOLLOW_UP_MS, type Population } from './population.ts';
import type { Bill, Market } from './market.ts';
import type { Draft, Plan } from './simulated-event.ts';
import type { Random } from '../clock.ts';

/** Events that one visit causes on average, follow-ups included; a test holds the rate that follows from it. */
export const EVENTS_PER_VISIT = 1.2;

type Visit = (customer: number, atMs: number) => void;

export class HonestTraffic {
  readonly #people: Population;
  readonly #market: Market;
  readonly #random: Random;
  readonly #plan: Plan;
  readonly #visits: readonly (readonly [weight: number, payday: number, visit: Visit])[];
  readonly #usual: Weighted;
  readonly #payday: Weighted;
  #signUps = 0;

  constructor(people: Population, market: Market, random: Random, plan: Plan) {
    this.#people = people;
    this.#market = market;
    this.#random = random;
    this.#plan = plan;
    this.#visits = [
      [20, 38, this.#payBills],
      [30, 30, this.#shopAtTill],
      [22, 20, this.#shopOnline],
      [14, 12, this.#paySmall],
      [12, 12, this.#look],
      [1.2, 1.2, this.#signUp],
      [0.8, 1.2, this.#payByInstalments],
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
      this.#plan(at, { ...this.#digital(customer, at, mobile), type: 'login' });
      at += logNormal(random, 20_000, 0.5);
    }
    for (let i = 0; i < count; i += 1) {
      const bill = this.#market.billAt(first + i);
      const payment = this.#billPayment(customer, at, bill, mobile, cardId);
      const id = this.#plan(at, payment);
      if (random() < 0.004) this.#refund(payment, at, id);
      // The bill is looked up before it is paid.
      at += logNormal(random, 3 * MINUTE_MS, 0.5);
    }
  };

  #billPayment(customer: number, atMs: number, bill: Bill, mobile: boolean, cardId: string): Draft {
    return {
      ...this.#digital(customer, atMs, mobile),
      cardId,
      type: 'payment',
      merchantId: `${bill.merchantId}-${this.#people.homeCity(customer).name.toLowerCase()}`,
      category: bill.category,
      instrument: this.#random() < 0.7 ? 'debit' : 'credit',
      amount: clamp(logNormal(this.#random, bill.median, 0.6), 1_000, 300_000),
      currency: 'CNY',
    };
  }

  /** A card at a till: no device, no address, but a place. On Fridays baskets are filled up to the offer. */
  readonly #shopAtTill: Visit = (customer, atMs) => {
    const random = this.#random;
    const offer = isFridayOffer(atMs) && random() < 0.55;
    const shop = offer ? this.#market.partner(random) : this.#market.shop(random);
    const natural = logNormal(random, shop.median, 0.8);
    const amount = offer && random() < 0.5 ? 20_000 + logNormal(random, 1_500, 0.9) : natural;
    this.#plan(atMs, {
      type: 'payment',
      accountId: this.#people.accountId(customer),
      customerId: this.#people.customerId(customer),
      cardId: this.#people.cardId(customer, random),
      merchantId: shop.id,
      category: shop.category,
      channel: 'pos',
      instrument: random() < 0.75 ? 'credit' : 'debit',
      amount: Math.round(clamp(amount, 500, 2_000_000) / 10) * 10,
      currency: 'CNY',
      geo: this.#geo(customer, atMs),
    });
  };

  readonly #shopOnline: Visit = (customer, atMs) => {
    const random = this.#random;
    const mobile = random() < 0.85;
    const shop = this.#market.shop(random);
    const payment: Draft = {
      ...this.#digital(customer, atMs, mobile),
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
        ...this.#digital(customer, at, true),
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
    this.#plan(atMs, { ...this.#digital(customer, atMs, true), type: 'login' });
    if (this.#random() < 0.5) {
      const at = atMs + logNormal(this.#random, 15_000, 0.6);
      this.#plan(at, { ...this.#digital(customer, at, true), type: 'campaign.viewed' });
    }
  };

  /** A new customer: account, card, activation, wallet, and the first payment hours or days afterwards. */
  readonly #signUp: Visit = (_, atMs) => {
    // Steps of three keep every new customer in a household of their own.
    const customer = FIRST_SIGN_UP + this.#signUps * 3;
    this.#signUps += 1;
    const random = this.#random;
    const on = (at: number): Draft => ({
      ...this.#digital(customer, at, true),
      type: 'account.opened',
    });
    this.#plan(atMs, on(atMs));
    let at = atMs + Math.max(5 * MINUTE_MS, logNormal(random, HOUR_MS, 1));
    this.#plan(at, { ...on(at), type: 'card.approved' });
    at += Math.max(2 * MINUTE_MS, logNormal(random, 2 * HOUR_MS, 1));
    this.#plan(at, { ...on(at), type: 'card.activated' });
    if (random() < 0.6) {
      at += Math.max(MINUTE_MS, logNormal(random, HOUR_MS, 1));
      this.#plan(at, { ...on(at), type: 'wallet.bound' });
    }
    at += Math.max(10 * MINUTE_MS, logNormal(random, 3 * HOUR_MS, 1.2));
    if (at - atMs < LONGEST_FOLLOW_UP_MS) {
      const bill = this.#market.billAt(integer(random, 0, 4));
      const cardId = this.#people.cardId(customer, random);
      this.#plan(at, this.#billPayment(customer, at, bill, true, cardId));
    }
  };

  readonly #payByInstalments: Visit = (customer, atMs) => {
    this.#plan(atMs, {
      ...this.#digital(customer, atMs, true),
      cardId: this.#people.cardId(customer, this.#random),
      type: 'instalment',
      instrument: 'credit',
      amount: clamp(logNormal(this.#random, 380_000, 0.6), 50_000, 5_000_000),
      currency: 'CNY',
      terms: pick(this.#random, [3, 6, 12, 24]),
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

  /** Who, with what, from where: by telephone or by browser, with the gaps that real senders leave. */
  #digital(customer: number, atMs: number, mobile: boolean): Omit<Draft, 'type'> {
    const people = this.#people;
    const random = this.#random;
    const draft: Omit<Draft, 'type'> = {
      accountId: people.accountId(customer),
      customerId: people.customerId(customer),
      channel: mobile ? 'mobile_bank' : 'online_bank',
    };
    const gap = random();
    if (gap < 0.01) draft.deviceId = pick(random, PLACEHOLDER_DEVICES);
    else if (gap > 0.04) draft.deviceId = people.deviceId(customer);
    if (gap > 0.97) draft.ip = '0.0.0.0';
    else if (gap < 0.95) draft.ip = this.#address(customer, atMs, mobile);
    if (random() < 0.5) draft.geo = this.#geo(customer, atMs);
    return draft;
  }

  #address(customer: number, atMs: number, mobile: boolean): string {
    const people = this.#people;
    if (mobile && people.usesCarrier(customer)) return people.carrierIp(customer);
    return (
      (people.isAtWork(customer, atMs) ? people.workIp(customer) : undefined) ??
      people.homeIp(customer)
    );
  }

  /** The telephone's fix is good to about fifty metres. */
  #geo(customer: number, atMs: number): { lat: number; lon: number; city: string } {
    const place = this.#people.placeAt(customer, atMs);
    const jitter = (): number => (this.#random() - 0.5) * 0.001;
    return {
      lat: Math.round((place.lat + jitter()) * 1e5) / 1e5,
      lon: Math.round((place.lon + jitter()) * 1e5) / 1e5,
      city: place.city,
    };
  }
}

/** What senders write when they do not know: never a shared key. */
const PLACEHOLDER_DEVICES = ['', 'unknown', '00000000-0000-0000-0000-000000000000'];

function clamp(value: number, low: number, high: number): number {
  return Math.round(Math.min(high, Math.max(low, value)));
}
