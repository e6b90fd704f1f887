/**
 * How far attacks got, by kind. A simulated stream names the attack of each fraudulent event in
 * `attributes.attack`; other histories have no such attribute and no such figures.
 *
 * An account of an attack is caught when one of its events is flagged (review or worse: its reward waits), or
 * when the evidence of a later finding names it as part of a ring.
 */

import type { Decision } from '../decide/decision.ts';
import { KeyTable } from '../decide/key-table.ts';
import type { EventView } from '../event.ts';
import { keyColumn } from '../event-fields.ts';
import type { Grant } from '../reward/grant.ts';
import { share, type AttackReport, type HonestReport } from './report.ts';

interface Attack {
  /** Every account that took part, and whether it was caught. */
  readonly accounts: Map<string, boolean>;
  attemptedMinor: number;
  lostMinor: number;
}

type TakenGrant = Pick<Grant, 'eventId' | 'state' | 'amountMinor' | 'clawedBackMinor'>;

const ACCOUNT = keyColumn('accountId');
/** Honest accounts that are told apart; above it their figures are left out. */
const MAX_HONEST = 5_000_000;

/** What an attack reached for and does not have. */
const NOT_GIVEN: ReadonlySet<Grant['state']> = new Set([
  'held',
  'voided',
  'awaiting_claim',
  'awaiting_choice',
]);

export class AttackScore {
  readonly #attacks = new Map<string, Attack>();
  /** Which attack an event belongs to, for its grants. */
  readonly #ofEvent = new Map<string, string>();
  /** Honest accounts by their hash, and those of them that were stopped or looked at. */
  readonly #honest = new KeyTable();
  /** Accounts of all attacks, by the same hash. */
  readonly #attacked = new KeyTable();
  readonly #blocked = new Set<string>();
  readonly #reviewed = new Set<string>();
  /** Accounts that some finding named. */
  readonly #named = new Set<string>();

  /** @param fraud the truth of the event; only fraud can belong to an attack. */
  add(event: EventView, decision: Decision, fraud: boolean | undefined): void {
    for (const { mode, evidence } of decision.findings) {
      if (mode !== 'live' || typeof evidence['links'] !== 'string') continue;
      for (const account of accountsOf(evidence['links'])) this.#named.add(account);
    }
    if (fraud === false) this.#addHonest(event, decision);
    if (fraud !== true) return;
    const kind = event.attributes['attack'];
    if (typeof kind !== 'string') return;
    let attack = this.#attacks.get(kind);
    if (attack === undefined) {
      attack = { accounts: new Map(), attemptedMinor: 0, lostMinor: 0 };
      this.#attacks.set(kind, attack);
    }
    const { accountId } = event;
    const caught = decision.verdict !== 'allow' || attack.accounts.get(accountId) === true;
    attack.accounts.set(accountId, caught);
    note(this.#attacked, event);
    this.#ofEvent.set(event.id, kind);
  }

  #isAttacked(accountId: string): boolean {
    for (const { accounts } of this.#attacks.values()) if (accounts.has(accountId)) return true;
    return false;
  }

  #addHonest(event: EventView, { verdict }: Decision): void {
    if (this.#honest.size < MAX_HONEST) note(this.#honest, event);
    if (verdict === 'block') this.#blocked.add(event.accountId);
    else if (verdict === 'review') this.#reviewed.add(event.accountId);
  }

  /**
   * Counts a grant once, as it stands at the end. What is held waits for a person and is not lost, and a prize
   * that was not claimed is not given: the claim is an event of its own and judged like a payment.
   */
  grant({ eventId, state, amountMinor, clawedBackMinor }: TakenGrant): void {
    const kind = this.#ofEvent.get(eventId);
    if (kind === undefined || state === 'rejected' || state === 'forfeited') return;
    const attack = this.#attacks.get(kind)!;
    attack.attemptedMinor += amountMinor;
    if (!NOT_GIVEN.has(state)) attack.lostMinor += amountMinor - clawedBackMinor;
  }

  /**
   * What honest accounts went through; undefined where no event names an attack, or there are too many accounts.
   * An account whose card or password an attack uses is counted there, whatever its owner does beside it.
   */
  honest(): HonestReport | undefined {
    if (this.#attacks.size === 0 || this.#honest.size === MAX_HONEST) return undefined;
    let accounts = this.#honest.size;
    for (const [lo, hi] of this.#attacked.entries()) {
      if (this.#honest.get(lo, hi) === PRESENT) accounts -= 1;
    }
    const [blocked, reviewed] = [this.#blocked, this.#reviewed].map((flagged) =>
      [...flagged].reduce((sum, id) => sum + Number(!this.#isAttacked(id)), 0),
    ) as [number, number];
    return {
      accounts,
      ...{ blocked, blockedShare: share(blocked, accounts) },
      ...{ reviewed, reviewedShare: share(reviewed, accounts) },
    };
  }

  /** Undefined where no event names an attack. @param rewarded whether rewards were run. */
  report(rewarded: boolean): Readonly<Record<string, AttackReport>> | undefined {
    if (this.#attacks.size === 0) return undefined;
    return Object.fromEntries(
      [...this.#attacks]
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([kind, { accounts, attemptedMinor, lostMinor }]) => {
          const caught = [...accounts].filter(([id, flagged]) => flagged || this.#named.has(id));
          return [
            kind,
            {
              accounts: accounts.size,
              caught: caught.length,
              recall: share(caught.length, accounts.size),
              ...(rewarded && {
                attemptedMinor,
                lostMinor,
                lostShare: share(lostMinor, attemptedMinor),
              }),
            },
          ];
        }),
    );
  }
}

const PRESENT = 0;

function note(accounts: KeyTable, { batch, row }: EventView): void {
  const at = ACCOUNT * batch.capacity + row;
  accounts.set(batch.keyLo[at]!, batch.keyHi[at]!, PRESENT);
}

/** The accounts of a ring as its evidence lists them, value by value: `deviceId d1: a, b; cardId c9: b, c … and 2 more`. */
function accountsOf(links: string): readonly string[] {
  return links
    .replace(/ … and \d+ more$/, '')
    .split('; ')
    .flatMap((link) => link.slice(link.lastIndexOf(': ') + 2).split(', '));
}
