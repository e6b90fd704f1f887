/** Interception: what abusers would have earned, and how they were found. */

import type { Answers } from './answers.ts';
import type { Table } from './document.ts';
import { OFFERS } from './kpi-rewards.ts';
import { PATTERNS } from './kpi-risk.ts';
import { total } from './measures.ts';
import { column } from './tables-business.ts';

const STEPS = [
  ['Rewards, gross', 'grossMinor'],
  ['– intercepted before posting', 'interceptedMinor'],
  ['– reversed as abuse', 'reversedMinor'],
  ['– refunded with the payment', 'refundedMinor'],
  ['– voided otherwise', 'voidedMinor'],
  ['– forfeited', 'forfeitedMinor'],
  ['– expired vouchers', 'expiredMinor'],
  ['– pending', 'pendingMinor'],
  ['Cost, net', 'costMinor'],
] as const;

export function grossToNetTable({ offers }: Answers, period: string): Table {
  return {
    title: 'From gross to net',
    definition: `${OFFERS.definition} Forfeited and expired together are the breakage.`,
    period,
    columns: [column('step', 'Value', 'text'), column('amountMinor', 'Amount', 'money')],
    rows: STEPS.map(([step, key]) => ({ step, amountMinor: total(offers, (row) => row[key]) })),
    whenEmpty: '',
  };
}

export function patternsTable({ patterns }: Answers, period: string): Table {
  return {
    title: 'Top abuse patterns stopped',
    definition: PATTERNS.definition,
    period,
    columns: [
      column('detector', 'Detector', 'text'),
      column('reason', 'Reason', 'text'),
      column('events', 'Events', 'count'),
      column('accounts', 'Accounts', 'count'),
      column('paymentMinor', 'Payments stopped', 'money'),
      column('grants', 'Rewards', 'count'),
      column('rewardMinor', 'Reward value', 'money'),
    ],
    rows: patterns.map((row) => ({ ...row })),
    whenEmpty: 'Nothing was stopped.',
  };
}
