/** The event as the simulator writes it: one JSON object a line, with the truth beside it. */

import type { EventType } from '../event.ts';

export interface SimulatedEvent {
  id: string;
  type: EventType;
  /** RFC 3339 with the offset +08:00. */
  occurredAt: string;
  accountId: string;
  customerId?: string;
  cardId?: string;
  deviceId?: string;
  ip?: string;
  merchantId?: string;
  category?: string;
  channel?: string;
  instrument?: string;
  /** Integer fen. */
  amount?: number;
  currency?: 'CNY';
  terms?: number;
  refundOf?: string;
  geo?: { lat: number; lon: number; city: string };
  attributes?: Readonly<Record<string, string | number | readonly string[]>>;
  label: 'fraud' | 'honest';
}

/** What a behaviour decides; the stream adds id, time and label. */
export type Draft = Omit<SimulatedEvent, 'id' | 'occurredAt' | 'label'>;

/**
 * Puts an event on the agenda and returns its id, for a later refund to name.
 * @param truth the label, where it is another than that of the planner's other events.
 */
export type Plan = (atMs: number, draft: Draft, truth?: SimulatedEvent['label']) => string;
