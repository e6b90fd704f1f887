import { integer } from '../chance.ts';
import { nextFridayOpening, nextFullHour } from '../calendar.ts';
import type { Attack } from '../attack.ts';

export const quotaSniping: Attack = {
  name: 'quota-sniping',
  summary:
    "Rented machines fire at the opening second of an offer, each with several accounts' payments ready.",
  waveEvents: 48,
  /** The Friday opening, or a full hour, when the day's vouchers are released. */
  startsAt: (dueMs) => Math.min(nextFridayOpening(dueMs), nextFullHour(dueMs)),
  plan(gang, startMs) {
    const { random } = gang;
    for (let machine = 0; machine < 4; machine += 1) {
      const deviceId = gang.device();
      const ip = gang.address();
      const shop = gang.market.partner(random);
      for (let i = 0; i < 12; i += 1) {
        gang.act(
          startMs + integer(random, 0, 1_500),
          { ...gang.recruit(), deviceId, ip },
          {
            type: 'payment',
            merchantId: shop.id,
            category: shop.category,
            instrument: 'credit',
            amount: 20_000,
          },
        );
      }
    }
  },
};
