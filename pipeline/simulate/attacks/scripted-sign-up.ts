import { exponential, integer } from '../chance.ts';
import type { Attack } from '../attack.ts';

export const scriptedSignUp: Attack = {
  name: 'scripted-sign-up',
  summary: 'Accounts are opened by a script and pay within seconds, faster than a person can.',
  waveEvents: 75,
  plan(gang, startMs) {
    const { random } = gang;
    const addresses = [gang.address(), gang.address(), gang.address()];
    let at = startMs;
    for (let i = 0; i < 25; i += 1) {
      const who = { ...gang.recruit(), ip: addresses[i % addresses.length]! };
      gang.act(at, who, { type: 'account.opened' });
      gang.act(at + integer(random, 2_000, 5_000), who, { type: 'wallet.bound' });
      gang.bill(at + integer(random, 6_000, 25_000), who, i, 10_000 + integer(random, 0, 499));
      at += 5_000 + exponential(random, 12_000);
    }
  },
};
