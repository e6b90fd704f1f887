import { exponential, integer } from '../chance.ts';
import type { Attack } from '../attack.ts';

export const cardTesting: Attack = {
  name: 'card-testing',
  summary:
    'Stolen card numbers are tried one after the other with small payments from one account.',
  waveEvents: 40,
  plan(gang, startMs) {
    const { random } = gang;
    for (let account = 0; account < 2; account += 1) {
      const who = gang.recruit();
      let at = startMs + integer(random, 0, 30_000);
      for (let card = 0; card < 20; card += 1) {
        const shop = gang.market.shop(random);
        gang.act(at, who, {
          type: 'payment',
          channel: 'online',
          cardId: gang.card(),
          merchantId: shop.id,
          category: shop.category,
          instrument: 'credit',
          amount: integer(random, 100, 1_500),
        });
        at += 4_000 + exponential(random, 15_000);
      }
    }
  },
};
