/**
 * The nodes of the graph: accounts and values, found by the hash of their text and by their kind. A node keeps
 * its number while it lives; a number is given again once its node is freed.
 *
 * Everything about a node stands in one row of 32 bytes: an event meets nodes all over the memory, and pays
 * for each place it looks at.
 */

import { reserved } from './memory-reserve.ts';

/** Rows that are claimed at first, free until touched; beyond them room for all is claimed, copied to once. */
const FIRST_ROOM = 2 ** 17;
/** Tables that nodes are found in, chosen by the top bits of the tag: growing one stops the path for a 64th of all. */
const SHARDS = 64;
const SHARD_SHIFT = 26;
const FIRST_SLOTS = 2 ** 9;
const NONE = -1;
const MINUTE_MS = 60_000;

/** Words of a row, and what they hold. */
export const ROW = 8;
const LO = 0;
const HI = 1;
/** 0: an account; k: a value of link field k − 1; −1: a number that is free. */
const KIND = 2;
/**
 * Where the node's links begin; how many they are, below the size of their piece and the bits below; see RingLists.
 * A value that one account alone used has no links: the first word names the account.
 */
export const LINKS_AT = 3;
export const LINKS_LENGTH = 4;
export const LENGTH_BITS = 0xffff;
export const SIZE_SHIFT = 16;
export const SIZE_BITS = 31 << SIZE_SHIFT;
const ALONE_BIT = 1 << 24;
/** The account was opened, at a time that the graph knows. */
const OPENED_BIT = 1 << 25;
/**
 * The node's newest link in whole minutes: a look that needs no link. Never earlier than it is, but for a value
 * that one account alone used: its account knows better.
 */
const TOUCHED = 5;
/** The first piece of the node's text, and its length in bytes times 4 with the walk's two bits; see RingTexts, RingWalk. */
export const TEXT_AT = 6;
export const TEXT_LENGTH = 7;
/** The bits of TEXT_LENGTH that tell whether exclusions have to be asked about the node. */
export const EXCLUSION_BITS = 3;

export class RingNodes {
  rows: Int32Array;
  /** Numbers given so far, freed ones included. */
  used = 0;
  /** Nodes that live. */
  size = 0;
  private readonly most: number;
  /** Two words a slot: the node and 1, 0 for none, and its tag, whose low bits are the slot that it belongs to. */
  private readonly shards = Array.from({ length: SHARDS }, () => reserved(FIRST_SLOTS * 2));
  /** Nodes in each shard. */
  private readonly placed = new Int32Array(SHARDS);
  private firstFree = NONE;

  /** @param most nodes that there may be. */
  constructor(most: number) {
    this.most = most;
    this.rows = reserved(Math.min(FIRST_ROOM, most) * ROW);
  }

  /** Numbers that can be given before memory has to be claimed. */
  get room(): number {
    return this.rows.length / ROW;
  }

  get bytes(): number {
    return this.shards.reduce(
      (sum, { byteLength }) => sum + byteLength,
      this.used * ROW * Int32Array.BYTES_PER_ELEMENT,
    );
  }

  /** −1 for a number that is free. */
  kindOf(node: number): number {
    return this.rows[node * ROW + KIND]!;
  }

  loOf(node: number): number {
    return this.rows[node * ROW + LO]!;
  }

  hiOf(node: number): number {
    return this.rows[node * ROW + HI]!;
  }

  /** The account that alone used a value, or −1: the value has links of its own, or none. */
  ownerOf(value: number): number {
    const row = value * ROW;
    return (this.rows[row + LINKS_LENGTH]! & ALONE_BIT) !== 0 ? this.rows[row + LINKS_AT]! : NONE;
  }

  /** Names the account that alone used a value, which has no links. */
  own(value: number, account: number): void {
    this.rows[value * ROW + LINKS_AT] = account;
    this.rows[value * ROW + LINKS_LENGTH] = ALONE_BIT;
  }

  /** Takes the name back: the value has no links yet. */
  disown(value: number): void {
    this.rows[value * ROW + LINKS_LENGTH] = 0;
  }

  setOpened(account: number): void {
    this.rows[account * ROW + LINKS_LENGTH]! |= OPENED_BIT;
  }

  /** False only where `account.opened` of the account is not known. */
  mayBeOpened(account: number): boolean {
    return (this.rows[account * ROW + LINKS_LENGTH]! & OPENED_BIT) !== 0;
  }

  /** Notes a link of a node at a time. */
  touch(node: number, timeMs: number): void {
    const cell = node * ROW + TOUCHED;
    const minutes = Math.ceil(timeMs / MINUTE_MS);
    if (minutes > this.rows[cell]!) this.rows[cell] = minutes;
  }

  /** False only where all links that were noted are at or before a time. */
  mayBeLater(node: number, timeMs: number): boolean {
    return this.rows[node * ROW + TOUCHED]! * MINUTE_MS > timeMs;
  }

  /** The hash as text, for a node that has none of its own. */
  nameOf(node: number): string {
    const [lo, hi] = [this.rows[node * ROW + LO]!, this.rows[node * ROW + HI]!];
    return `#${(hi >>> 0).toString(16)}${(lo >>> 0).toString(16)}`;
  }

