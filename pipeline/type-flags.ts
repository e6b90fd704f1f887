import { EVENT_TYPES, typeCodeOf, type EventType } from './event.ts';

/** By type code, 1 for the types and 0 for all others. */
export function flagsOf(types: readonly EventType[]): Uint8Array {
  const flags = new Uint8Array(EVENT_TYPES.length);
  for (const type of types) flags[typeCodeOf(type)] = 1;
  return flags;
}
