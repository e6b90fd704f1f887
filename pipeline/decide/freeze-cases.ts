/**
 * What waits for a person around freezes: proposals of the policy, orders that want a second person, and
 * appeals; and the two switches by which people stop the automatic part. All of it follows from rows.
 */

import type { AccountAction } from './account-action.ts';

/** Cases of one kind that are remembered; the oldest makes room, and stays on record. */
const MAX_OPEN = 100_000;

/** What the policy may do by itself. `freezing` off: freezes become proposals; `blocking` off: blocks become reviews. */
export const SWITCHES = ['freezing', 'blocking'] as const;
export type SwitchName = (typeof SWITCHES)[number];

/** Kinds of cases, as lists of them name them. */
export type CaseKind = 'freeze' | 'order' | 'appeal';

export interface OpenCase {
  readonly kind: CaseKind;
  /** What opened it; its id is the case's. */
  readonly opened: AccountAction;
}

export class FreezeCases {
  /** By account: an account is proposed once, and appeals once. */
  readonly #proposed = new Map<string, AccountAction>();
  readonly #appeals = new Map<string, AccountAction>();
  /** By id. */
  readonly #requests = new Map<string, AccountAction>();
  readonly #off = new Set<SwitchName>();
  #waitingCharacters = 0;
  /** Cases that made room although nobody had judged them. */
  dropped = 0;

  /** Length of all orders that wait for a second person, as JSON. */
  get waitingCharacters(): number {
    return this.#waitingCharacters;
  }

  isOn(name: SwitchName): boolean {
    return !this.#off.has(name);
  }

  hasProposal(accountId: string): boolean {
    return this.#proposed.has(accountId);
  }

  appealOf(accountId: string): AccountAction | undefined {
    return this.#appeals.get(accountId);
  }

  /** An open proposal or an order that wants a second person, by its id. */
  find(id: string): OpenCase | undefined {
    const request = this.#requests.get(id);
    if (request !== undefined) return { kind: 'order', opened: request };
    for (const opened of this.#proposed.values())
      if (opened.id === id) return { kind: 'freeze', opened };
    return undefined;
  }

  /** Everything that is open, the oldest of each kind first. */
  *all(): Generator<OpenCase, void, undefined> {
    for (const opened of this.#proposed.values()) yield { kind: 'freeze', opened };
    for (const opened of this.#requests.values()) yield { kind: 'order', opened };
    for (const opened of this.#appeals.values()) yield { kind: 'appeal', opened };
  }

  get open(): Readonly<Record<CaseKind, number>> {
    return {
      freeze: this.#proposed.size,
      order: this.#requests.size,
      appeal: this.#appeals.size,
    };
  }

  /** Orders whose second person did not come in time, the oldest first. @param nowMs a person's time. */
  overdue(nowMs: number): AccountAction[] {
    return [...this.#requests.values()].filter(
      ({ expiresAtMs = Infinity }) => expiresAtMs <= nowMs,
    );
  }

  apply(action: AccountAction): void {
    const { kind, accountId, answers = '' } = action;
    switch (kind) {
      case 'propose':
        this.#open(this.#proposed, accountId, action);
        break;
      case 'request':
        this.#open(this.#requests, action.id, action);
        break;
      case 'appeal':
        this.#open(this.#appeals, accountId, action);
        break;
      case 'confirm':
      case 'withdraw':
      case 'lapse':
        this.#forget(this.#requests, answers);
        break;
      case 'switch':
        this.#turn(action.detail ?? '');
        break;
      case 'dismiss':
        this.#proposed.delete(accountId);
        break;
      case 'freeze':
      // What it kept back is not made good by its end: an appeal waits for a person all the same.
      case 'expire':
        this.#proposed.delete(accountId);
        break;
      default:
        // A person has judged it: there is nothing left to propose or to appeal against.
        this.#proposed.delete(accountId);
        this.#appeals.delete(accountId);
    }
  }

  #turn(detail: string): void {
    const [name, to] = detail.split(' ') as [SwitchName, 'on' | 'off'];
    if (to === 'off') this.#off.add(name);
    else this.#off.delete(name);
  }

  #open(cases: Map<string, AccountAction>, key: string, action: AccountAction): void {
    this.#forget(cases, key);
    cases.set(key, action);
    if (action.kind === 'request') this.#waitingCharacters += lengthOf(action);
    if (cases.size <= MAX_OPEN) return;
    const oldest = cases.keys().next();
    if (oldest.done === true) return;
    this.#forget(cases, oldest.value);
    this.dropped++;
  }

  #forget(cases: Map<string, AccountAction>, key: string): void {
    const known = cases.get(key);
    if (known === undefined) return;
    cases.delete(key);
    if (known.kind === 'request') this.#waitingCharacters -= lengthOf(known);
  }
}

function lengthOf({ detail = '' }: AccountAction): number {
  return detail.length;
}
