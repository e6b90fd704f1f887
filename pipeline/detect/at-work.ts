import type { EventType } from '../event.ts';

/** Everything that shows an account at work; looking at a campaign page does not. */
export const AT_WORK: readonly EventType[] = [
  'account.opened',
  'login',
  'wallet.bound',
  'payment.authorising',
  'payment',
  'voucher.redeemed',
  'redemption.requested',
  'claim.submitted',
  'choice.made',
];
