/** What the rules of the publishing check look at, and what they say. */

import type { Path, PlacedOffer } from './campaign-places.ts';
import type { Campaign } from './campaign-schema.ts';

export type Severity = 'error' | 'warning' | 'note';

export interface Finding {
  readonly campaignId: string;
  readonly severity: Severity;
  /** `path:line:column`. */
  readonly where: string;
  readonly message: string;
}

/** A finding before its place is looked up. */
export interface PlacedFinding {
  readonly severity: Severity;
  readonly path: Path;
  readonly message: string;
}

/** What the rules look at. */
export interface Inspected {
  readonly campaign: Campaign;
  readonly offers: readonly PlacedOffer[];
  /** The largest amount that an event may have. */
  readonly maxAmountMinor: number;
  /** The categories that senders use; none when nobody has written them down. */
  readonly categories: ReadonlySet<string>;
}

/** Fen as a person reads them: `2,500,000.00 CNY`. */
export function moneyText(minor: bigint, currency: string): string {
  const digits = minor.toString().padStart(3, '0');
  const whole = digits.slice(0, -2).replace(/\B(?=(\d{3})+$)/g, ',');
  return `${whole}.${digits.slice(-2)} ${currency}`;
}
