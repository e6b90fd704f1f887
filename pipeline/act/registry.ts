/**
 * The account registry: what the outside world is told about an account. It is its own ledger of effects:
 * an action takes effect once, whatever the queue remembers of it.
 */

import type { Redis } from 'ioredis';
import type { AccountAction } from '../decide/account-action.ts';
import { Script } from '../reward/script.ts';

const ORDER = new Script(new URL('lua/order-1.lua', import.meta.url));
const REGISTER = new Script(new URL('lua/register-1.lua', import.meta.url));

type AccountStatus = 'active' | 'frozen';

/** An account's standing and the action that brought it there. */
export interface Standing {
  readonly status: AccountStatus;
  readonly actionId: string;
  readonly changedAtMs: number;
  readonly reason: string;
  readonly actor: string;
}

/** An action with its place in the order of all actions. */
export interface PlacedAction {
  readonly action: AccountAction;
  readonly place: number;
}

type Row = [
  place: number,
  status: AccountStatus,
  actionId: string,
  changedAtMs: number,
  reason: string,
  actor: string,
];

/** One entry an action ever taken; freezes are capped per hour, so this stays small. */
export class Registry {
  readonly #redis: Redis;
  readonly #actions: string;
  readonly #accounts: string;

  constructor(redis: Redis, prefix = '{sheepdog}:registry') {
    this.#redis = redis;
    this.#actions = `${prefix}:actions`;
    this.#accounts = `${prefix}:accounts`;
  }

  /** Fixes the order of actions; a repeated action keeps the place it got first. */
  async place(actions: readonly AccountAction[]): Promise<PlacedAction[]> {
    if (actions.length === 0) return [];
    const ids = actions.map(({ id }) => id);
    const places = (await ORDER.run(this.#redis, [this.#actions], ids)) as number[];
    return actions.map((action, index) => ({ action, place: places[index]! }));
  }

  /** @returns whether the action changed anything: a repeat or one overtaken by a later action does not. */
  async register({ action, place }: PlacedAction): Promise<boolean> {
    const isFrozen = action.kind === 'freeze' || action.kind === 'uphold';
    const status: AccountStatus = isFrozen ? 'frozen' : 'active';
    const row: Row = [place, status, action.id, action.occurredAtMs, action.reason, action.actor];
    const args = [action.accountId, String(place), JSON.stringify(row)];
    return (await REGISTER.run(this.#redis, [this.#accounts], args)) === 1;
  }

  /** An account that was never acted upon is active; then the standing names no action. */
  async status(accountId: string): Promise<Standing> {
    const text = await this.#redis.hget(this.#accounts, accountId);
    if (text === null) {
      return { status: 'active', actionId: '', changedAtMs: 0, reason: '', actor: '' };
    }
    const [, status, actionId, changedAtMs, reason, actor] = JSON.parse(text) as Row;
    return { status, actionId, changedAtMs, reason, actor };
  }
}
