/** Who an event is about. Strangers who share a placeholder are nobody: they share no right. */

import type { LimitKey } from '../../config/campaign-limit-schema.ts';
import type { Event } from '../event.ts';
import { isName, type EventFields } from './cel-fields.ts';
import type { Subject } from './cel-scope.ts';
import { accountPart } from './ledger-op.ts';

export interface Person {
  /** The customer number, or the account number where there is none. */
  readonly id: string;
  /** The same as a part of account names, where customer and account numbers are told apart. */
  readonly scope: string;
}

/** The names that one event goes by. */
export class Identity {
  readonly #subject: Subject;
  readonly #isPlaceholder: (value: string) => boolean;
  #customer: Person | undefined;

  constructor(subject: Subject, isPlaceholder: (value: string) => boolean) {
    this.#subject = subject;
    this.#isPlaceholder = isPlaceholder;
  }

  /** Undefined when neither the customer nor the account is named. */
  get customer(): Person | undefined {
    return (this.#customer ??= personOf(this.#subject.fields, this.#isPlaceholder));
  }

  /** Names the event in grant ids and accounts, nobody's event too. */
  get scope(): string {
    return this.customer?.scope ?? this.accountScope;
  }

  /** Every event names the account, whatever else it leaves out. */
  get accountScope(): string {
    return accountScope(this.#subject.fields.accountId);
  }

  /** Who invited the customer: the event says so, or an earlier one did. */
  get inviter(): Person | undefined {
    const { fields, facts } = this.#subject;
    const id = fields.name('inviterId') ?? facts.invitedBy;
    if (!isName(id) || id === this.customer?.id || this.#isPlaceholder(id)) return undefined;
    return { id, scope: `customer=${accountPart(id)}` };
  }

  /** `card=…`, say; undefined when the event does not name one. */
  key(key: LimitKey): string | undefined {
    if (key === 'customer') return this.customer?.scope;
    const { event, fields } = this.#subject;
    const value = key === 'inviter' ? this.inviter?.id : NAMED[key](fields, event);
    return value === undefined || this.#isPlaceholder(value)
      ? undefined
      : `${key}=${accountPart(value)}`;
  }
}

const NAMED: Readonly<
  Record<
    Exclude<LimitKey, 'customer' | 'inviter'>,
    (fields: EventFields, event: Event) => string | undefined
  >
> = {
  account: (fields) => fields.accountId,
  card: (fields) => fields.cardId,
  device: (_fields, event) => event.deviceId,
  ip: (_fields, event) => event.ip,
  category: (fields) => fields.category,
  merchant: (fields) => fields.merchantId,
  voucher: (fields) => fields.name('voucherId'),
  payment: (fields) => fields.name('paymentId'),
  identity: (fields) => fields.name('identityHash'),
  phone: (fields) => fields.name('phoneHash'),
};

/** Customer numbers and account numbers are told apart. Undefined when neither names anybody. */
function personOf(
  { customerId: customer, accountId: account }: EventFields,
  isPlaceholder: (value: string) => boolean,
): Person | undefined {
  if (customer !== undefined && !isPlaceholder(customer)) {
    return { id: customer, scope: `customer=${accountPart(customer)}` };
  }
  return isPlaceholder(account) ? undefined : { id: account, scope: accountScope(account) };
}

function accountScope(accountId: string): string {
  return `account=${accountPart(accountId)}`;
}
