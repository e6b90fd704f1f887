import { integer } from '../chance.ts';
import { HOUR_MS, nextFullHour } from '../calendar.ts';
import type { Attack } from '../attack.ts';

const ACCOUNTS = 160;

export const campaignRush: Attack = {
  name: 'campaign-rush',
  summary:
    'A tip goes round in a group of wool-pullers: within an hour all of them claim a voucher of one campaign, each once, with a telephone, an address and a card of their own.',
  waveEvents: 2 * ACCOUNTS,
  onRequest: true,
  startsAt: nextFullHour,
  plan(gang, startMs) {
    const { random } = gang;
    for (let i = 0; i < ACCOUNTS; i += 1) {
      const who = gang.recruit();
      const at = startMs + integer(random, 0, HOUR_MS - 240_000);
      gang.act(at, who, { type: 'login' });
      gang.act(
        at + integer(random, 20_000, 120_000),
        who,
        { type: 'voucher.claimed' },
        {
          offerId: 'life-zone',
        },
      );
    }
  },
};
