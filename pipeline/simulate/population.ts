/**
 * The honest customers. A customer is a number; every trait (home, work, card, device, address) follows from
 * it by hashing, so a million of them take no memory and a seed always gives the same people.
 */

import { hex, integer, scramble, trait, Weighted } from './chance.ts';
import { DAY_MS, isWorkday, localDay, localHour } from './calendar.ts';
import { CITIES, type City, kilometres } from './market.ts';
import type { Random } from '../clock.ts';

const HOUSEHOLD = 3;
const PER_OFFICE = 25;
const PER_CAMPUS = 300;
const PER_CARRIER_ADDRESS = 2000;
/** Trains at this speed make the longest honest journeys. */
const TRAIN_KM_PER_HOUR = 260;

/** Salts: one name, one trait. */
const SALT = {
  account: 0x11,
  card: 0x22,
  device: 0x33,
  home: 0x44,
  work: 0x55,
  office: 0x66,
  carrier: 0x77,
  city: 0x88,
  trip: 0x99,
  spare: 0xaa,
  household: 0xbb,
  birthday: 0xcc,
  life: 0xdd,
} as const;

export interface Place {
  readonly lat: number;
  readonly lon: number;
  readonly city: string;
}

type Workplace = 'office' | 'campus' | 'none';

/** Moves a share of the way from one place to the other; the nearer city gives its name. */
function between(from: Place, to: Place, share: number): Place {
  return {
    lat: from.lat + (to.lat - from.lat) * share,
    lon: from.lon + (to.lon - from.lon) * share,
    city: share < 0.5 ? from.city : to.city,
  };
}

export class Population {
  readonly size: number;
  readonly #salt: number;
  readonly #cities = new Weighted(CITIES.map(({ weight }) => weight));

  /** @param size honest accounts at the start; sign-ups and attackers take numbers beyond it. */
  constructor(seed: number, size: number) {
    this.size = size;
    this.#salt = scramble(seed | 0, 0x5eed);
  }

  /** The first number of customers who sign up. */
  get firstSignUp(): number {
    return FIRST_SIGN_UP;
  }

  /** How many times as many sign up as on a usual day. */
  get launch(): number {
    return 1;
  }

  /** A customer at random: one in five visits comes from the busiest tenth. */
  visitor(random: Random): number {
    return random() < 0.2
      ? Math.floor((random() * this.size) / 10)
      : Math.floor(random() * this.size);
  }

  accountId(customer: number): string {
    return `acc-${hex(scramble(customer, this.#saltOf('account')))}`;
  }

  customerId(customer: number): string {
    return `cus-${hex(scramble(customer, this.#saltOf('account') ^ 0x0f0f))}`;
  }

