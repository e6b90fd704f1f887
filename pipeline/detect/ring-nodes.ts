/**
 * The nodes of the graph: accounts and values, found by the hash of their text and by their kind. A node keeps
 * its number while it lives; a number is given again once its node is freed.
 *
 * Everything about a node stands in one row of 32 bytes: an event meets nodes all over the memory, and pays
 * for each place it looks at.
 */

const FIRST_ROOM = 1024;
const NONE = -1;

/** Words of a row, and what they hold. */
export const ROW = 8;
const LO = 0;
const HI = 1;
/** 0: an account; k: a value of link field k − 1; −1: a number that is free. */
const KIND = 2;
/** Where the node's links begin; how many they are, below the size of their piece; see RingLinks. */
export const LINKS_AT = 3;
export const LINKS_LENGTH = 4;
/** The node's newest link in whole minutes, never earlier than it is: a look that needs no link. */
export const TOUCHED = 5;
/** The first piece of the node's text, and its length in bytes times 4 with the walk's two bits; see RingTexts, RingWalk. */
export const TEXT_AT = 6;
export const TEXT_LENGTH = 7;
/** The bits of TEXT_LENGTH that tell whether exclusions have to be asked about the node. */
export const EXCLUSION_BITS = 3;

export class RingNodes {
  rows = new Int32Array(FIRST_ROOM * ROW);
  /** Numbers given so far, freed ones included. */
  used = 0;
  /** Nodes that live. */
  size = 0;
  private slots = new Int32Array(FIRST_ROOM * 2).fill(NONE);
  private mask = FIRST_ROOM * 2 - 1;
  private firstFree = NONE;

  get room(): number {
    return this.rows.length / ROW;
  }

  get bytes(): number {
    return this.rows.byteLength + this.slots.byteLength;
  }

  /** −1 for a number that is free. */
  kindOf(node: number): number {
    return this.rows[node * ROW + KIND]!;
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
    const { slots, mask, rows } = this;
    for (let at = homeOf(lo, hi, kind) & mask; ; at = (at + 1) & mask) {
      const node = slots[at]!;
      if (node < 0) return NONE;
      const row = node * ROW;
      if (rows[row]! === lo && rows[row + HI]! === hi && rows[row + KIND]! === kind) return node;
    }
  }

  /** Adds a node that `find` has not found; it has no links and no text. */
  add(lo: number, hi: number, kind: number): number {
    let node = this.firstFree;
    if (node >= 0) this.firstFree = this.rows[node * ROW]!;
    else {
      if (this.used === this.room) this.grow();
      node = this.used++;
    }
    const row = node * ROW;
    this.rows.fill(0, row, row + ROW);
    this.rows[row + LO] = lo;
    this.rows[row + HI] = hi;
    this.rows[row + KIND] = kind;
    this.size++;
    this.place(node);
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

  private home(node: number): number {
    const row = node * ROW;
    return homeOf(this.rows[row + LO]!, this.rows[row + HI]!, this.rows[row + KIND]!) & this.mask;
  }

  private place(node: number): void {
    const { slots, mask } = this;
    let at = this.home(node);
    while (slots[at]! >= 0) at = (at + 1) & mask;
    slots[at] = node;
  }

  /** Linear probing without tombstones: what follows moves back as far as its home allows. */
  private unplace(node: number): void {
    const { slots, mask } = this;
    let hole = this.home(node);
    while (slots[hole] !== node) hole = (hole + 1) & mask;
    for (let at = (hole + 1) & mask; slots[at]! >= 0; at = (at + 1) & mask) {
      const home = this.home(slots[at]!);
      if (((at - home) & mask) < ((at - hole) & mask)) continue;
      slots[hole] = slots[at]!;
      hole = at;
    }
    slots[hole] = NONE;
  }

  private grow(): void {
    const room = this.room * 2;
    this.rows = widened(this.rows, new Int32Array(room * ROW));
    this.slots = new Int32Array(room * 2).fill(NONE);
    this.mask = room * 2 - 1;
    // Growing happens only when no number is free, so that every one is a living node.
    for (let node = 0; node < this.used; node++) this.place(node);
  }
}

/** The old column at the beginning of the new one. */
export function widened<Column extends Int32Array | Uint8Array | Float64Array>(
  old: Column,
  fresh: Column,
): Column {
  fresh.set(old);
  return fresh;
}

function homeOf(lo: number, hi: number, kind: number): number {
  const mixed = Math.imul(lo ^ Math.imul(kind + 1, 0x9e3779b1), 0x85ebca6b) ^ hi;
  return (mixed ^ (mixed >>> 15)) >>> 0;
}
