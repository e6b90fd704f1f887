/**
 * The frozen flag and its lifecycle: proposed → frozen → expired or unfrozen. Deterministic: automatic
 * freezes count in event time, so a replay freezes the same accounts at the same events.
 */

import type { AccountAction, Command } from './account-action.ts';

export interface FreezeSettings {
  readonly automatic: boolean;
  /** Automatic freezes within any hour of event time; above it they become proposals. */
  readonly perHour: number;
  /** How long an automatic freeze lasts; undefined: until an analyst ends it. */
  readonly expiresAfterMs: number | undefined;
}

export interface Freeze {
  readonly accountId: string;
  readonly actionId: string;
  readonly actor: string;
  readonly reason: string;
  readonly decisionId: string;
  readonly sinceMs: number;
  readonly expiresAtMs: number | undefined;
}

const HOUR_MS = 3_600_000;
/** Open proposals remembered so that an account is proposed once; the oldest makes room. */
const MAX_PROPOSALS = 100_000;

export class FreezeState {
  #settings: FreezeSettings;
  readonly #frozen = new Map<string, Freeze>();
  /** How many frozen accounts have a fingerprint: most events need no look at their account's text. */
  readonly #fingerprints = new Map<number, number>();
  readonly #proposed = new Set<string>();
  /** Event times of the automatic freezes that can still fall into an hour; at most `perHour` long. */
  #automatic: number[] = [];
  #nextExpiryMs = Infinity;

  constructor(settings: FreezeSettings) {
    this.#settings = settings;
  }

  /** From the next block on; freezes that stand keep their end. */
  configure(settings: FreezeSettings): void {
    this.#settings = settings;
  }

  get size(): number {
    return this.#frozen.size;
  }

  /** False only when no account of this UTF-8 text is frozen: a quick no before `isFrozen`. */
  mayBeFrozen(bytes: Uint8Array, from: number, to: number): boolean {
    return this.#frozen.size > 0 && this.#fingerprints.has(fingerprint(bytes, from, to));
  }

  /** Whether an event of the account at `atMs` meets the freeze. */
  isFrozen(accountId: string, atMs: number): boolean {
    const freeze = this.#frozen.get(accountId);
    return freeze !== undefined && (freeze.expiresAtMs === undefined || atMs < freeze.expiresAtMs);
  }

  get(accountId: string): Freeze | undefined {
    return this.#frozen.get(accountId);
  }

