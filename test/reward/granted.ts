/** What one event is granted of an offer whose campaign has stock, points and a calendar. */

import { expect } from 'vitest';
import type { CustomerFacts } from '../../pipeline/reward/customer-facts.ts';
import type { ReserveOp } from '../../pipeline/reward/ledger-op.ts';
import { campaigns, ops, type EventFacts } from './scenario.ts';

const STOCK = {
  cup: { units: 50, costMinor: 3000 },
  kettle: { units: 5, costMinor: 30_000 },
};
const CAMPAIGN = { stock: STOCK, points: { points: 500, worthMinor: 100 }, calendar: 'cn' };

export function granted(
  offer: object,
  facts: Partial<EventFacts> = {},
  known: Partial<CustomerFacts> = {},
  offers: readonly object[] = [],
): readonly ReserveOp[] {
  const compiled = campaigns({ offer, offers, campaign: CAMPAIGN });
  return ops(compiled, { id: 'p', ...facts }, 'allow', known) as ReserveOp[];
}
/** The only grant. */
export const one = (...parameters: Parameters<typeof granted>): ReserveOp => {
  const found = granted(...parameters);
  expect(found).toHaveLength(1);
  return found[0]!;
};
/** The first choice of the only grant. */
export const chosen = (...parameters: Parameters<typeof granted>) => one(...parameters).choices[0]!;
