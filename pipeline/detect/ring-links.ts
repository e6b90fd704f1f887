/** The accounts of every value that several accounts used. */

import { RingLists } from './ring-lists.ts';
import type { RingNodes } from './ring-nodes.ts';

/** The time, and the number of the account. */
const DOUBLES = 2;
const END = 2;

export class RingLinks extends RingLists {
  constructor(nodes: RingNodes) {
    super(nodes, DOUBLES);
  }

  endAt(place: number): number {
    return this.words[place * this.wordsALink + END]!;
  }

  /**
   * Notes that `value` was linked with an account at a time. At most `most` links are kept, the newest: a link
   * that falls out can only come back with a newer event, so the list follows from the set of events.
   * @param openMs links at or before it are dropped.
   */
  note(value: number, account: number, timeMs: number, most: number, openMs: number): void {
    this.trim(value, openMs);
    const from = this.at(value);
    const until = from + this.count(value);
    let place = from;
    while (place < until && this.endAt(place) !== account) place++;
    if (place < until) {
      if (timeMs <= this.timeAt(place)) return;
    } else if (until - from < most) {
      place = this.extend(value);
    } else {
      if (!this.isNewer(timeMs, account, until - 1)) return;
      place = until - 1;
    }
    this.settle(this.at(value), place, account, timeMs);
    this.nodes.touch(value, timeMs);
  }

  private isNewer(timeMs: number, account: number, place: number): boolean {
    const other = this.timeAt(place);
    return timeMs > other || (timeMs === other && this.nodes.precedes(account, this.endAt(place)));
  }

  /** Moves a link up to where it belongs; its old place is free to be written over. */
  private settle(from: number, place: number, account: number, timeMs: number): void {
    const { times, words } = this;
    let at = place;
    while (at > from && this.isNewer(timeMs, account, at - 1)) {
      times[at * DOUBLES] = times[(at - 1) * DOUBLES]!;
      words[at * DOUBLES * 2 + END] = this.endAt(at - 1);
      at--;
    }
    times[at * DOUBLES] = timeMs;
    words[at * DOUBLES * 2 + END] = account;
  }
}
