/**
 * The graph of accounts and the values they used, as far back as any link reaches. Only latest times are
 * kept, so that the graph follows from the set of events that arrived. Memory is bounded by the number of
 * nodes; what expired is dropped by a hand that moves over the nodes a little with every event.
 */

import { typeCodeOf, type EventBatch, type EventType } from '../event.ts';
import { keyColumn } from '../event-fields.ts';
import { flagsOf } from '../type-flags.ts';
import type { Budget } from './budget.ts';
import { VALUES_AN_ACCOUNT, type LinkField } from './ring-feature.ts';
import { reserved } from './memory-reserve.ts';
import { RingLinks } from './ring-links.ts';
import { RingLookup } from './ring-lookup.ts';
import { EXCLUSION_BITS, RingNodes, ROW, TEXT_LENGTH } from './ring-nodes.ts';
import { RingTexts } from './ring-texts.ts';
import { DISPLACED, REFUSED, RingUses } from './ring-uses.ts';

/** One kind of value, as the graph keeps it: for all who look at it. */
export interface GraphField {
  readonly field: LinkField;
  /** Accounts that are kept of a value: one more than the largest limit anybody has for it. */
  readonly keep: number;
}

export interface GraphSettings {
  readonly on: readonly EventType[];
  readonly fields: readonly GraphField[];
  /** The longest window of any link, and how long an account is new at most. */
  readonly longestMs: number;
  readonly latenessMs: number;
  readonly maxNodes: number;
  /** Whether rings are told, for which accounts keep their texts. */
  readonly isTold: boolean;
}

/** Nodes that the hand of eviction looks at for each event: more than an event can add. */
const HAND_STEPS = 8;
/** After a round it rests for this part of the longest window, so that nothing stays for much longer than that. */
const ROUNDS_PER_WINDOW = 4;
/** Of text for each node that there may be. */
const TEXT_BYTES_A_NODE = 48;
const OPENED = typeCodeOf('account.opened');
const ACCOUNT = 0;
const NONE = -1;

export class RingGraph implements Budget {
  readonly bound = 'ringNodes';
  readonly most: number;
  limit: number;
  readonly nodes: RingNodes;
  /** The accounts of values that several used. */
  readonly links: RingLinks;
  /** The values of accounts. */
  readonly uses: RingUses;
  readonly texts: RingTexts;
  readonly fields: readonly GraphField[];
  /** Links and texts that there was no room for. */
  capped = 0;
  private openedMs: Float64Array = new Float64Array(0);
  private readonly settings: GraphSettings;
  private readonly feeds: Uint8Array;
  private readonly lookup: RingLookup;
  private watermarkMs = Number.NEGATIVE_INFINITY;
  private hand = 0;
  private roundBeganMs = Number.NEGATIVE_INFINITY;

  constructor(settings: GraphSettings) {
    this.settings = settings;
    this.most = settings.maxNodes;
    this.limit = this.most;
    this.nodes = new RingNodes(settings.maxNodes);
    this.links = new RingLinks(this.nodes);
    this.uses = new RingUses(this.nodes);
    this.fields = settings.fields;
    this.feeds = flagsOf(settings.on);
    const kinds = ['accountId' as const, ...settings.fields.map(({ field }) => field)];
    this.lookup = new RingLookup(this.nodes, this.uses, Int32Array.from(kinds, keyColumn));
    this.texts = new RingTexts(this.nodes, settings.maxNodes * TEXT_BYTES_A_NODE, kinds);
  }

  get used(): number {
    return this.nodes.size;
  }

  get bytes(): number {
    const { nodes, links, uses, texts } = this;
    const opened = nodes.used * Float64Array.BYTES_PER_ELEMENT;
    return nodes.bytes + links.bytes + uses.bytes + texts.bytes + opened;
  }

  /** Looks up the nodes of up to CHUNK events before they are taken. */
  prepare(batch: EventBatch, from: number, to: number): void {
    this.lookup.prepare(batch, from, to);
  }

  /** The earliest time that a late event may be measured at. */
  get openMs(): number {
    return this.watermarkMs - this.settings.latenessMs;
  }

  /** The account's node, or −1: it has no link, or is nobody. The row was prepared. */
  accountOf(batch: EventBatch, row: number): number {
    return this.lookup.node(batch, row, ACCOUNT);
  }

  /** False when the account is missing or a placeholder. */
  hasAccount(batch: EventBatch, row: number): boolean {
    return this.lookup.isGiven(batch, row, ACCOUNT);
  }

  /** The latest `account.opened` of an account, −Infinity when there is none. */
  openedAt(account: number): number {
    return this.nodes.mayBeOpened(account) ? this.openedMs[account]! : Number.NEGATIVE_INFINITY;
  }

  /** Whether an account's link is with the event's own value of field n. */
  isOwn(batch: EventBatch, row: number, n: number, place: number): boolean {
    const at = this.lookup.cell(batch, row, n + 1);
    return this.uses.isHashAt(place, batch.keyLo[at]!, batch.keyHi[at]!);
  }

  /** Takes an event of a prepared row in. The caller has kept late ones away; restored ones may come in any order. */
  take(batch: EventBatch, row: number): void {
    const timeMs = batch.occurredAtMs[row]!;
    if (timeMs > this.watermarkMs) this.watermarkMs = timeMs;
    const openMs = this.closedMs;
    this.sweep(openMs);
    if (timeMs <= openMs || this.feeds[batch.typeCode[row]!] === 0) return;
    if (!this.hasAccount(batch, row)) return;
    let account = NONE;
    if (batch.typeCode[row] === OPENED) {
      account = this.reach(batch, row, ACCOUNT);
      if (account >= 0) this.open(account, timeMs);
    }
    for (let n = 0; n < this.fields.length; n++) {
      if (!this.lookup.isGiven(batch, row, n + 1)) continue;
      if (account < 0) account = this.reach(batch, row, ACCOUNT);
      if (account >= 0) this.link(batch, row, account, n, timeMs);
    }
  }

