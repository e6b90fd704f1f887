/** The contract of an attack: one file in `attacks/`, planning one wave of a gang's events at a time. */

import { hex, scramble } from './chance.ts';
import { FIRST_ATTACKER, type Place, type Population } from './population.ts';
import { CITIES, type Market } from './market.ts';
import type { Draft, Plan } from './simulated-event.ts';
import type { Random } from '../clock.ts';

export interface Attack {
  /** The name of `--attack`, written into `attributes.attack` of each of its events. */
  readonly name: string;
  /** One sentence: what the gang does, and what gives it away. */
  readonly summary: string;
  /** Events of a wave on average: waves come as often as the attack's share of the traffic allows. */
  readonly waveEvents: number;
  /** Comes only where it is named. */
  readonly onRequest?: true;
  /** Moves a wave to the moment it waits for; without it a wave begins whenever it is due. */
  readonly startsAt?: (dueMs: number) => number;
  /** Plans the events of one wave, none of them before `startMs`. */
  plan(gang: Gang, startMs: number): void;
}

/** Identities of the accounts of a gang, and the means to act. Numbers never come twice in a run. */
export class Gang {
  readonly random: Random;
  readonly market: Market;
  readonly #people: Population;
  readonly #plan: Plan;
  readonly #attack: string;
  readonly #next: () => number;
  readonly #gateway: string;

  constructor(options: {
    readonly attack: string;
    readonly people: Population;
    readonly market: Market;
    readonly random: Random;
    readonly plan: Plan;
    readonly next: () => number;
    readonly gateway: string;
  }) {
    this.#attack = options.attack;
    this.#people = options.people;
    this.market = options.market;
    this.random = options.random;
    this.#plan = options.plan;
    this.#next = options.next;
    this.#gateway = options.gateway;
  }

  /** A fresh account with a telephone, an address and a card of its own. */
  recruit(): Recruit {
    const number = FIRST_ATTACKER + this.#next();
    return {
      accountId: this.#people.accountId(number),
      customerId: this.#people.customerId(number),
      cardId: `card-${hex(scramble(number, 0xca4d))}-0`,
      deviceId: this.#people.deviceId(number),
      ip: this.address(),
      place: this.#people.placeAt(number, 0),
      billers: this.#people.homeCity(number).name.toLowerCase(),
    };
  }

  /** A telephone, or an emulator that looks like one. */
  device(): string {
    return `dev-${hex(scramble(this.#next(), 0xde71ce))}`;
  }

  /** An address of a proxy or a rented machine, in the same range as those of honest homes. */
  address(): string {
    const at = scramble(this.#next(), 0x1bad);
    return `${240 + ((at >>> 24) % 15)}.${(at >>> 16) & 255}.${(at >>> 8) & 255}.${at & 255}`;
  }

  /** An address of a carrier behind which honest telephones are, too. */
  gateway(): string {
    return this.#gateway;
  }

  card(): string {
    return `card-${hex(scramble(this.#next(), 0xca4d))}-0`;
  }

  /** A place at least a thousand kilometres away. */
  farFrom(place: Place): Place {
    const city = place.lon < 110 ? CITIES[10]! : CITIES[11]!;
    return { lat: city.lat, lon: city.lon, city: city.name };
  }

  /** Plans one event of a recruit; `fields` say what is done, and may lend another device or address. */
  act(
    atMs: number,
    who: Recruit,
    fields: Partial<Draft> & Pick<Draft, 'type'>,
    attributes: Draft['attributes'] = {},
  ): string {
    return this.#plan(atMs, {
      ...this.#draft(who, fields),
      attributes: { attack: this.#attack, ...attributes },
    });
  }

  #draft(who: Recruit, fields: Partial<Draft> & Pick<Draft, 'type'>): Draft {
    const { accountId, customerId, cardId, deviceId, ip } = who;
    // A card is named where money moves.
    const money = fields.amount === undefined ? {} : { cardId, currency: 'CNY' as const };
    return { accountId, customerId, deviceId, ip, channel: 'mobile_bank', ...money, ...fields };
  }

  /** What the owner of an account does meanwhile, whose card or password the gang has copied. */
  owner(atMs: number, who: Recruit, fields: Partial<Draft> & Pick<Draft, 'type'>): void {
    this.#plan(atMs, this.#draft(who, fields), 'honest');
  }

  /** A bill of a designated category, just above a threshold of the campaign's tiers. */
  bill(atMs: number, who: Recruit, index: number, amount: number): string {
    const { category, merchantId } = this.market.billAt(index);
    return this.act(atMs, who, {
      type: 'payment',
      category,
      merchantId: `${merchantId}-${who.billers}`,
      instrument: 'debit',
      amount,
    });
  }
}

export interface Recruit {
  readonly accountId: string;
  readonly customerId: string;
  readonly cardId: string;
  readonly deviceId: string;
  readonly ip: string;
  readonly place: Place;
  readonly billers: string;
}
