/** Counts what may happen so often within any hour of event time, in whichever order its times come. */

const HOUR_MS = 3_600_000;
/** Further back than events come in time, a wrong clock included; in hours older than this there is no room. */
const KNOWN_MS = 168 * HOUR_MS;

export class HourCap {
  /** Ascending; a cap's worth for each hour that is known. */
  readonly #times: number[] = [];

  /** Takes in one that happened. */
  add(atMs: number): void {
    const times = this.#times;
    times.splice(this.#firstAfter(atMs), 0, atMs);
    const newest = times[times.length - 1]!;
    if (times[0]! > newest - 2 * KNOWN_MS) return;
    times.splice(0, this.#firstAfter(newest - KNOWN_MS));
  }

  /** How many happened in the hour that ends at `atMs`: `atMs − 1 h < t ≤ atMs`. */
  within(atMs: number): number {
    return this.#firstAfter(atMs) - this.#firstAfter(atMs - HOUR_MS);
  }

  /** Whether one more at `atMs` leaves no hour, before or after it, with more than `perHour`. */
  hasRoom(atMs: number, perHour: number): boolean {
    const times = this.#times;
    const newest = times[times.length - 1] ?? atMs;
    if (atMs <= newest - KNOWN_MS + HOUR_MS) return false;
    if (this.within(atMs) >= perHour) return false;
    for (let n = this.#firstAfter(atMs); n < times.length && times[n]! < atMs + HOUR_MS; n++) {
      if (this.within(times[n]!) >= perHour) return false;
    }
    return true;
  }

  /** The place of the first time after `atMs`. */
  #firstAfter(atMs: number): number {
    let from = 0;
    let to = this.#times.length;
    while (from < to) {
      const middle = (from + to) >> 1;
      if (this.#times[middle]! <= atMs) from = middle + 1;
      else to = middle;
    }
    return from;
  }
}
