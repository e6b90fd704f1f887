import { exponential, integer } from '../chance.ts';
import { MINUTE_MS } from '../calendar.ts';
import type { Attack } from '../attack.ts';

export const referralRing: Attack = {
  name: 'referral-ring',
  summary:
    'Made-up friends are invited by one account, all from two telephones, and each pays a first bill for the points of inviting them.',
  waveEvents: 72,
  plan(gang, startMs) {
    const { random } = gang;
    const inviter = gang.recruit();
    const devices = [inviter.deviceId, gang.device()];
    let at = startMs;
    for (let friend = 0; friend < 24; friend += 1) {
      const who = { ...gang.recruit(), deviceId: devices[friend % devices.length]! };
      gang.act(at, who, { type: 'account.opened' });
      gang.act(
        at + integer(random, 5_000, 15_000),
        who,
        { type: 'referral.joined' },
        { inviterId: inviter.customerId },
      );
      const paidAt = at + integer(random, 2 * MINUTE_MS, 4 * MINUTE_MS);
      gang.bill(paidAt, who, friend, 10_000 + integer(random, 0, 299));
      at += 15_000 + exponential(random, 20_000);
    }
  },
};
