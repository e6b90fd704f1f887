/** Events that are planned but not yet due, in a binary heap by time; equal times keep the order of planning. */

import type { SimulatedEvent } from './simulated-event.ts';

interface Entry {
  readonly atMs: number;
  readonly order: number;
  readonly event: SimulatedEvent;
}

function before(a: Entry, b: Entry): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
}

export class Agenda {
  readonly #heap: Entry[] = [];
  #order = 0;

  /** Time of the earliest event in milliseconds, Infinity when there is none. */
  get nextMs(): number {
    return this.#heap[0]?.atMs ?? Infinity;
  }

  add(atMs: number, event: SimulatedEvent): void {
    const heap = this.#heap;
    const entry = { atMs, order: this.#order, event };
    this.#order += 1;
    let at = heap.length;
    heap.push(entry);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!before(entry, heap[parent]!)) break;
      heap[at] = heap[parent]!;
      at = parent;
    }
    heap[at] = entry;
  }

  /** Takes the earliest event out; the agenda must not be empty. */
  take(): SimulatedEvent {
    const heap = this.#heap;
    const first = heap[0]!;
    const last = heap.pop()!;
    if (heap.length > 0) this.#sink(last);
    return first.event;
  }

  #sink(entry: Entry): void {
    const heap = this.#heap;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child += 1;
      if (!before(heap[child]!, entry)) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = entry;
  }
}
