import { exponential, integer } from '../chance.ts';
import type { Attack } from '../attack.ts';

export const ipFarm: Attack = {
  name: 'ip-farm',
  summary: 'A rack of telephones behind one address: many accounts, each on a device of its own.',
  waveEvents: 80,
  plan(gang, startMs) {
    const { random } = gang;
    const ip = gang.address();
    let at = startMs;
    for (let i = 0; i < 80; i += 1) {
      gang.bill(at, { ...gang.recruit(), ip }, i, 20_000 + integer(random, 0, 999));
      at += exponential(random, 6_000);
    }
  },
};
