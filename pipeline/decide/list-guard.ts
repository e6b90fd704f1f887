/**
 * Automatic entries, and what keeps a stranger from writing them. Whoever shares a victim's address, or can
 * claim a victim's device, makes findings appear there at will; so a value is listed only when
 *
 *   - a detector found the value itself abused, on an account that other findings speak against too, and
 *   - another detector, which looks at something else, spoke about another subject on another account that used
 *     the value, and
 *   - no account used it meanwhile against which nothing but the value speaks: a victim, a neighbour behind
 *     the same address, a family. One such account spares the value for the whole time.
 *
 * Hubs and shared networks are full of such accounts; those that the configuration names are never
 * considered at all. Every step is a row, so that a restart goes on from the same evidence, in event time.
 */

import type { EventView } from '../event.ts';
import { keyColumn } from '../event-fields.ts';
import { decisionIdOf, type Decision, type Finding } from './decision.ts';
import { HourCap } from './hour-cap.ts';
import { FIELD_OF_KIND, type ListChange, type ListKind, type ListName } from './list-entry.ts';
import type { LiveLists } from './live-lists.ts';

export interface AutomaticListing {
  readonly to: 'off' | Extract<ListName, 'watch' | 'block'>;
  /** Event time in which the evidence has to come together. */
  readonly withinMs: number;
  readonly expiresAfterMs: number;
  /** Automatic entries within any hour of event time. */
  readonly perHour: number;
  /** How much older than the newest event one may be that takes part. */
  readonly latenessMs: number;
  /** By detector, what it looks at; one that is not there looks at what nobody else does. Left out: all do. */
  readonly bases?: ReadonlyMap<string, ReadonlySet<string>>;
}

/** Accounts have the freeze, and a merchant is thousands of people: neither is listed by itself. */
const KINDS = ['devices', 'ips', 'cards'] as const;
type GuardedKind = (typeof KINDS)[number];

/** Values that stand for many people, and those of which somebody still has to say whether they do. */
export interface SharedValues {
  keepsApart(field: string, value: string, atMs: number): boolean;
  isProposed(kind: GuardedKind, value: string): boolean;
}

/** What was found on one account that used a value. */
interface Witness {
  /** Detectors that spoke about the value. */
  readonly about: readonly string[];
  /** Detectors that spoke about something else. */
  readonly own: readonly string[];
}

/** As it stands in a row, the account and the beginning beside it. */
interface WitnessDetail extends Witness {
  readonly accountId: string;
  readonly sinceMs: number;
}

interface Candidate {
  readonly sinceMs: number;
  readonly witnesses: Map<string, Witness>;
  spared: boolean;
}

const HOUR_MS = 3_600_000;
const MAX_CANDIDATES = 10_000;
/** More accounts add nothing to the evidence. */
const MAX_WITNESSES = 8;

export class ListGuard {
  #settings: AutomaticListing;
  readonly #live: LiveLists;
  readonly #shared: SharedValues;
  readonly #candidates = new Map<string, Candidate>();
  /** The automatic entries. */
  readonly #automatic = new HourCap();

  constructor(settings: AutomaticListing, live: LiveLists, shared: SharedValues) {
    this.#settings = settings;
    this.#live = live;
    this.#shared = shared;
  }

  /** How far back from the newest event its steps still matter: evidence, and the hour of the cap. */
  get reachMs(): number {
    const { withinMs, latenessMs } = this.#settings;
    return Math.max(withinMs, HOUR_MS) + latenessMs;
  }

  configure(settings: AutomaticListing): void {
    this.#settings = settings;
  }

