/**
 * The frozen flag and its lifecycle: proposed → frozen → expired or unfrozen. Deterministic: automatic
 * freezes count in event time, so a replay freezes the same accounts at the same events.
 */

import type { AccountAction, Command } from './account-action.ts';
import { Fingerprints } from './fingerprints.ts';
import { FreezeCases } from './freeze-cases.ts';
import { HourCap } from './hour-cap.ts';

/** Whose orders want a second person: `manual` freezes by hand, `all` whatever hurts, pays or changes how events are judged. */
export type DualControl = 'none' | 'manual' | 'all';

export interface FreezeSettings {
  readonly automatic: boolean;
  /** Automatic freezes within any hour of event time; above it they become proposals. */
  readonly perHour: number;
  /** How long an automatic freeze lasts; undefined: until an analyst ends it. */
  readonly expiresAfterMs: number | undefined;
  /** Left out: none. */
  readonly dualControl?: DualControl;
  /** How long an order waits for its second person; left out: a day. */
  readonly requestsLapseAfterMs?: number;
  /** While an appeal is open, the account's events are blocked on, or go to review; left out: `stands`. */
  readonly duringAppeal?: 'stands' | 'review';
}

/** How an account meets its next event. The softened ones are reasons of decisions. */
export type FreezeStanding = 'frozen' | 'appeal_open' | 'blocking_off';

export interface Freeze {
  readonly accountId: string;
  readonly actionId: string;
  readonly actor: string;
  readonly reason: string;
  readonly decisionId: string;
  readonly sinceMs: number;
  readonly expiresAtMs: number | undefined;
}

const DAY_MS = 86_400_000;

export class FreezeState {
  #settings: FreezeSettings;
  readonly #frozen = new Map<string, Freeze>();
  /** Of the frozen accounts: most events need no look at their account's text. */
  readonly #fingerprints = new Fingerprints();
  readonly cases = new FreezeCases();
  /** The automatic freezes. */
  readonly #automatic = new HourCap();
  #nextExpiryMs = Infinity;

  constructor(settings: FreezeSettings) {
    this.#settings = settings;
  }

  /** From the next block on; freezes that stand keep their end. */
  configure(settings: FreezeSettings): void {
    this.#settings = settings;
  }

  get settings(): FreezeSettings {
    return this.#settings;
  }

  get size(): number {
    return this.#frozen.size;
  }

  /** False only when no account of this UTF-8 text is frozen: a quick no before `isFrozen`. */
  mayBeFrozen(bytes: Uint8Array, from: number, to: number): boolean {
    return this.#frozen.size > 0 && this.#fingerprints.mayHold(bytes, from, to);
  }

  /** Whether an event of the account at `atMs` meets the freeze. */
  isFrozen(accountId: string, atMs: number): boolean {
    const freeze = this.#frozen.get(accountId);
    return freeze !== undefined && (freeze.expiresAtMs === undefined || atMs < freeze.expiresAtMs);
  }

