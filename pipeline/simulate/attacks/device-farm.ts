import { exponential, integer } from '../chance.ts';
import type { Attack } from '../attack.ts';

export const deviceFarm: Attack = {
  name: 'device-farm',
  summary:
    'One telephone logs into account after account and pays a bill just above the threshold.',
  waveEvents: 60,
  plan(gang, startMs) {
    const { random } = gang;
    const deviceId = gang.device();
    let at = startMs;
    for (let i = 0; i < 30; i += 1) {
      // The mobile proxy gives every account an address of its own.
      const who = { ...gang.recruit(), deviceId };
      gang.act(at, who, { type: 'login' });
      gang.bill(at + integer(random, 2_000, 6_000), who, i, 10_000 + integer(random, 0, 99));
      at += 8_000 + exponential(random, 10_000);
    }
  },
};