  /** What is known of exclusions no longer holds. */
  forgetExclusions(): void {
    const { rows, used } = this.nodes;
    for (let node = 0; node < used; node++) rows[node * ROW + TEXT_LENGTH]! &= ~EXCLUSION_BITS;
  }

  /** Links at or before it can be met by no event that may still be measured. */
  private get closedMs(): number {
    return this.openMs - this.settings.longestMs;
  }

  private open(account: number, timeMs: number): void {
    if (timeMs <= this.openedAt(account)) return;
    this.nodes.setOpened(account);
    this.openedMs[account] = timeMs;
  }

  /** Links the account with the event's value of field n. */
  private link(batch: EventBatch, row: number, account: number, n: number, timeMs: number): void {
    const { uses, links, nodes, closedMs } = this;
    const { keep } = this.fields[n]!;
    const at = this.lookup.cell(batch, row, n + 1);
    nodes.touch(account, timeMs);
    uses.trim(account, closedMs);
    const place = uses.find(account, batch.keyLo[at]!, batch.keyHi[at]!, n + 1);
    if (place >= 0) {
      if (timeMs <= uses.timeAt(place)) return;
      if (!uses.isAloneAt(place)) links.note(uses.valueAt(place), account, timeMs, keep, closedMs);
      uses.renew(account, place, timeMs);
      return;
    }
    const value = this.reach(batch, row, n + 1);
    if (value < 0) return;
    this.share(value, keep);
    links.trim(value, closedMs);
    const isAlone = links.count(value) === 0;
    const done = uses.enter(account, value, n + 1, isAlone, timeMs, VALUES_AN_ACCOUNT);
    if (done === DISPLACED) {
      nodes.disown(uses.displaced);
      links.note(uses.displaced, account, uses.displacedMs, keep, closedMs);
    }
    if (isAlone && done !== REFUSED) {
      links.release(value);
      nodes.own(value, account);
      nodes.touch(value, timeMs);
      return;
    }
    links.note(value, account, timeMs, keep, closedMs);
    // Only a value that links anybody is ever told or asked about.
    if (links.count(value) < 2 || this.texts.has(value)) return;
    if (!this.texts.keep(value, batch, row, n + 1)) this.capped++;
  }

  /** Gives a value that one account used links of its own. */
  private share(value: number, keep: number): void {
    const { uses, links, nodes } = this;
    const owner = nodes.ownerOf(value);
    if (owner < 0) return;
    const place = uses.placeOf(owner, value);
    nodes.disown(value);
    if (place < 0 || uses.timeAt(place) <= this.closedMs) return;
    uses.shareAt(place);
    links.note(value, owner, uses.timeAt(place), keep, this.closedMs);
  }

  /** When its only account used a value last; −Infinity when that is forgotten. */
  private ownedAt(value: number): number {
    const { uses, nodes } = this;
    const owner = nodes.ownerOf(value);
    const place = owner < 0 ? NONE : uses.placeOf(owner, value);
    return place < 0 ? Number.NEGATIVE_INFINITY : uses.timeAt(place);
  }

  /** The node, added when it is new; −1 when there is no room. */
  private reach(batch: EventBatch, row: number, kind: number): number {
    const known = this.lookup.node(batch, row, kind);
    if (known >= 0) return known;
    if (this.nodes.size >= this.limit) {
      this.capped++;
      return NONE;
    }
    const at = this.lookup.cell(batch, row, kind);
    const node = this.nodes.add(batch.keyLo[at]!, batch.keyHi[at]!, kind);
    if (node >= this.openedMs.length) this.grow();
    this.lookup.added(row, kind, node);
    const isNamed = kind === ACCOUNT && this.settings.isTold;
    if (isNamed && !this.texts.keep(node, batch, row, kind)) this.capped++;
    return node;
  }

  private grow(): void {
    const wider = new Float64Array(reserved(this.nodes.room * 2).buffer);
    wider.set(this.openedMs);
    this.openedMs = wider;
  }

  /**
   * A node goes when its own links have all expired. Whoever else still lists it does so with a link that is
   * no later than these, which nobody follows any more.
   */
  private sweep(openMs: number): void {
    const { nodes } = this;
    for (let step = 0; step < HAND_STEPS && nodes.used > 0; step++) {
      if (this.hand >= nodes.used) {
        const restsMs = this.settings.longestMs / ROUNDS_PER_WINDOW;
        if (this.watermarkMs < this.roundBeganMs + restsMs) return;
        this.roundBeganMs = this.watermarkMs;
        this.hand = 0;
      }
      const node = this.hand++;
      const kind = nodes.kindOf(node);
      if (kind < 0 || nodes.mayBeLater(node, openMs)) continue;
      if (kind === ACCOUNT ? this.openedAt(node) > openMs : this.isOwned(node, openMs)) continue;
      if (kind === ACCOUNT) this.uses.release(node);
      else this.links.release(node);
      this.texts.release(node);
      nodes.free(node);
    }
  }

  /** Whether an account alone used the value later than a time: it is asked again when that time has expired, too. */
  private isOwned(value: number, openMs: number): boolean {
    const lastMs = this.ownedAt(value);
    if (lastMs > openMs) this.nodes.touch(value, lastMs);
    return lastMs > openMs;
  }
}