  /** How the account's event at `atMs` is to be met; undefined: as any other. */
  standingAt(accountId: string, atMs: number): FreezeStanding | undefined {
    if (!this.isFrozen(accountId, atMs)) return undefined;
    const { actionId, actor } = this.#frozen.get(accountId)!;
    // An appeal against a freeze that has ended says nothing about the next one.
    const isAppealed = this.cases.appealOf(accountId)?.answers === actionId;
    if (isAppealed && this.#settings.duringAppeal === 'review') return 'appeal_open';
    const isAutomatic = actor === POLICY;
    return isAutomatic && !this.cases.isOn('blocking') ? 'blocking_off' : 'frozen';
  }

  /** Automatic freezes within the hour of event time that ends then, the cap's own count. */
  automaticWithin(atMs: number): number {
    return this.#automatic.within(atMs);
  }

  get(accountId: string): Freeze | undefined {
    return this.#frozen.get(accountId);
  }

  /**
   * The policy blocked an event on its findings: freezes the account, or proposes it when automatic
   * freezing is off, the hour is full, or a configuration on trial blocked it: what may be taken back freezes
   * nobody. Nothing when it is already frozen or proposed. A freeze that ended and was not yet told of ends
   * first, so that rows do not depend on where a batch was cut.
   * @param onTrial the judging that blocked it, where that is on trial.
   */
  onBlock(
    accountId: string,
    decisionId: string,
    reason: string,
    atMs: number,
    onTrial?: string,
  ): readonly AccountAction[] {
    if (this.isFrozen(accountId, atMs)) return [];
    const stale = this.#frozen.get(accountId);
    const ended = stale === undefined ? [] : [expiryOf(stale)];
    for (const action of ended) this.apply(action);
    const mayFreeze =
      onTrial === undefined &&
      this.#mayFreeze() &&
      this.#automatic.hasRoom(atMs, this.#settings.perHour);
    const kind = mayFreeze ? 'freeze' : 'propose';
    if (kind === 'propose' && this.cases.hasProposal(accountId)) return ended;
    const action: AccountAction = {
      id: `${kind}_${decisionId}`,
      kind,
      accountId,
      actor: POLICY,
      reason: onTrial === undefined ? reason : `${reason} (by the configuration on trial)`,
      decisionId,
      occurredAtMs: atMs,
      expiresAtMs:
        kind === 'freeze' && this.#settings.expiresAfterMs !== undefined
          ? atMs + this.#settings.expiresAfterMs
          : undefined,
      ...(onTrial !== undefined && { detail: onTrial }),
    };
    this.apply(action);
    return [...ended, action];
  }

  /** Takes back what a judging proposed on trial. @param atMs event time at which it was taken back itself. */
  dismissTrial(judging: string, atMs: number): AccountAction[] {
    const open = [...this.cases.all()].filter(
      ({ kind, opened }) => kind === 'freeze' && opened.detail === judging,
    );
    return open.map(({ opened: { id, accountId, decisionId } }) =>
      this.take({
        id: `dismiss_${id}`,
        kind: 'dismiss',
        accountId,
        actor: POLICY,
        reason: 'the configuration on trial that proposed it was taken back',
        decisionId,
        occurredAtMs: atMs,
        expiresAtMs: undefined,
        answers: id,
      }),
    );
  }

  /**
   * An analyst's order as the action it becomes: every order is one, so that it is kept with who and why. It
   * replaces an automatic freeze and its end, and unfreezing dismisses a proposal.
   */
  onCommand(command: Extract<Command, { kind: 'freeze' | 'unfreeze' }>): AccountAction {
    return this.take(actionOf(command, command.kind, { accountId: command.accountId }));
  }

  /** As `apply`, and hands it on. */
  take(action: AccountAction): AccountAction {
    this.apply(action);
    return action;
  }

  /**
   * The order is kept until a second person lets it happen.
   * @param order the order as JSON.
   */
  request(command: Command, order: string): AccountAction {
    const lapseAfterMs = this.#settings.requestsLapseAfterMs ?? DAY_MS;
    const accountId = 'accountId' in command ? command.accountId : '';
    const expiresAtMs = command.issuedAtMs + lapseAfterMs;
    return this.take(actionOf(command, 'request', { accountId, expiresAtMs, detail: order }));
  }

  /** Requests whose time is over, as actions. @param nowMs a person's time, as requests have it. */
  lapse(nowMs: number): AccountAction[] {
    return this.cases.overdue(nowMs).map((request) =>
      this.take({
        id: `lapse_${request.id}`,
        kind: 'lapse',
        accountId: request.accountId,
        actor: POLICY,
        reason: 'no second person came in time',
        decisionId: '',
        occurredAtMs: request.expiresAtMs!,
        expiresAtMs: undefined,
        answers: request.id,
      }),
    );
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
    this.cases.apply(action);
    if (action.kind === 'freeze' || action.kind === 'uphold') this.#freeze(action);
    else if (ENDS.has(action.kind) && this.#frozen.delete(accountId)) {
      this.#fingerprints.remove(accountId);
    }
  }

  #freeze(action: AccountAction): void {
    const { accountId, kind, actor, occurredAtMs, expiresAtMs } = action;
    if (actor === POLICY) this.#automatic.add(occurredAtMs);
    const before = this.#frozen.get(accountId);
    if (before === undefined) this.#fingerprints.add(accountId);
    const isSame = kind === 'uphold' && before !== undefined;
    this.#frozen.set(accountId, {
      accountId,
      actionId: action.id,
      actor,
      reason: action.reason,
      decisionId: action.decisionId,
      sinceMs: isSame ? before.sinceMs : occurredAtMs,
      expiresAtMs,
    });
    this.#nextExpiryMs = Math.min(this.#nextExpiryMs, expiresAtMs ?? Infinity);
  }

  /** Stopping the blocks stops what they lead to. */
  #mayFreeze(): boolean {
    const { cases } = this;
    return this.#settings.automatic && cases.isOn('freezing') && cases.isOn('blocking');
  }
}

/** Whose the automatic actions are. */
export const POLICY = 'policy';
const ENDS: ReadonlySet<string> = new Set(['unfreeze', 'expire', 'clear']);

/** A person's order as the action it becomes. */
export function actionOf(
  command: Command,
  kind: AccountAction['kind'],
  facts: Partial<AccountAction> & Pick<AccountAction, 'accountId'>,
): AccountAction {
  return {
    id: `${kind}_${command.id}`,
    kind,
    actor: command.actor,
    reason: command.reason,
    decisionId: '',
    occurredAtMs: command.issuedAtMs,
    expiresAtMs: undefined,
    ...facts,
  };
}

/** The end of a freeze that has one. */
function expiryOf(freeze: Freeze): AccountAction {
  return {
    id: `expire_${freeze.actionId}`,
    kind: 'expire',
    accountId: freeze.accountId,
    actor: POLICY,
    reason: 'the freeze reached its end',
    decisionId: freeze.decisionId,
    occurredAtMs: freeze.expiresAtMs!,
    expiresAtMs: undefined,
  };
}