  /**
   * The policy blocked an event on its findings: freezes the account, or proposes it when automatic
   * freezing is off or the hour is full. Nothing when it is already frozen or proposed. A freeze that ended
   * and was not yet told of ends first, so that rows do not depend on where a batch was cut.
   */
  onBlock(
    accountId: string,
    decisionId: string,
    reason: string,
    atMs: number,
  ): readonly AccountAction[] {
    if (this.isFrozen(accountId, atMs)) return [];
    const stale = this.#frozen.get(accountId);
    const ended = stale === undefined ? [] : [expiryOf(stale)];
    for (const action of ended) this.apply(action);
    const kind = this.#settings.automatic && this.#underCap(atMs) ? 'freeze' : 'propose';
    if (kind === 'propose' && this.#proposed.has(accountId)) return ended;
    const action: AccountAction = {
      id: `${kind}_${decisionId}`,
      kind,
      accountId,
      actor: 'policy',
      reason,
      decisionId,
      occurredAtMs: atMs,
      expiresAtMs:
        kind === 'freeze' && this.#settings.expiresAfterMs !== undefined
          ? atMs + this.#settings.expiresAfterMs
          : undefined,
    };
    this.apply(action);
    return [...ended, action];
  }

  /**
   * An analyst's order as the action it becomes: every order is one, so that it is kept with who and why. It
   * replaces an automatic freeze and its end, and unfreezing dismisses a proposal.
   */
  onCommand(command: Extract<Command, { kind: 'freeze' | 'unfreeze' }>): AccountAction {
    const action: AccountAction = {
      id: `${command.kind}_${command.id}`,
      kind: command.kind,
      accountId: command.accountId,
      actor: command.actor,
      reason: command.reason,
      decisionId: '',
      occurredAtMs: command.issuedAtMs,
      expiresAtMs: undefined,
    };
    this.apply(action);
    return action;
  }

  /** Freezes that end at or before the watermark, as actions, in the order of their ends. */
  expire(watermarkMs: number): AccountAction[] {
    if (watermarkMs < this.#nextExpiryMs) return [];
    const ended = [...this.#frozen.values()]
      .filter((freeze) => (freeze.expiresAtMs ?? Infinity) <= watermarkMs)
      .sort((a, b) => a.expiresAtMs! - b.expiresAtMs! || (a.actionId < b.actionId ? -1 : 1));
    const actions = ended.map(expiryOf);
    for (const action of actions) this.apply(action);
    this.#nextExpiryMs = Infinity;
    for (const freeze of this.#frozen.values()) {
      this.#nextExpiryMs = Math.min(this.#nextExpiryMs, freeze.expiresAtMs ?? Infinity);
    }
    return actions;
  }

  /** Takes a transition in: new ones, and after a restart those of history in their order. */
  apply(action: AccountAction): void {
    const { accountId } = action;
    if (action.kind === 'propose') {
      this.#proposed.add(accountId);
      if (this.#proposed.size > MAX_PROPOSALS) {
        const oldest = this.#proposed.values().next();
        if (oldest.done !== true) this.#proposed.delete(oldest.value);
      }
      return;
    }
    this.#proposed.delete(accountId);
    if (action.kind === 'freeze') {
      if (action.actor === 'policy') this.#automatic.push(action.occurredAtMs);
      if (!this.#frozen.has(accountId)) this.#count(accountId, 1);
      this.#frozen.set(accountId, {
        accountId,
        actionId: action.id,
        actor: action.actor,
        reason: action.reason,
        decisionId: action.decisionId,
        sinceMs: action.occurredAtMs,
        expiresAtMs: action.expiresAtMs,
      });
      this.#nextExpiryMs = Math.min(this.#nextExpiryMs, action.expiresAtMs ?? Infinity);
    } else if (this.#frozen.delete(accountId)) {
      this.#count(accountId, -1);
    }
  }

  #count(accountId: string, change: 1 | -1): void {
    const bytes = Buffer.from(accountId);
    const key = fingerprint(bytes, 0, bytes.length);
    const count = (this.#fingerprints.get(key) ?? 0) + change;
    if (count === 0) this.#fingerprints.delete(key);
    else this.#fingerprints.set(key, count);
  }

  #underCap(atMs: number): boolean {
    const cap = this.#settings.perHour;
    const within = this.#automatic.filter((time) => time > atMs - HOUR_MS && time <= atMs);
    if (within.length >= cap) return false;
    // Only the newest `perHour` freezes can ever fill an hour that has not passed yet.
    if (this.#automatic.length > 2 * cap) {
      this.#automatic = this.#automatic.sort((a, b) => a - b).slice(-cap);
    }
    return true;
  }
}

/** The end of a freeze that has one. */
function expiryOf(freeze: Freeze): AccountAction {
  return {
    id: `expire_${freeze.actionId}`,
    kind: 'expire',
    accountId: freeze.accountId,
    actor: 'policy',
    reason: 'the freeze reached its end',
    decisionId: freeze.decisionId,
    occurredAtMs: freeze.expiresAtMs!,
    expiresAtMs: undefined,
  };
}

/** FNV-1a, 32 bits. Source: Fowler, Noll, Vo (draft-eastlake-fnv). */
function fingerprint(bytes: Uint8Array, from: number, to: number): number {
  let hash = 0x811c9dc5;
  for (let at = from; at < to; at++) hash = Math.imul(hash ^ bytes[at]!, 0x01000193);
  return hash;
}
