/**
 * What is known of every customer, for the campaigns that ask: sums, firsts and lasts over the events that
 * have arrived so far. None depends on the order of arrival, so that a restart can take them from the record
 * by a statement (record/customer-history.ts) and go on as if nothing had happened.
 */

import type { Verdict } from '../decide/decision.ts';
import { typeCodeOf, type EventView } from '../event.ts';
import { keyColumn, textColumn } from '../event-fields.ts';
import type { Decoder } from '../ingest/decode.ts';
import type { Logger } from '../telemetry.ts';
import { flagsOf } from '../type-flags.ts';
import { NO_FACTS, type CustomerFacts, type FactPeriod } from './customer-facts.ts';
import {
  birthdayOf,
  isMalformed,
  LONGEST_PROFILE_BYTES,
  NotedTexts,
  profileOf,
} from './customer-profile.ts';
import { TELLING_TYPES, type CustomerTotals } from './customer-totals.ts';
import { FactRecord, FactTable } from './fact-table.ts';
import { columnsFor, FactsView, IntColumn, NumberColumn } from './facts-view.ts';
import { PeriodSums } from './period-sums.ts';

export interface CustomerBookOptions {
  /** False when no campaign reads facts: then nothing is kept, and every customer is unknown. */
  readonly needed: boolean;
  /** What the campaigns count in; ids differ. */
  readonly periods: readonly FactPeriod[];
  /** Customers kept; above it the least recently seen are forgotten. */
  readonly maxCustomers: number;
  readonly log: Pick<Logger, 'warn'>;
}

const CUSTOMER = keyColumn('customerId');
const ACCOUNT = keyColumn('accountId');
const ATTRIBUTES = textColumn('attributes');
/** Makes the key of an account another one than that of a customer with the same number. */
const ACCOUNT_SALT = 0x5bd1e995;

const PAYMENT = typeCodeOf('payment');
const REFUND = typeCodeOf('refund');
const LOGIN = typeCodeOf('login');
const OPENED = typeCodeOf('account.opened');
const APPROVED = typeCodeOf('card.approved');
const ACTIVATED = typeCodeOf('card.activated');
const UPDATED = typeCodeOf('customer.updated');
const JOINED = typeCodeOf('referral.joined');
const IS_TELLING = flagsOf(TELLING_TYPES);

export class CustomerBook {
  readonly needed: boolean;
  readonly periods: readonly FactPeriod[];
  readonly #log: Pick<Logger, 'warn'>;
  readonly #table: FactTable;
  readonly #profiles = new NotedTexts('latest');
  readonly #invitations = new NotedTexts('earliest');
  readonly #periodSums: PeriodSums;
  readonly #view: FactsView;
  /** The record that is being written. */
  readonly #at = new FactRecord();
  /** The customer located last, and their record; 0 when there is none. `observe` often follows `of`. */
  #lo = 0;
  #hi = 0;
  #found = 0;
  #malformed = 0;