  /** Takes a decided event in; what it changes is in force at once and goes to `changes`. */
  observe(view: EventView, decision: Decision, changes: ListChange[]): void {
    if (this.#settings.to === 'off') return;
    if (this.#candidates.size === 0 && decision.findings.length === 0) return;
    // A late event would have to be measured against evidence that a restart has let go of.
    if (view.batch.late[view.row] === 1) return;
    const found = decision.findings.filter(({ band, mode }) => band === 'block' && mode === 'live');
    for (const kind of KINDS) {
      const at = keyColumn(FIELD_OF_KIND[kind]) * view.batch.capacity + view.row;
      if (view.batch.keyLo[at] === 0 && view.batch.keyHi[at] === 0) continue;
      // A person has spoken about the value, or the engine has already.
      if (decision.listed.some((hit) => hit.kind === kind)) continue;
      this.#weigh(view, kind, found, changes);
    }
  }

  /** Takes a recorded step back in after a restart, in the order of arrival. */
  restore(change: ListChange): void {
    const { op, kind, value, actor, detail, occurredAtMs } = change;
    const key = keyOf(kind, value);
    if (op === 'witness') {
      const { accountId, sinceMs, about, own } = JSON.parse(detail) as WitnessDetail;
      const known = this.#candidates.get(key);
      const candidate = known?.sinceMs === sinceMs ? known : this.#open(key, sinceMs);
      candidate.witnesses.set(accountId, { about, own });
    } else if (op === 'spare') {
      const candidate = this.#candidates.get(key);
      if (candidate !== undefined) candidate.spared = true;
    } else if (op === 'add' && actor === 'policy') {
      this.#candidates.delete(key);
      this.#automatic.add(occurredAtMs);
    }
  }

  #weigh(
    view: EventView,
    kind: GuardedKind,
    found: readonly Finding[],
    changes: ListChange[],
  ): void {
    const field = FIELD_OF_KIND[kind];
    const value = view[field]!;
    const key = keyOf(kind, value);
    const atMs = view.occurredAtMs;
    const candidate = this.#current(key, atMs);
    if (candidate?.spared === true) return;
    const own = found.filter(({ subject }) => subject !== field).map(({ detector }) => detector);
    const { accountId } = view;
    const step = (op: ListChange['op'], detail: string): ListChange =>
      this.#change(view, kind, value, { op, detail });
    if (own.length === 0) {
      if (candidate === undefined || candidate.witnesses.has(accountId)) return;
      candidate.spared = true;
      changes.push(step('spare', JSON.stringify({ accountId })));
      return;
    }
    if (this.#shared.isProposed(kind, value) || this.#shared.keepsApart(field, value, atMs)) return;
    const evidence = candidate ?? (this.#hasRoom(atMs) ? this.#open(key, atMs) : undefined);
    if (evidence === undefined) return;
    const about = found.filter(({ subject }) => subject === field).map(({ detector }) => detector);
    const witness = heard(evidence, accountId, { about, own });
    if (witness !== undefined) {
      const detail = { accountId, sinceMs: evidence.sinceMs, ...witness };
      changes.push(step('witness', JSON.stringify(detail)));
    }
    if (!convicts(evidence, this.#settings.bases)) return;
    if (!this.#automatic.hasRoom(atMs, this.#settings.perHour)) return;
    const entry = step('add', '');
    const at = keyColumn(field) * view.batch.capacity + view.row;
    const keys = { lo: view.batch.keyLo[at]!, hi: view.batch.keyHi[at]! };
    if (this.#live.apply(entry, { keyOf: () => keys }, atMs) !== 'done') return;
    this.restore(entry);
    changes.push(entry);
  }

  #change(
    view: EventView,
    kind: ListKind,
    value: string,
    { op, detail }: Pick<ListChange, 'op' | 'detail'>,
  ): ListChange {
    const decisionId = decisionIdOf(view.id);
    const { to, expiresAfterMs } = this.#settings;
    return {
      id: `${op === 'add' ? 'auto' : op}_${decisionId}_${kind}`,
      op,
      list: to === 'block' ? 'block' : 'watch',
      kind,
      value,
      reason: REASONS[op],
      author: 'policy',
      actor: 'policy',
      decisionId,
      occurredAtMs: view.occurredAtMs,
      expiresAtMs: op === 'add' ? view.occurredAtMs + expiresAfterMs : undefined,
      detail,
    };
  }

  /** The value's evidence, unless its time is over. */
  #current(key: string, atMs: number): Candidate | undefined {
    const candidate = this.#candidates.get(key);
    if (candidate === undefined) return undefined;
    if (atMs < candidate.sinceMs + this.#settings.withinMs) return candidate;
    this.#candidates.delete(key);
    return undefined;
  }

  #open(key: string, sinceMs: number): Candidate {
    const candidate = { sinceMs, witnesses: new Map<string, Witness>(), spared: false };
    this.#candidates.set(key, candidate);
    return candidate;
  }

  /** When there are too many values under suspicion, those whose time is over make room. */
  #hasRoom(atMs: number): boolean {
    if (this.#candidates.size < MAX_CANDIDATES) return true;
    for (const [key, { sinceMs }] of this.#candidates) {
      if (sinceMs + this.#settings.withinMs <= atMs) this.#candidates.delete(key);
    }
    return this.#candidates.size < MAX_CANDIDATES;
  }
}

const REASONS: Readonly<Record<ListChange['op'], string>> = {
  add: 'two independent findings on different accounts',
  witness: 'findings on an account that used it',
  spare: 'an account used it against which nothing else speaks',
  remove: '',
};

function keyOf(kind: ListKind, value: string): string {
  return `${kind} ${value}`;
}

/** Adds what was found on the account. @returns all that is known of it, or undefined when nothing was new. */
function heard(candidate: Candidate, accountId: string, found: Witness): Witness | undefined {
  const known = candidate.witnesses.get(accountId);
  if (known === undefined && candidate.witnesses.size >= MAX_WITNESSES) return undefined;
  const about = union(known?.about ?? [], found.about);
  const own = union(known?.own ?? [], found.own);
  if (about.length === known?.about.length && own.length === known.own.length) return undefined;
  const witness = { about, own };
  candidate.witnesses.set(accountId, witness);
  return witness;
}

function union(some: readonly string[], others: readonly string[]): readonly string[] {
  return [...new Set([...some, ...others])];
}

/** One account on which a detector found the value abused, another on which another one found something else. */
function convicts({ witnesses }: Candidate, bases: AutomaticListing['bases']): boolean {
  for (const [accountId, { about }] of witnesses) {
    for (const [otherId, { own }] of witnesses) {
      if (accountId === otherId) continue;
      if (about.some((each) => own.some((other) => areIndependent(each, other, bases))))
        return true;
    }
  }
  return false;
}

/** Whether nothing that one of them looks at is looked at by the other. */
function areIndependent(one: string, other: string, bases: AutomaticListing['bases']): boolean {
  if (one === other) return false;
  const [mine, others] = [bases?.get(one), bases?.get(other)];
  return mine === undefined || others === undefined || ![...mine].some((each) => others.has(each));
}
