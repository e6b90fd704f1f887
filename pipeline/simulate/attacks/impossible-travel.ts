import { integer } from '../chance.ts';
import { MINUTE_MS } from '../calendar.ts';
import type { Attack } from '../attack.ts';

export const impossibleTravel: Attack = {
  name: 'impossible-travel',
  summary:
    'A copied card pays more than a thousand kilometres away, minutes after its owner paid at home with his own.',
  waveEvents: 18,
  plan(gang, startMs) {
    const { random } = gang;
    for (let account = 0; account < 9; account += 1) {
      const who = gang.recruit();
      const away = gang.farFrom(who.place);
      let at = startMs + integer(random, 0, 10 * MINUTE_MS);
      for (let i = 0; i < 4; i += 1) {
        const shop = gang.market.partner(random);
        const isOwner = i % 2 === 0;
        const purchase = {
          type: 'payment',
          channel: 'pos',
          merchantId: shop.id,
          category: shop.category,
          instrument: 'credit',
          amount: 20_000 + integer(random, 0, 5_000),
          geo: { ...(isOwner ? who.place : away) },
        } as const;
        // The owner's reward is his own: it is no part of what the attack reaches for.
        if (isOwner) gang.owner(at, who, purchase);
        else gang.act(at, who, purchase);
        at += integer(random, 4 * MINUTE_MS, 12 * MINUTE_MS);
      }
    }
  },
};
