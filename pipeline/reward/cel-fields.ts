/**
 * What an expression reads: thin views onto the event and the customer's facts, moved from event to event.
 * Whole numbers become BigInt, CEL's `int`, when they are read; attributes are parsed once an event, when
 * they are read. A missing field of the event is an error of the expression (`has(event.terms)` asks first);
 * an unknown time of the customer is −1.
 */

import type { Event } from '../event.ts';
import { NO_FACTS, type CustomerFacts, type PeriodFacts } from './customer-facts.ts';

export type Json = Readonly<Record<string, unknown>>;

/** Text of the event that several offers ask for: made once, an absent one too. */
type Remembered = 'currency' | 'channel' | 'category' | 'merchantId' | 'instrument';

export class EventFields {
  #event!: Event;
  #attributes: Json | undefined;
  #celAttributes: Json | undefined;
  readonly #texts = new Map<Remembered, string | undefined>();

  bind(event: Event): void {
    this.#event = event;
    this.#attributes = undefined;
    this.#celAttributes = undefined;
    if (this.#texts.size > 0) this.#texts.clear();
  }

  get id(): string {
    return this.#event.id;
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
  get currency(): string | undefined {
    return this.#text('currency');
  }
  get channel(): string | undefined {
    return this.#text('channel');
  }
  get category(): string | undefined {
    return this.#text('category');
  }
  get merchantId(): string | undefined {
    return this.#text('merchantId');
  }
  get instrument(): string | undefined {
    return this.#text('instrument');
  }
  get terms(): bigint | undefined {
    return whole(this.#event.terms);
  }
  get city(): string | undefined {
    return this.#event.city;
  }
  get accountId(): string {
    return this.#event.accountId;
  }
  get customerId(): string | undefined {
    return this.#event.customerId;
  }
  get attributes(): Json {
    return (this.#celAttributes ??= celOf(this.json) as Json);
  }

  /** The attributes as they came. */
  get json(): Json {
    return (this.#attributes ??= this.#event.attributes);
  }

  /** An attribute that names something: text that is not empty, or a number as text. */
  name(attribute: string): string | undefined {
    const { json } = this;
    const value = Object.hasOwn(json, attribute) ? json[attribute] : undefined;
    if (typeof value === 'number') return String(value);
    return typeof value === 'string' && value !== '' ? value : undefined;
  }

  #text(field: Remembered): string | undefined {
    const known = this.#texts.get(field);
    if (known !== undefined || this.#texts.has(field)) return known;
    const text = this.#event[field];
    this.#texts.set(field, text);
    return text;
  }
}

export class CustomerFields {
  #facts: CustomerFacts = NO_FACTS;
  #profile: Json | undefined;

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
    return BigInt(this.#facts.spendMinor);
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
