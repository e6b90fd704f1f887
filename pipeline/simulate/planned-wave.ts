/** The events of an attack's wave until it is planned whole: one that the end would cut short never begins. */

import type { Agenda } from './agenda.ts';
import type { SimulatedEvent } from './simulated-event.ts';

interface Scheduled {
  readonly atMs: number;
  readonly event: SimulatedEvent;
}

export class PlannedWave {
  readonly #agenda: Agenda;
  readonly #endMs: number;
  #events: Scheduled[] = [];

  constructor(agenda: Agenda, endMs: number) {
    this.#agenda = agenda;
    this.#endMs = endMs;
  }

  add(atMs: number, event: SimulatedEvent): void {
    this.#events.push({ atMs, event });
  }

  /** @param isFirst begins, whatever is left of it: every attack comes once at least. */
  begin(isFirst: boolean): void {
    const within = this.#events.filter(({ atMs }) => atMs < this.#endMs);
    if (isFirst || within.length === this.#events.length) {
      for (const { atMs, event } of within) this.#agenda.add(atMs, event);
    }
    this.#events = [];
  }
}
