/**
 * What an expression reads: thin views onto the event and the customer's facts, moved from event to event.
 * Whole numbers become BigInt, CEL's `int`, when they are read; attributes are parsed once an event, when
 * they are read. A missing field of the event is an error of the expression (`has(event.terms)` asks first);
 * an unknown time of the customer is −1.
 */

import type { Event } from '../event.ts';
import { NO_FACTS, type CustomerFacts, type PeriodFacts } from './customer-facts.ts';

export type Json = Readonly<Record<string, unknown>>;

/** Text that several offers ask for is made once an event; null: not read yet. */
export class EventFields {
  #event!: Event;
  #attributes: Json | undefined;
  #celAttributes: Json | undefined;
  #id: string | null = null;
  #accountId: string | null = null;
  #customerId: string | undefined | null = null;
  #cardId: string | undefined | null = null;
  #currency: string | undefined | null = null;
  #channel: string | undefined | null = null;
  #category: string | undefined | null = null;
  #merchantId: string | undefined | null = null;
  #instrument: string | undefined | null = null;

  bind(event: Event): void {
    this.#event = event;
    this.#attributes = undefined;
    this.#celAttributes = undefined;
    this.#id = null;
    this.#accountId = null;
    this.#customerId = null;
    this.#cardId = null;
    this.#currency = null;
    this.#channel = null;
    this.#category = null;
    this.#merchantId = null;
    this.#instrument = null;
  }

  get id(): string {
    if (this.#id === null) this.#id = this.#event.id;
    return this.#id;
  }
  get accountId(): string {
    if (this.#accountId === null) this.#accountId = this.#event.accountId;
    return this.#accountId;
  }
  get customerId(): string | undefined {
    if (this.#customerId === null) this.#customerId = this.#event.customerId;
    return this.#customerId;
  }
  get cardId(): string | undefined {
    if (this.#cardId === null) this.#cardId = this.#event.cardId;
    return this.#cardId;
  }
  get currency(): string | undefined {
    if (this.#currency === null) this.#currency = this.#event.currency;
    return this.#currency;
  }
  get channel(): string | undefined {
    if (this.#channel === null) this.#channel = this.#event.channel;
    return this.#channel;
  }
  get category(): string | undefined {
    if (this.#category === null) this.#category = this.#event.category;
    return this.#category;
  }
  get merchantId(): string | undefined {
    if (this.#merchantId === null) this.#merchantId = this.#event.merchantId;
    return this.#merchantId;
  }
  get instrument(): string | undefined {
    if (this.#instrument === null) this.#instrument = this.#event.instrument;
    return this.#instrument;
  }
  get type(): string {
    return this.#event.type;
  }
  get occurredAt(): bigint {
    return BigInt(this.#event.occurredAtMs);
  }
  get amount(): bigint | undefined {
    return whole(this.#event.amountMinor);
  }
  get terms(): bigint | undefined {
    return whole(this.#event.terms);
  }
  get city(): string | undefined {
    return this.#event.city;
  }
  get attributes(): Json {
    return (this.#celAttributes ??= celOf(this.json) as Json);
  }

  /** The attributes as they came. */
  get json(): Json {
    return (this.#attributes ??= this.#event.attributes);
  }

  /** An attribute that names something: text as `isName` has it, or a number as text. */
  name(attribute: string): string | undefined {
    const { json } = this;
    const value = Object.hasOwn(json, attribute) ? json[attribute] : undefined;
    if (typeof value === 'number') return String(value);
    return typeof value === 'string' && isName(value) ? value : undefined;
  }
}

export class CustomerFields {
  #facts: CustomerFacts = NO_FACTS;
  #profile: Json | undefined;
  /** The period that `spend` counts in: all of time, in the currency of the campaign that asks. */
  spendId = '';

  bind(facts: CustomerFacts): void {
    this.#facts = facts;
    this.#profile = undefined;
  }

  get registeredAt(): bigint {
    return time(this.#facts.registeredAtMs);
  }
  get cardApprovedAt(): bigint {
    return time(this.#facts.cardApprovedAtMs);
  }
  get cards(): bigint {
    return BigInt(this.#facts.cards);
  }
  get activatedAt(): bigint {
    return time(this.#facts.activatedAtMs);
  }
  get firstPaymentAt(): bigint {
    return time(this.#facts.firstPaymentAtMs);
  }
  get lastPaymentAt(): bigint {
    return time(this.#facts.lastPaymentAtMs);
  }
  get payments(): bigint {
    return BigInt(this.#facts.payments);
  }
  get spend(): bigint {
    return BigInt(this.#facts.during(this.spendId).spendMinor);
  }
  get loginAt(): bigint {
    return time(this.#facts.loginAtMs);
  }
  get invitedBy(): string {
    return this.#facts.invitedBy;
  }
  get birthday(): string {
    return this.#facts.birthday;
  }
  get tags(): readonly string[] {
    return this.#facts.tags;
  }
  get profile(): Json {
    return (this.#profile ??= celOf(this.#facts.profile) as Json);
  }
}

export class PeriodFields {
  readonly #read: () => PeriodFacts;

  constructor(read: () => PeriodFacts) {
    this.#read = read;
  }

  get payments(): bigint {
    return BigInt(this.#read().payments);
  }
  get spend(): bigint {
    return BigInt(this.#read().spendMinor);
  }
  get firstLoginAt(): bigint {
    return time(this.#read().firstLoginAtMs);
  }
  get lastPaymentBefore(): bigint {
    return time(this.#read().lastPaymentBeforeMs);
  }
}

export class CampaignFields {
  readonly from: bigint;
  readonly to: bigint;

  constructor(fromMs: number, toMs: number) {
    this.from = BigInt(fromMs);
    this.to = BigInt(toMs);
  }
}

const HALF_A_PAIR = /\p{Surrogate}/u;

/** Empty text names nothing, and neither does half of a surrogate pair: the ledger could not write it down. */
export function isName(text: string): boolean {
  return text !== '' && !HALF_A_PAIR.test(text);
}

function whole(value: number | undefined): bigint | undefined {
  return value === undefined ? undefined : BigInt(value);
}

function time(atMs: number | undefined): bigint {
  return atMs === undefined ? -1n : BigInt(atMs);
}

/** JSON as CEL reads it: whole numbers are `int`, others `double`. */
export function celOf(value: unknown): unknown {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : value;
  if (Array.isArray(value)) return value.map(celOf);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, celOf(inner)]));
}
