/**
 * The walk through a ring: from an account over its links to values, and over theirs to other accounts. One
 * walk answers every question about the ring; it allocates nothing unless the ring is told.
 */

import { reserved } from './memory-reserve.ts';
import type { RingGraph } from './ring-graph.ts';
import { EXCLUSION_BITS, ROW, TEXT_LENGTH } from './ring-nodes.ts';
import { MAX_RING_ACCOUNTS, MAX_RING_LINKS, type RingLink } from './ring-feature.ts';

/** Values that never link, whoever used them. */
export interface LinkExclusions {
  /** Changes whenever an entry comes or goes, so that answers may be kept until then. */
  readonly generation: number;
  /** Whether any entry names the value, at whatever time. */
  names(field: string, value: string): boolean;
  /** Whether an entry keeps the value from linking at a time. */
  keepsApart(field: string, value: string, atMs: number): boolean;
}

/** What the bits for it say of a node. */
const UNASKED = 0;
const NOT_NAMED = 1;
const NAMED = 2;

/** What the walk made of a value it met. */
const SHARED = 1;
const ALONE = 2;
const APART = 3;

export class RingWalk {
  accounts = 0;
  captive = 0;
  newAccounts = 0;
  values = 0;
  /** By account of the ring, the first being the one it started from: its node. */
  readonly members = new Int32Array(MAX_RING_ACCOUNTS);
  /** The value that led to it, and the place of the member it led from. */
  readonly through = new Int32Array(MAX_RING_ACCOUNTS);
  readonly from = new Int32Array(MAX_RING_ACCOUNTS);
  private kindBits = 0;
  private read = 0;
  private timeMs = 0;
  private readonly graph: RingGraph;
  /** By field of the graph; undefined: it does not link here. */
  private readonly links: readonly (RingLink | undefined)[];
  private readonly newMs: number;
  private readonly longestMs: number;
  private readonly deviceKind: number;
  private readonly exclusions: LinkExclusions;
  private met: Uint32Array = new Uint32Array(0);
  private madeOf: Uint8Array = new Uint8Array(0);
  private mark = 0;
  /** Whether this walk has a mark of its own yet: most meet nobody. */
  private hasBegun = false;

  constructor(
    graph: RingGraph,
    links: readonly RingLink[],
    newMs: number,
    exclusions: LinkExclusions,
  ) {
    this.graph = graph;
    this.links = graph.fields.map(({ field }) => links.find((link) => link.field === field));
    this.newMs = newMs;
    this.longestMs = Math.max(...links.map(({ windowMs }) => windowMs));
    this.deviceKind = graph.fields.findIndex(({ field }) => field === 'deviceId') + 1;
    this.exclusions = exclusions;
  }

  /** Kinds of the values that join the ring's accounts. */
  get kinds(): number {
    let count = 0;
    for (let bits = this.kindBits; bits > 0; bits &= bits - 1) count++;
    return count;
  }

  /** Walks as of a time. @param account its node, or −1 for one without links. */
  run(account: number, timeMs: number): void {
    this.accounts = 1;
    this.captive = 0;
    this.newAccounts = 0;
    this.values = 0;
    this.kindBits = 0;
    this.read = 0;
    this.timeMs = timeMs;
    if (account < 0) return;
    this.hasBegun = false;
    this.members[0] = account;
    this.from[0] = -1;
    for (let head = 0; head < this.accounts && this.read < MAX_RING_LINKS; head++) this.visit(head);
  }

  /** A member's links: what it shares leads on. */
  private visit(head: number): void {
    const { uses } = this.graph;
    const account = this.members[head]!;
    const isNew = this.isNew(account);
    if (isNew) this.newAccounts++;
    let sharesDevice = false;
    let hasOwnDevice = false;
    const at = uses.at(account);
    // What has expired is dropped sooner or later, so that it must not count as read.
    const until = at + uses.later(account, this.timeMs - this.longestMs);
    for (let place = at; place < until && this.read < MAX_RING_LINKS; place++) {
      this.read++;
      const kind = uses.kindAt(place);
      const link = this.links[kind - 1];
      if (link === undefined || uses.timeAt(place) <= this.timeMs - link.windowMs) continue;
      if (link.newOnly === true && !isNew) continue;
      const made = uses.isAloneAt(place) ? ALONE : this.meet(uses.valueAt(place), kind, link, head);
      if (kind !== this.deviceKind) continue;
      if (made === SHARED) sharesDevice = true;
      else if (made === ALONE) hasOwnDevice = true;
    }
    if (sharesDevice && !hasOwnDevice) this.captive++;
  }

  /** Looks at a value once a walk, and takes in the accounts that it joins. */
  private meet(value: number, kind: number, link: RingLink, head: number): number {
    if (!this.hasBegun) this.begin();
    if (this.met[value] === this.mark) return this.madeOf[value]!;
    this.met[value] = this.mark;
    const sharing = this.graph.links.later(value, this.timeMs - link.windowMs);
    let made = sharing > 1 ? SHARED : ALONE;
    if (made === SHARED && this.isApart(value, link)) made = APART;
    this.madeOf[value] = made;
    if (made === SHARED && sharing <= link.accounts) this.join(value, kind, link, sharing, head);
    return made;
  }

  private join(value: number, kind: number, link: RingLink, sharing: number, head: number): void {
    const { links } = this.graph;
    const at = links.at(value);
    let joined = 0;
    for (let place = at; place < at + sharing; place++) {
      this.read++;
      const account = links.endAt(place);
      if (link.newOnly === true && !this.isNew(account)) continue;
      joined++;
      if (this.met[account] === this.mark || this.accounts === MAX_RING_ACCOUNTS) continue;
      this.met[account] = this.mark;
      this.members[this.accounts] = account;
      this.through[this.accounts] = value;
      this.from[this.accounts] = head;
      this.accounts++;
    }
    if (joined < 2) return;
    this.values++;
    this.kindBits |= 1 << (kind - 1);
  }

  private isNew(account: number): boolean {
    return this.graph.openedAt(account) > this.timeMs - this.newMs;
  }

  /** Asks about a value once, and again only where some entry names it: entries begin and end. */
  private isApart(value: number, { field }: RingLink): boolean {
    const { nodes, texts } = this.graph;
    const cell = value * ROW + TEXT_LENGTH;
    const known = nodes.rows[cell]! & EXCLUSION_BITS;
    if (known === NOT_NAMED) return false;
    const text = texts.of(value);
    if (text === undefined) return false;
    const named = known === NAMED || this.exclusions.names(field, text);
    if (known === UNASKED) nodes.rows[cell]! |= named ? NAMED : NOT_NAMED;
    return named && this.exclusions.keepsApart(field, text, this.timeMs);
  }

  /** A new mark, so that nothing counts as met but the account that the walk started from. */
  private begin(): void {
    this.hasBegun = true;
    const { room } = this.graph.nodes;
    if (this.met.length < room) {
      this.met = new Uint32Array(reserved(room).buffer);
      this.madeOf = new Uint8Array(reserved(Math.ceil(room / 4)).buffer);
      this.mark = 0;
    }
    this.mark++;
    if (this.mark === 0xffff_ffff) {
      this.met.fill(0);
      this.mark = 1;
    }
    this.met[this.members[0]!] = this.mark;
  }
}
