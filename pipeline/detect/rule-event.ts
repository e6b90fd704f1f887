/**
 * The event as the expressions of rules read it. Numbers are doubles, money is in fen, the time of day is that of
 * the rule's zone. A field that the event lacks is an error of the expression, unless `has(event.terms)` asks first.
 */

import type { Event } from '../event.ts';
import type { LocalTime } from '../reward/local-time.ts';

/** The fields by their CEL types. */
export const EVENT_FIELDS = {
  type: 'string',
  accountId: 'string',
  customerId: 'string',
  cardId: 'string',
  deviceId: 'string',
  ip: 'string',
  merchantId: 'string',
  category: 'string',
  channel: 'string',
  instrument: 'string',
  currency: 'string',
  city: 'string',
  payeeId: 'string',
  phoneHash: 'string',
  inviterId: 'string',
  campaignId: 'string',
  amountMinor: 'double',
  terms: 'double',
  latitude: 'double',
  longitude: 'double',
  occurredAtMs: 'double',
  weekday: 'double',
  hour: 'double',
  minute: 'double',
  second: 'double',
  attributes: 'map<string, dyn>',
} as const;

const MINUTE_MS = 60_000;

export class RuleEvent {
  readonly #local: LocalTime;
  #event!: Event;
  /** The time of day is asked by many rules of one event. */
  #toldMs = NaN;
  #minuteOfDay = NaN;

  constructor(local: LocalTime) {
    this.#local = local;
  }

  bind(event: Event): void {
    this.#event = event;
  }

  get type(): string {
    return this.#event.type;
  }
  get accountId(): string {
    return this.#event.accountId;
  }
  get customerId(): string | undefined {
    return this.#event.customerId;
  }
  get cardId(): string | undefined {
    return this.#event.cardId;
  }
  get deviceId(): string | undefined {
    return this.#event.deviceId;
  }
  get ip(): string | undefined {
    return this.#event.ip;
  }
  get merchantId(): string | undefined {
    return this.#event.merchantId;
  }
  get category(): string | undefined {
    return this.#event.category;
  }
  get channel(): string | undefined {
    return this.#event.channel;
  }
  get instrument(): string | undefined {
    return this.#event.instrument;
  }
  get currency(): string | undefined {
    return this.#event.currency;
  }
  get city(): string | undefined {
    return this.#event.city;
  }
  get payeeId(): string | undefined {
    return this.#event.payeeId;
  }
  get phoneHash(): string | undefined {
    return this.#event.phoneHash;
  }
  get inviterId(): string | undefined {
    return this.#event.inviterId;
  }
  get campaignId(): string | undefined {
    return this.#event.campaignId;
  }
  get amountMinor(): number | undefined {
    return this.#event.amountMinor;
  }
  get terms(): number | undefined {
    return this.#event.terms;
  }
  get latitude(): number | undefined {
    return this.#event.latitude;
  }
  get longitude(): number | undefined {
    return this.#event.longitude;
  }
  get occurredAtMs(): number {
    return this.#event.occurredAtMs;
  }
  /** 1 is Monday, 7 is Sunday. */
  get weekday(): number {
    return this.#local.weekday(this.#event.occurredAtMs);
  }
  get hour(): number {
    return Math.floor(this.#minutes() / 60);
  }
  get minute(): number {
    return Math.floor(this.#minutes()) % 60;
  }
  /** With its fraction: no zone's offset has seconds. */
  get second(): number {
    const { occurredAtMs } = this.#event;
    return (occurredAtMs - Math.floor(occurredAtMs / MINUTE_MS) * MINUTE_MS) / 1000;
  }
  get attributes(): Readonly<Record<string, unknown>> {
    return this.#event.attributes;
  }

  #minutes(): number {
    const { occurredAtMs } = this.#event;
    if (occurredAtMs !== this.#toldMs) {
      this.#toldMs = occurredAtMs;
      this.#minuteOfDay = this.#local.minuteOfDay(occurredAtMs);
    }
    return this.#minuteOfDay;
  }
}
