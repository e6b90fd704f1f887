/** The names of a campaign's expressions: the event at hand, its own lists and parameters, and its segments. */

import type { Event } from '../event.ts';
import type { ParamValue } from './cel.ts';
import {
  CampaignFields,
  celOf,
  CustomerFields,
  EventFields,
  PeriodFields,
  type Json,
} from './cel-fields.ts';
import { NO_FACTS, spendIdOf, type CustomerFacts } from './customer-facts.ts';
import type { LocalTime } from './local-time.ts';

/** The event that is being evaluated, shared by the scopes of all campaigns. */
export class Subject {
  readonly fields = new EventFields();
  readonly customer = new CustomerFields();
  event!: Event;
  facts: CustomerFacts = NO_FACTS;
  /** Counts the events, so that what is remembered of one is not taken for the next. */
  turn = 0;

  bind(event: Event, facts: CustomerFacts): void {
    this.turn++;
    this.event = event;
    this.facts = facts;
    this.fields.bind(event);
    this.customer.bind(facts);
  }
}

export interface ScopeSettings {
  readonly campaignId: string;
  readonly window: { readonly from: number; readonly to: number };
  readonly currency: string;
  readonly local: LocalTime;
  readonly params: Readonly<Record<string, ParamValue>>;
  readonly lists: ReadonlyMap<string, ReadonlySet<string>>;
}

/** One campaign's names as CEL looks them up, and what its functions ask. */
export class Scope {
  readonly local: LocalTime;
  readonly campaign: CampaignFields;
  readonly params: object;
  readonly segment: object;
  readonly inCampaign: PeriodFields;
  readonly inPhase: PeriodFields;
  /** The period that `inPhase` counts in: that of the offer at hand. */
  periodId: string;
  readonly #subject: Subject;
  readonly #spendId: string;
  readonly #lists: ScopeSettings['lists'];
  readonly #segments = new Map<string, Segment>();

  constructor(subject: Subject, settings: ScopeSettings) {
    this.#subject = subject;
    this.#lists = settings.lists;
    this.#spendId = spendIdOf(settings.currency);
    this.local = settings.local;
    this.periodId = settings.campaignId;
    this.campaign = new CampaignFields(settings.window.from, settings.window.to);
    const { campaignId } = settings;
    // CEL tells the types of objects by their classes, so each campaign has classes of its own.
    const params = class Params {
      readonly campaignId = campaignId;
    };
    this.params = Object.assign(new params(), celOf(settings.params));
    const segments = class Segments {
      readonly campaignId = campaignId;
    };
    this.segment = new segments();
    this.inCampaign = new PeriodFields(() => subject.facts.during(campaignId));
    this.inPhase = new PeriodFields(() => subject.facts.during(this.periodId));
  }

  get event(): EventFields {
    return this.#subject.fields;
  }
  get attributes(): Json {
    return this.#subject.fields.attributes;
  }
  get customer(): CustomerFields {
    const { customer } = this.#subject;
    customer.spendId = this.#spendId;
    return customer;
  }

  /** Makes a segment readable, evaluated at the first read an event. */
  declareSegment(name: string, holds: (scope: Scope) => unknown): void {
    const segment = new Segment(holds);
    this.#segments.set(name, segment);
    Object.defineProperty(this.segment, name, {
      enumerable: true,
      get: () => segment.read(this, this.#subject.turn),
    });
  }

  isListed(value: string, list: string): boolean {
    const members = this.#lists.get(list);
    if (members === undefined) throw new Error(`there is no list ${list}`);
    return members.has(value);
  }

  /** The lists that name a merchant. */
  listsOf(merchantId: string): string[] {
    return [...this.#lists].flatMap(([name, members]) => (members.has(merchantId) ? [name] : []));
  }

  /** Whether the event is not before the anchor and at most `days` local calendar days after it. */
  isWithinDays(anchorMs: number, days: number): boolean {
    const atMs = this.#subject.event.occurredAtMs;
    if (anchorMs < 0 || atMs < anchorMs) return false;
    return this.local.day(atMs) - this.local.day(anchorMs) <= days;
  }

  /** Whole calendar months of local dates; −1 when a time is unknown or they are in the wrong order. */
  monthsBetween(fromMs: number, toMs: number): number {
    if (fromMs < 0 || toMs < fromMs) return -1;
    return this.local.monthsBetween(fromMs, toMs);
  }

  isBirthdayMonth(): boolean {
    const { facts, event } = this.#subject;
    return (
      facts.birthday !== '' &&
      Number(facts.birthday.slice(0, 2)) === this.local.month(event.occurredAtMs)
    );
  }

  hasTag(tag: string): boolean {
    return this.#subject.facts.tags.includes(tag);
  }
}

/** What a segment answers while it is being evaluated: made once, for an error costs more than a segment. */
const CIRCULAR = new Error('a segment cannot be made of itself');

/** An expression that is evaluated once an event; an error is remembered like an answer. */
class Segment {
  readonly #holds: (scope: Scope) => unknown;
  #turn = -1;
  #periodId = '';
  #answer: boolean | undefined;
  #error: unknown;

  constructor(holds: (scope: Scope) => unknown) {
    this.#holds = holds;
  }

  read(scope: Scope, turn: number): boolean {
    if (turn !== this.#turn || scope.periodId !== this.#periodId) this.#evaluate(scope, turn);
    if (this.#answer === undefined) throw this.#error;
    return this.#answer;
  }

  #evaluate(scope: Scope, turn: number): void {
    this.#turn = turn;
    this.#periodId = scope.periodId;
    this.#answer = undefined;
    this.#error = CIRCULAR;
    try {
      this.#answer = this.#holds(scope) === true;
    } catch (error) {
      this.#error = error;
    }
  }
}