  constructor({ needed, periods, maxCustomers, log }: CustomerBookOptions) {
    this.needed = needed;
    this.periods = periods;
    this.#periodSums = new PeriodSums(periods);
    this.#log = log;
    this.#table = new FactTable({
      ...columnsFor(periods.length),
      maxRecords: maxCustomers,
      onDrop: (record) => {
        this.#profiles.delete(record);
        this.#invitations.delete(record);
      },
    });
    this.#view = new FactsView(periods, this.#profiles, this.#invitations);
  }

  /** Customers known. */
  get size(): number {
    return this.#table.size;
  }

  /** Memory held; texts are estimated. */
  get bytes(): number {
    return this.needed ? this.#table.bytes + this.#profiles.bytes + this.#invitations.bytes : 0;
  }

  /** Customers forgotten because `maxCustomers` was reached. */
  get dropped(): number {
    return this.#table.dropped;
  }

  /** Profiles since the start whose birthday, tags or length could not be used. */
  get malformed(): number {
    return this.#malformed;
  }

  /**
   * What is known of the event's customer: before the event, when it is asked before `observe`.
   * @returns a view that the next call of `of`, `observe` or `add` may change.
   */
  of(event: EventView): CustomerFacts {
    if (!this.needed || !this.#locate(event)) return NO_FACTS;
    if (this.#found === 0) return NO_FACTS;
    this.#table.seek(this.#found, this.#view.at);
    this.#view.turnTo(this.#found);
    return this.#view;
  }

  /** Takes the event in. It must be new: a repeat would be counted again. */
  observe(event: EventView, verdict: Verdict): void {
    if (!this.needed) return;
    const { batch, row } = event;
    const code = batch.typeCode[row]!;
    if (IS_TELLING[code] === 0) return;
    // What was refused is no payment: somebody else's attempts must not use up a customer's first one.
    if (code === PAYMENT && verdict === 'block') return;
    if (!this.#locate(event)) return;
    const record = this.#record();
    const atMs = batch.occurredAtMs[row]!;
    this.#table.saw(this.#at, atMs);
    switch (code) {
      case PAYMENT:
        this.#at.earliest(NumberColumn.firstPayment, atMs);
        this.#at.latest(NumberColumn.lastPayment, atMs);
        this.#at.count(IntColumn.payments, 1);
        this.#periodSums.payment(this.#at, event, atMs);
        break;
      case REFUND:
        this.#periodSums.refund(this.#at, event, atMs);
        break;
      case LOGIN:
        this.#at.latest(NumberColumn.login, atMs);
        this.#periodSums.login(this.#at, atMs);
        break;
      case OPENED:
        this.#at.earliest(NumberColumn.registered, atMs);
        break;
      case APPROVED:
        this.#at.earliest(NumberColumn.cardApproved, atMs);
        this.#at.count(IntColumn.cards, 1);
        break;
      case ACTIVATED:
        this.#at.latest(NumberColumn.activated, atMs);
        break;
      case UPDATED:
        this.#update(record, event, atMs);
        break;
      case JOINED:
        this.#invite(record, event, atMs);
    }
  }

  /** Takes in what the record knows of some of a customer's events, none of which may come again. */
  add(totals: CustomerTotals, decoder: Pick<Decoder, 'keyOf'>): void {
    if (Number.isNaN(totals.lastSeenMs)) return;
    const { lo, hi } = decoder.keyOf('customerId', totals.customerId);
    const account = (lo | hi) !== 0 ? { lo, hi } : decoder.keyOf('accountId', totals.accountId);
    if (!this.#find(lo, hi, account.lo, account.hi)) return;
    const record = this.#record();
    this.#table.saw(this.#at, totals.lastSeenMs);
    this.#at.earliest(NumberColumn.registered, totals.registeredAtMs);
    this.#at.earliest(NumberColumn.cardApproved, totals.cardApprovedAtMs);
    this.#at.latest(NumberColumn.activated, totals.activatedAtMs);
    this.#at.earliest(NumberColumn.firstPayment, totals.firstPaymentAtMs);
    this.#at.latest(NumberColumn.lastPayment, totals.lastPaymentAtMs);
    this.#at.latest(NumberColumn.login, totals.loginAtMs);
    this.#at.count(IntColumn.cards, totals.cards);
    this.#at.count(IntColumn.payments, totals.payments);
    this.#periodSums.add(this.#at, totals.periods);
    this.#addTexts(record, totals);
  }

  #addTexts(record: number, totals: CustomerTotals): void {
    if (!Number.isNaN(totals.updatedAtMs)) {
      this.#noteProfile(record, totals.updatedAtMs, totals.updateId, totals.attributes);
    }
    if (!Number.isNaN(totals.invitedAtMs)) {
      const { invitedAtMs: occurredAtMs, invitationId: eventId, inviterId: text } = totals;
      this.#invitations.note(record, { occurredAtMs, eventId, text });
    }
  }

  #update(record: number, { batch, row, id }: EventView, atMs: number): void {
    const tooLong = batch.spanLength[ATTRIBUTES * batch.capacity + row]! > LONGEST_PROFILE_BYTES;
    const attributes = tooLong ? '' : (batch.text('attributes', row) ?? '');
    this.#noteProfile(record, atMs, id, attributes);
    if (tooLong || isMalformed(profileOf(attributes))) this.#malformed++;
  }

  #noteProfile(record: number, occurredAtMs: number, eventId: string, text: string): void {
    if (!this.#profiles.note(record, { occurredAtMs, eventId, text })) return;
    const { ints, intAt } = this.#at;
    ints[intAt + IntColumn.birthday] = birthdayOf(profileOf(text));
  }

  #invite(record: number, event: EventView, occurredAtMs: number): void {
    const inviter = event.attributes['inviterId'];
    if (typeof inviter !== 'string' || inviter === '') return;
    this.#invitations.note(record, { occurredAtMs, eventId: event.id, text: inviter });
  }

  /** Finds the event's customer; false when nobody is named. */
  #locate({ batch, row }: EventView): boolean {
    const customer = CUSTOMER * batch.capacity + row;
    const account = ACCOUNT * batch.capacity + row;
    const { keyLo, keyHi } = batch;
    return this.#find(keyLo[customer]!, keyHi[customer]!, keyLo[account]!, keyHi[account]!);
  }

  #find(customerLo: number, customerHi: number, accountLo: number, accountHi: number): boolean {
    const named = (customerLo | customerHi) !== 0;
    if (!named && (accountLo | accountHi) === 0) return false;
    const lo = named ? customerLo : accountLo;
    const hi = named ? customerHi : accountHi ^ ACCOUNT_SALT;
    if (this.#found === 0 || lo !== this.#lo || hi !== this.#hi) {
      this.#lo = lo;
      this.#hi = hi;
      this.#found = this.#table.find(lo, hi);
    }
    return true;
  }

  /** The record of the customer that was located, made when there is none; `#at` points to it. */
  #record(): number {
    const table = this.#table;
    if (this.#found === 0) {
      const droppedBefore = table.dropped;
      this.#found = table.add(this.#lo, this.#hi);
      if (table.dropped > droppedBefore) {
        this.#log.warn(
          { kept: table.size, dropped: table.dropped },
          'there are more customers than reward.maxCustomers: those not seen for longest are forgotten',
        );
      }
    }
    table.seek(this.#found, this.#at);
    return this.#found;
  }
}
