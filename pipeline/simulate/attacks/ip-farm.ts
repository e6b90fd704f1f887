import { exponential, integer } from '../chance.ts';
import { MINUTE_MS } from '../calendar.ts';
import type { Attack } from '../attack.ts';

export const ipFarm: Attack = {
  name: 'ip-farm',
  summary:
    'A rack of telephones behind one address opens account after account, each on a device of its own, and pays from it minutes later.',
  waveEvents: 120,
  plan(gang, startMs) {
    const { random } = gang;
    const ip = gang.address();
    let at = startMs;
    for (let i = 0; i < 60; i += 1) {
      const who = { ...gang.recruit(), ip };
      gang.act(at, who, { type: 'account.opened' });
      // Long enough after the sign-up to look like a person, and still before the day's quota is gone.
      const paidAt = at + integer(random, 3 * MINUTE_MS, 6 * MINUTE_MS);
      gang.bill(paidAt, who, i, 20_000 + integer(random, 0, 999));
      at += exponential(random, 6_000);
    }
  },
};
