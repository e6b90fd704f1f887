/** How honest customers appear: who, with what, from where, with the gaps that real senders leave. */

import { clamp, pick } from './chance.ts';
import type { Population } from './population.ts';
import type { Draft } from './simulated-event.ts';
import type { Random } from '../clock.ts';

/** What senders write when they do not know: never a shared key. */
const PLACEHOLDER_DEVICES = ['', 'unknown', '00000000-0000-0000-0000-000000000000'];

/** Where a card is shown, and for what; amounts in fen. */
export interface Purchase {
  readonly merchantId: string;
  readonly category: string;
  readonly instrument: 'credit' | 'debit';
  readonly amount: number;
}

type Paid = Omit<Draft, 'type'> & Required<Pick<Draft, 'cardId' | 'currency' | 'amount'>>;

export class Faces {
  readonly #people: Population;
  readonly #random: Random;

  constructor(people: Population, random: Random) {
    this.#people = people;
    this.#random = random;
  }

  /** By telephone or by browser. */
  digital(customer: number, atMs: number, mobile: boolean): Omit<Draft, 'type'> {
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

  /** A card at a till: no device, no address, but a place. Prices there end in ten fen. */
  atTill(customer: number, atMs: number, purchase: Purchase): Paid {
    const people = this.#people;
    return {
      accountId: people.accountId(customer),
      customerId: people.customerId(customer),
      cardId: people.cardId(customer, this.#random),
      channel: 'pos',
      ...purchase,
      amount: Math.round(clamp(purchase.amount, 500, 2_000_000) / 10) * 10,
      currency: 'CNY',
      geo: this.#geo(customer, atMs),
    };
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
