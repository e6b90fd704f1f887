/** A simulation dense enough to tell its parts, and ways to look at its events. */

import {
  DEFAULT_SIMULATION,
  simulate,
  type SimulationOptions,
} from '../../pipeline/simulate/simulate.ts';
import type { SimulatedEvent } from '../../pipeline/simulate/simulated-event.ts';

export const BUSY: SimulationOptions = { ...DEFAULT_SIMULATION, ratePerSecond: 60, minutes: 30 };

export function run(options: Partial<SimulationOptions> = {}): SimulatedEvent[] {
  return [...simulate({ ...BUSY, ...options })];
}

export const busy = run();
export function attackOf(event: SimulatedEvent): string | undefined {
  const attack = event.attributes?.['attack'];
  return typeof attack === 'string' ? attack : undefined;
}

export function distinct(
  events: readonly SimulatedEvent[],
  field: 'accountId' | 'deviceId' | 'ip',
): number {
  return new Set(events.map((event) => event[field])).size;
}

/** The events of every value of a field, in order. */
export function grouped(
  events: readonly SimulatedEvent[],
  field: 'accountId' | 'deviceId' | 'ip',
): SimulatedEvent[][] {
  const groups = new Map<string, SimulatedEvent[]>();
  for (const event of events) {
    const key = event[field];
    if (key === undefined) continue;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [event]);
    else group.push(event);
  }
  return [...groups.values()];
}
