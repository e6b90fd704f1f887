import { exponential, integer } from '../chance.ts';
import { MINUTE_MS } from '../calendar.ts';
import type { Attack } from '../attack.ts';

const ACCOUNTS = 50;
const PER_DEVICE = 5;

export const natFarm: Attack = {
  name: 'nat-farm',
  summary:
    'Fifty accounts on ten telephones hide among the honest customers of a carrier behind one address, and collect in turns.',
  waveEvents: 250,
  onRequest: true,
  plan(gang, startMs) {
    const { random } = gang;
    const ip = gang.gateway();
    const devices = Array.from({ length: ACCOUNTS / PER_DEVICE }, () => gang.device());
    let at = startMs;
    const farm = Array.from({ length: ACCOUNTS }, (_, i) => {
      const who = { ...gang.recruit(), ip, deviceId: devices[i % devices.length]! };
      gang.act(at, who, { type: 'account.opened' });
      at += 20_000 + exponential(random, 40_000);
      return who;
    });
    for (let round = 0; round < 2; round += 1) {
      for (const [i, who] of farm.entries()) {
        gang.act(at, who, { type: 'login' });
        const paidAt = at + integer(random, 20_000, 2 * MINUTE_MS);
        gang.bill(paidAt, who, i + round, 20_000 + integer(random, 0, 1500));
        at += 15_000 + exponential(random, 30_000);
      }
    }
  },
};
