/** Who an event is about. Strangers who share a placeholder are nobody: they share no right. */

import type { LimitKey } from '../../config/campaign-schema.ts';
import type { Event } from '../event.ts';
import type { EventFields } from './cel-fields.ts';
import type { Subject } from './cel-scope.ts';
import { accountPart } from './ledger-op.ts';

export interface Person {
  /** The customer number, or the account number where there is none. */
  readonly id: string;
  /** The same as a part of account names, where customer and account numbers are told apart. */
  readonly scope: string;
}

/** The names that one event goes by, each looked up once. */
export class Identity {
  readonly #subject: Subject;
  readonly #isPlaceholder: (value: string) => boolean;
  readonly #keys = new Map<LimitKey, string | undefined>();
  #customer: Person | undefined;

  constructor(subject: Subject, isPlaceholder: (value: string) => boolean) {
    this.#subject = subject;
    this.#isPlaceholder = isPlaceholder;
  }

  /** Undefined when neither the customer nor the account is named. */
  get customer(): Person | undefined {
    return (this.#customer ??= personOf(this.#subject.event, this.#isPlaceholder));
  }

  /** Names the event in grant ids and accounts, nobody's event too. */
  get scope(): string {
    return this.customer?.scope ?? accountScope(this.#subject.event.accountId);
  }

  /** Who invited the customer: the event says so, or an earlier one did. */
  get inviter(): Person | undefined {
    const { fields, facts } = this.#subject;
    const id = fields.name('inviterId') ?? facts.invitedBy;
    if (id === '' || id === this.customer?.id || this.#isPlaceholder(id)) return undefined;
    return { id, scope: `customer=${accountPart(id)}` };
  }

  /** `card=…`, say; undefined when the event does not name one. */
  key(key: LimitKey): string | undefined {
    const known = this.#keys.get(key);
    if (known !== undefined || this.#keys.has(key)) return known;
    const found = this.#find(key);
    this.#keys.set(key, found);
    return found;
  }

  #find(key: LimitKey): string | undefined {
    if (key === 'customer') return this.customer?.scope;
    const { event, fields } = this.#subject;
    const value = key === 'inviter' ? this.inviter?.id : NAMED[key](event, fields);
    return value === undefined || this.#isPlaceholder(value)
      ? undefined
      : `${key}=${accountPart(value)}`;
  }
}

const NAMED: Readonly<
  Record<
    Exclude<LimitKey, 'customer' | 'inviter'>,
    (event: Event, fields: EventFields) => string | undefined
  >
> = {
  account: (event) => event.accountId,
  card: (event) => event.cardId,
  device: (event) => event.deviceId,
  ip: (event) => event.ip,
  category: (_event, fields) => fields.category,
  merchant: (_event, fields) => fields.merchantId,
  voucher: (_event, fields) => fields.name('voucherId'),
  payment: (_event, fields) => fields.name('paymentId'),
};

/** Customer numbers and account numbers are told apart. Undefined when neither names anybody. */
export function personOf(
  event: Event,
  isPlaceholder: (value: string) => boolean,
): Person | undefined {
  const { customerId: customer, accountId: account } = event;
  if (customer !== undefined && !isPlaceholder(customer)) {
    return { id: customer, scope: `customer=${accountPart(customer)}` };
  }
  return isPlaceholder(account) ? undefined : { id: account, scope: accountScope(account) };
}

function accountScope(accountId: string): string {
  return `account=${accountPart(accountId)}`;
}
