import { integer } from '../chance.ts';
import type { Attack } from '../attack.ts';

export const scriptedSmallPayments: Attack = {
  name: 'scripted-small-payments',
  summary:
    'A script makes tiny payments at machine-regular intervals, to collect per-payment rewards.',
  waveEvents: 75,
  plan(gang, startMs) {
    const { random } = gang;
    for (let account = 0; account < 3; account += 1) {
      const who = gang.recruit();
      const merchantId = `kiosk-${String(integer(random, 1, 3000)).padStart(4, '0')}`;
      const every = integer(random, 6_000, 12_000);
      for (let i = 0; i < 25; i += 1) {
        gang.act(startMs + account * 20_000 + i * every + integer(random, 0, 300), who, {
          type: 'payment',
          channel: 'wallet',
          category: 'vending',
          merchantId,
          instrument: 'debit',
          amount: integer(random, 100, 300),
        });
      }
    }
  },
};
