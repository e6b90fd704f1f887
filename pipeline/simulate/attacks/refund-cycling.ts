import { integer } from '../chance.ts';
import { MINUTE_MS } from '../calendar.ts';
import type { Attack } from '../attack.ts';

export const refundCycling: Attack = {
  name: 'refund-cycling',
  summary:
    'Pays a bill, earns the discount, takes the money back and goes on with the next category.',
  waveEvents: 60,
  plan(gang, startMs) {
    const { random } = gang;
    for (let account = 0; account < 6; account += 1) {
      const who = gang.recruit();
      let at = startMs + integer(random, 0, 2 * MINUTE_MS);
      for (let cycle = 0; cycle < 5; cycle += 1) {
        const amount = 20_000 + integer(random, 0, 500);
        const refundOf = gang.bill(at, who, cycle, amount);
        const { category, merchantId } = gang.market.billAt(cycle);
        at += integer(random, MINUTE_MS, 3 * MINUTE_MS);
        gang.act(at, who, {
          type: 'refund',
          refundOf,
          amount,
          category,
          merchantId: `${merchantId}-${who.billers}`,
          instrument: 'debit',
        });
        at += integer(random, MINUTE_MS, 2 * MINUTE_MS);
      }
    }
  },
};
