/** A customer's record, read: where each fact lies in it, and the view that hands it out. */

import {
  NO_PERIOD_FACTS,
  type CustomerFacts,
  type FactPeriod,
  type PeriodFacts,
} from './customer-facts.ts';
import { profileOf, tagsOf, type NotedTexts, type Profile } from './customer-profile.ts';
import { FactRecord, FIRST_INT } from './fact-table.ts';

/** Double columns. Those of a period count from `periodNumber`. NaN: no such event. */
export const NumberColumn = {
  registered: 0,
  cardApproved: 1,
  activated: 2,
  firstPayment: 3,
  lastPayment: 4,
  login: 5,
  periodFirstLogin: 0,
  periodLastBefore: 1,
  periodSpend: 2,
} as const;
const OWN_NUMBERS = 6;
const PERIOD_NUMBERS = 3;

/** Integer columns; that of a period is its count of payments. A birthday is month × 100 + day. */
export const IntColumn = {
  payments: FIRST_INT,
  cards: FIRST_INT + 1,
  birthday: FIRST_INT + 2,
} as const;
const OWN_INTS = 3;

/** How many columns of either kind a record has, the table's own left out. */
export function columnsFor(periods: number): { readonly doubles: number; readonly ints: number } {
  return { doubles: OWN_NUMBERS + periods * PERIOD_NUMBERS, ints: OWN_INTS + periods };
}

/** The first double column of a period. */
export function periodNumber(index: number): number {
  return OWN_NUMBERS + index * PERIOD_NUMBERS;
}

/** The integer column of a period. */
export function periodInt(index: number): number {
  return FIRST_INT + OWN_INTS + index;
}

const NO_PROFILE: Profile = {};

/** Reads the record that it was turned to; everything is read at the moment it is asked for. */
export class FactsView implements CustomerFacts {
  /** Where the record lies: to be moved together with `turnTo`. */
  readonly at = new FactRecord();
  readonly #profiles: NotedTexts;
  readonly #invitations: NotedTexts;
  readonly #periods: ReadonlyMap<string, PeriodView>;
  #record = 0;
  /** The profile that was parsed last; events of one customer often ask for it several times. */
  #parsedText: string | undefined;
  #parsed = NO_PROFILE;

  constructor(periods: readonly FactPeriod[], profiles: NotedTexts, invitations: NotedTexts) {
    this.#profiles = profiles;
    this.#invitations = invitations;
    this.#periods = new Map(
      periods.map(({ id }, index) => [id, new PeriodView(this.at, index)] as const),
    );
  }

  /** @param record its number, by which its texts are found. */
  turnTo(record: number): void {
    this.#record = record;
  }

  get registeredAtMs(): number | undefined {
    return numberIn(this.at, NumberColumn.registered);
  }
  get cardApprovedAtMs(): number | undefined {
    return numberIn(this.at, NumberColumn.cardApproved);
  }
  get cards(): number {
    return this.at.ints[this.at.intAt + IntColumn.cards]!;
  }
  get activatedAtMs(): number | undefined {
    return numberIn(this.at, NumberColumn.activated);
  }
  get firstPaymentAtMs(): number | undefined {
    return numberIn(this.at, NumberColumn.firstPayment);
  }
  get lastPaymentAtMs(): number | undefined {
    return numberIn(this.at, NumberColumn.lastPayment);
  }
  get payments(): number {
    return this.at.ints[this.at.intAt + IntColumn.payments]!;
  }
  get loginAtMs(): number | undefined {
    return numberIn(this.at, NumberColumn.login);
  }
  get invitedBy(): string {
    return this.#invitations.get(this.#record) ?? '';
  }
  get birthday(): string {
    const birthday = this.at.ints[this.at.intAt + IntColumn.birthday]!;
    if (birthday === 0) return '';
    const digits = String(birthday).padStart(4, '0');
    return `${digits.slice(0, 2)}-${digits.slice(2)}`;
  }
  get tags(): readonly string[] {
    return tagsOf(this.profile);
  }
  get profile(): Profile {
    const text = this.#profiles.get(this.#record);
    if (text === undefined) return NO_PROFILE;
    if (text !== this.#parsedText) {
      this.#parsed = profileOf(text);
      this.#parsedText = text;
    }
    return this.#parsed;
  }

  during(periodId: string): PeriodFacts {
    return this.#periods.get(periodId) ?? NO_PERIOD_FACTS;
  }
}

class PeriodView implements PeriodFacts {
  readonly #at: FactRecord;
  readonly #number: number;
  readonly #int: number;

  constructor(at: FactRecord, index: number) {
    this.#at = at;
    this.#number = periodNumber(index);
    this.#int = periodInt(index);
  }

  get payments(): number {
    return this.#at.ints[this.#at.intAt + this.#int]!;
  }
  get spendMinor(): number {
    return Math.max(0, numberIn(this.#at, this.#number + NumberColumn.periodSpend) ?? 0);
  }
  get firstLoginAtMs(): number | undefined {
    return numberIn(this.#at, this.#number + NumberColumn.periodFirstLogin);
  }
  get lastPaymentBeforeMs(): number | undefined {
    return numberIn(this.#at, this.#number + NumberColumn.periodLastBefore);
  }
}

function numberIn({ doubles, doubleAt }: FactRecord, column: number): number | undefined {
  const value = doubles[doubleAt + column]!;
  return Number.isNaN(value) ? undefined : value;
}