  /** Whether a number belongs to this node. */
  is(node: number, lo: number, hi: number, kind: number): boolean {
    const row = node * ROW;
    const { rows } = this;
    return rows[row]! === lo && rows[row + HI]! === hi && rows[row + KIND]! === kind;
  }

  /** The number of a node, or −1. */
  find(lo: number, hi: number, kind: number): number {
    const { rows } = this;
    const tag = tagOf(lo, hi, kind);
    const slots = this.shards[tag >>> SHARD_SHIFT]!;
    const mask = (slots.length >> 1) - 1;
    for (let at = tag & mask; ; at = (at + 1) & mask) {
      const node = slots[at << 1]! - 1;
      if (node < 0) return NONE;
      // A look at a row waits for the memory, so that the tag is asked first.
      if (slots[(at << 1) + 1] !== tag) continue;
      const row = node * ROW;
      if (rows[row]! === lo && rows[row + HI]! === hi && rows[row + KIND]! === kind) return node;
    }
  }

  /** Reads what `find` begins with, without waiting for it. @returns the node there, often the one, or −1. */
  peek(lo: number, hi: number, kind: number): number {
    const tag = tagOf(lo, hi, kind);
    const slots = this.shards[tag >>> SHARD_SHIFT]!;
    return slots[(tag & ((slots.length >> 1) - 1)) << 1]! - 1;
  }

  /** Adds a node that `find` has not found; it has no links and no text. */
  add(lo: number, hi: number, kind: number): number {
    let node = this.firstFree;
    if (node >= 0) this.firstFree = this.rows[node * ROW]!;
    else {
      if (this.used === this.room) this.claimAll();
      node = this.used++;
    }
    const row = node * ROW;
    const { rows } = this;
    rows[row + LO] = lo;
    rows[row + HI] = hi;
    rows[row + KIND] = kind;
    for (let word = KIND + 1; word < ROW; word++) rows[row + word] = 0;
    this.size++;
    this.put(node, this.tag(node));
    return node;
  }

  free(node: number): void {
    this.unplace(node);
    this.rows[node * ROW + KIND] = NONE;
    this.rows[node * ROW + LO] = this.firstFree;
    this.firstFree = node;
    this.size--;
  }

  /** An order of nodes that does not depend on their numbers: those of a list at one instant stand in it. */
  precedes(a: number, b: number): boolean {
    const { rows } = this;
    const [x, y] = [a * ROW, b * ROW];
    if (rows[x + HI] !== rows[y + HI]) return rows[x + HI]! < rows[y + HI]!;
    if (rows[x + LO] !== rows[y + LO]) return rows[x + LO]! < rows[y + LO]!;
    return rows[x + KIND]! < rows[y + KIND]!;
  }

  private tag(node: number): number {
    const row = node * ROW;
    return tagOf(this.rows[row + LO]!, this.rows[row + HI]!, this.rows[row + KIND]!);
  }

  private put(node: number, tag: number): void {
    const shard = tag >>> SHARD_SHIFT;
    if (++this.placed[shard]! * 4 > this.shards[shard]!.length) this.grow(shard);
    place(this.shards[shard]!, node + 1, tag);
  }

  /** Linear probing without tombstones: what follows moves back as far as its home allows. */
  private unplace(node: number): void {
    const tag = this.tag(node);
    const shard = tag >>> SHARD_SHIFT;
    const slots = this.shards[shard]!;
    const mask = (slots.length >> 1) - 1;
    this.placed[shard]!--;
    let hole = tag & mask;
    while (slots[hole << 1] !== node + 1) hole = (hole + 1) & mask;
    for (let at = (hole + 1) & mask; slots[at << 1] !== 0; at = (at + 1) & mask) {
      const home = slots[(at << 1) + 1]! & mask;
      if (((at - home) & mask) < ((at - hole) & mask)) continue;
      slots[hole << 1] = slots[at << 1]!;
      slots[(hole << 1) + 1] = slots[(at << 1) + 1]!;
      hole = at;
    }
    slots[hole << 1] = 0;
  }

  private claimAll(): void {
    const rows = reserved(this.most * ROW);
    rows.set(this.rows);
    this.rows = rows;
  }

  private grow(shard: number): void {
    const old = this.shards[shard]!;
    const slots = reserved(old.length * 2);
    for (let at = 0; at < old.length; at += 2) {
      if (old[at] !== 0) place(slots, old[at]!, old[at + 1]!);
    }
    this.shards[shard] = slots;
  }
}

function place(slots: Int32Array, word: number, tag: number): void {
  const mask = (slots.length >> 1) - 1;
  let at = tag & mask;
  while (slots[at << 1] !== 0) at = (at + 1) & mask;
  slots[at << 1] = word;
  slots[(at << 1) + 1] = tag;
}

function tagOf(lo: number, hi: number, kind: number): number {
  const mixed = Math.imul(lo ^ Math.imul(kind + 1, 0x9e3779b1), 0x85ebca6b) ^ hi;
  return mixed ^ (mixed >>> 15);
}