  /** A customer holds one to three cards; the first is used four times out of five. */
  cardId(customer: number, random: Random): string {
    const held = 1 + Math.floor(trait(customer, this.#saltOf('card')) ** 2 * 3);
    const used = random() < 0.8 ? 0 : integer(random, 0, held - 1);
    return `card-${hex(scramble(customer, this.#saltOf('card')))}-${String(used)}`;
  }

  /** The telephone; one in twenty-five uses the family's tablet, which a relative uses too. */
  deviceId(customer: number): string {
    const shared = trait(customer, this.#saltOf('spare')) < 0.04;
    const owner = shared ? 0x20000000 + Math.floor(customer / HOUSEHOLD) : customer;
    return `dev-${hex(scramble(owner, this.#saltOf('device')))}`;
  }

  /** The household's address: one IPv4 for all its members, or one /64 with a host part for each. */
  homeIp(customer: number): string {
    const household = scramble(Math.floor(customer / HOUSEHOLD), this.#saltOf('household'));
    if (household % 5 === 0) {
      const host = hex(scramble(customer, this.#saltOf('home')));
      return `2001:db8:${hextet(household >>> 16)}:${hextet(household)}::${hextet(Number.parseInt(host.slice(0, 4), 16))}:${hextet(Number.parseInt(host.slice(4), 16))}`;
    }
    // 240.0.0.0/4 is reserved (RFC 1112), so no address of the simulation is anybody's.
    return `${240 + ((household >>> 24) % 15)}.${(household >>> 16) & 255}.${(household >>> 8) & 255}.${household & 255}`;
  }

  /** Two thousand telephones of a carrier leave through one address; those of gateways lie in 255.0.0.0/8. */
  carrierIp(customer: number): string {
    const addresses = Math.max(1, Math.ceil((this.size * 0.35) / PER_CARRIER_ADDRESS));
    const index = scramble(customer, this.#saltOf('carrier')) % addresses;
    return `255.${(index >>> 16) & 127}.${(index >>> 8) & 255}.${index & 255}`;
  }

  /** Offices lie in 198.18.0.0/15, the few campuses of three hundred in 198.51.100.0/24. */
  workIp(customer: number): string | undefined {
    const at = scramble(customer, this.#saltOf('office'));
    switch (this.workplace(customer)) {
      case 'office': {
        const index = at % Math.max(1, Math.ceil((this.size * 0.15) / PER_OFFICE));
        return `198.${18 + ((index >>> 16) & 1)}.${(index >>> 8) & 255}.${index & 255}`;
      }
      case 'campus': {
        const index = at % Math.min(250, Math.max(1, Math.ceil((this.size * 0.02) / PER_CAMPUS)));
        return `198.51.100.${index + 1}`;
      }
      case 'none':
        return undefined;
    }
  }

  workplace(customer: number): Workplace {
    const share = trait(customer, this.#saltOf('work'));
    return share < 0.15 ? 'office' : share < 0.17 ? 'campus' : 'none';
  }

  usesCarrier(customer: number): boolean {
    return trait(customer, this.#saltOf('carrier')) < 0.35;
  }

  isAtWork(customer: number, atMs: number): boolean {
    const hour = localHour(atMs);
    return hour >= 9 && hour < 18 && isWorkday(atMs) && this.workplace(customer) !== 'none';
  }

  /** Where the customer is: home, at work, commuting, or on a day trip by train; never faster than the train. */
  placeAt(customer: number, atMs: number): Place {
    const home = this.#around(customer, this.homeCity(customer), this.#saltOf('home'), 0.15);
    const hour = localHour(atMs);
    const trip = this.#tripOf(customer, atMs, home);
    if (trip !== undefined) {
      const out = Math.min(1, Math.max(0, (hour - 8) / trip.hours));
      const back = Math.min(1, Math.max(0, (hour - 17) / trip.hours));
      return between(home, trip.to, out - back);
    }
    if (this.workplace(customer) === 'none' || !isWorkday(atMs)) return home;
    const work = this.#around(customer, this.homeCity(customer), this.#saltOf('work'), 0.1);
    const gone = Math.min(1, Math.max(0, hour - 8));
    const back = Math.min(1, Math.max(0, hour - 18));
    return between(home, work, gone - back);
  }

  /** MM-DD; nobody is born on the last days of a month. */
  birthday(customer: number): string {
    const day = Math.floor(trait(customer, this.#saltOf('birthday')) * 12 * 28);
    const two = (value: number): string => String(value + 1).padStart(2, '0');
    return `${two(Math.floor(day / 28))}-${two(day % 28)}`;
  }

  /** How the bank groups its customers. */
  segment(customer: number): 'young' | 'family' | 'high-end' | undefined {
    const share = trait(customer, this.#saltOf('life'));
    return share < 0.25 ? 'young' : share < 0.5 ? 'family' : share < 0.55 ? 'high-end' : undefined;
  }

  homeCity(customer: number): City {
    return CITIES[this.#cities.indexAt(trait(customer, this.#saltOf('city')))]!;
  }

  /** One customer in a hundred travels on a given day, to a city that allows the return before midnight. */
  #tripOf(customer: number, atMs: number, home: Place): { to: Place; hours: number } | undefined {
    const day = scramble(localDay(atMs), this.#saltOf('trip'));
    if (trait(customer, day) >= 0.01) return undefined;
    const city = CITIES[scramble(customer, day ^ 0x7777) % CITIES.length]!;
    const to = this.#around(customer, city, day, 0.05);
    const hours = kilometres(home, to) / TRAIN_KM_PER_HOUR;
    return hours > 0.5 && hours < 6.5 ? { to, hours } : undefined;
  }

  #around(customer: number, city: City, salt: number, degrees: number): Place {
    return {
      lat: city.lat + (trait(customer, salt ^ 0x1a7) - 0.5) * 2 * degrees,
      lon: city.lon + (trait(customer, salt ^ 0x104) - 0.5) * 2 * degrees,
      city: city.name,
    };
  }

  #saltOf(name: keyof typeof SALT): number {
    return (this.#salt ^ (SALT[name] * 0x01000193)) | 0;
  }
}

/** Customer numbers by kind: they share one numbering, so that an identifier tells nobody who is who. */
const FIRST_SIGN_UP = 0x40000000;
export const FIRST_ATTACKER = 0x80000000;

/** Longest time the agenda looks ahead: a follow-up later than this is left out. */
export const LONGEST_FOLLOW_UP_MS = 5 * DAY_MS;

function hextet(value: number): string {
  return (value & 0xffff).toString(16);
}
