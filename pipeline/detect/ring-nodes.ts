/**
 * The nodes of the graph: accounts and values, found by the hash of their text and by their kind. A node keeps
 * its number while it lives; a number is given again once its node is freed.
 */

const FIRST_ROOM = 1024;
const NONE = -1;

export class RingNodes {
  lo = new Int32Array(FIRST_ROOM);
  hi = new Int32Array(FIRST_ROOM);
  /** 0: an account; k: a value of link field k − 1. */
  kind = new Uint8Array(FIRST_ROOM);
  /** 1 while the number is given. */
  alive = new Uint8Array(FIRST_ROOM);
  /** Numbers given so far, freed ones included. */
  used = 0;
  /** Nodes that live. */
  size = 0;
  private slots = new Int32Array(FIRST_ROOM * 2).fill(NONE);
  private mask = FIRST_ROOM * 2 - 1;
  private firstFree = NONE;

  get room(): number {
    return this.lo.length;
  }

  get bytes(): number {
    return this.room * 10 + this.slots.byteLength;
  }

  /** The number of a node, or −1. */
  find(lo: number, hi: number, kind: number): number {
    const { slots, mask } = this;
    for (let at = homeOf(lo, hi, kind) & mask; ; at = (at + 1) & mask) {
      const node = slots[at]!;
      if (node < 0) return NONE;
      if (this.lo[node] === lo && this.hi[node] === hi && this.kind[node] === kind) return node;
    }
  }

  /** Adds a node that `find` has not found. */
  add(lo: number, hi: number, kind: number): number {
    let node = this.firstFree;
    if (node >= 0) this.firstFree = this.lo[node]!;
    else {
      if (this.used === this.room) this.grow();
      node = this.used++;
    }
    this.lo[node] = lo;
    this.hi[node] = hi;
    this.kind[node] = kind;
    this.alive[node] = 1;
    this.size++;
    this.place(node);
    return node;
  }

  free(node: number): void {
    this.unplace(node);
    this.alive[node] = 0;
    this.lo[node] = this.firstFree;
    this.firstFree = node;
    this.size--;
  }

  /** An order of nodes that does not depend on their numbers: those of a list at one instant stand in it. */
  precedes(a: number, b: number): boolean {
    const { lo, hi, kind } = this;
    if (hi[a] !== hi[b]) return hi[a]! < hi[b]!;
    if (lo[a] !== lo[b]) return lo[a]! < lo[b]!;
    return kind[a]! < kind[b]!;
  }

  private place(node: number): void {
    const { slots, mask } = this;
    let at = homeOf(this.lo[node]!, this.hi[node]!, this.kind[node]!) & mask;
    while (slots[at]! >= 0) at = (at + 1) & mask;
    slots[at] = node;
  }

  /** Linear probing without tombstones: what follows moves back as far as its home allows. */
  private unplace(node: number): void {
    const { slots, mask } = this;
    let hole = homeOf(this.lo[node]!, this.hi[node]!, this.kind[node]!) & mask;
    while (slots[hole] !== node) hole = (hole + 1) & mask;
    for (let at = (hole + 1) & mask; slots[at]! >= 0; at = (at + 1) & mask) {
      const next = slots[at]!;
      const home = homeOf(this.lo[next]!, this.hi[next]!, this.kind[next]!) & mask;
      if (((at - home) & mask) < ((at - hole) & mask)) continue;
      slots[hole] = next;
      hole = at;
    }
    slots[hole] = NONE;
  }

  private grow(): void {
    const room = this.room * 2;
    this.lo = widened(this.lo, new Int32Array(room));
    this.hi = widened(this.hi, new Int32Array(room));
    this.kind = widened(this.kind, new Uint8Array(room));
    this.alive = widened(this.alive, new Uint8Array(room));
    this.slots = new Int32Array(room * 2).fill(NONE);
    this.mask = room * 2 - 1;
    // Growing happens only when no number is free, so that every one is a living node.
    for (let node = 0; node < this.used; node++) this.place(node);
  }
}

/** The old column at the beginning of the new one. */
export function widened<Column extends Int32Array | Uint8Array | Uint16Array | Float64Array>(
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
