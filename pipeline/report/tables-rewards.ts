/** Cost by line and offer, quotas and stock, vouchers, outcomes, deliveries, changes. */

import type { Campaign } from '../../config/campaign-schema.ts';
import type { Answers } from './answers.ts';
import { divided, type Table } from './document.ts';
import { ACCOUNTS, ACTIONS, DELIVERIES, OFFERS, OUTCOMES, VOUCHERS } from './kpi-rewards.ts';
import { total } from './measures.ts';
import { localInstant } from './periods.ts';
import { column } from './tables-business.ts';

const NO_REWARDS = 'No reward of this campaign is on record.';

const MONEY = [
  column('grossMinor', 'Gross', 'money'),
  column('interceptedMinor', 'Intercepted', 'money'),
  column('voidedMinor', 'Voided otherwise', 'money'),
  column('forfeitedMinor', 'Forfeited', 'money'),
  column('reversedMinor', 'Reversed as abuse', 'money'),
  column('refundedMinor', 'Refunded', 'money'),
  column('expiredMinor', 'Expired', 'money'),
  column('pendingMinor', 'Pending', 'money'),
  column('costMinor', 'Cost', 'money'),
];

export function offersTable(
  { offers: configured }: Campaign,
  { offers }: Answers,
  period: string,
): Table {
  const titles = new Map(configured.map(({ id, title }) => [id, title]));
  return {
    title: 'Cost by offer',
    definition: `${OFFERS.definition} Payments: those that the posted rewards were earned on; how much of them there is for each unit of cost.`,
    period,
    columns: [
      column('offer', 'Offer', 'text'),
      column('posted', 'Posted', 'count'),
      column('customers', 'Customers', 'count'),
      ...MONEY,
      column('paymentMinor', 'Payments', 'money'),
      column('perCost', 'Payments ÷ cost', 'ratio'),
    ],
    rows: offers.map((row) => ({
      offer: `${titles.get(row.offerId) ?? 'no longer in the file'} (${row.offerId})`,
      ...row,
      perCost: divided(row.paymentMinor, row.costMinor),
    })),
    whenEmpty: NO_REWARDS,
  };
}

/** A line's own rewards and those of every line below it. */
export function linesTable({ id }: Campaign, { offers, accounts }: Answers, period: string): Table {
  const prefix = `budget/${id}/`;
  return {
    title: 'Cost by budget line',
    definition: `${OFFERS.definition} A line counts what the lines below it spent. ${ACCOUNTS.definition} Left and used include what is pending.`,
    period,
    columns: [
      column('line', 'Line', 'text'),
      column('limit', 'Budget', 'money'),
      ...MONEY,
      column('left', 'Left', 'money'),
      column('used', 'Used', 'share'),
    ],
    rows: accounts
      .filter(({ account }) => account.startsWith(prefix))
      .map(({ account, limit }) => {
        const line = account.slice(prefix.length);
        const below = offers.filter((row) => `${row.budgetLine}.`.startsWith(`${line}.`));
        const sums = Object.fromEntries(
          MONEY.map(({ key }) => [
            key,
            total(below, (row) => row[key as keyof typeof row] as number),
          ]),
        ) as Record<string, number>;
        const taken = sums['costMinor']! + sums['pendingMinor']!;
        return { line, limit, ...sums, left: limit - taken, used: divided(taken, limit) };
      }),
    whenEmpty: 'The campaign has no budget lines.',
  };
}

/** Parts rounded down, the last party takes what remains: together they are the cost. */
export function fundingTable(
  { offers: configured }: Campaign,
  { offers }: Answers,
  period: string,
): Table {
  const rows = configured.flatMap(({ id, title, funding }) => {
    const cost = total(
      offers.filter(({ offerId }) => offerId === id),
      ({ costMinor }) => costMinor,
    );
    const parties = Object.entries(funding ?? {});
    const parts = parties.map(([, percent]) => Math.floor((cost * percent) / 100));
    const rest = cost - total(parts, (part) => part);
    return parties.map(([party, percent], index) => ({
      offer: `${title} (${id})`,
      offerId: id,
      party,
      share: percent / 100,
      costMinor: parts[index]! + (index === parties.length - 1 ? rest : 0),
    }));
  });
  return {
    title: 'Who carries the cost',
    definition:
      'Cost of the offers that several parties fund, by the shares in the campaign’s file.',
    period,
    columns: [
      column('offer', 'Offer', 'text'),
      column('party', 'Party', 'text'),
      column('share', 'Share', 'share'),
      column('costMinor', 'Cost', 'money'),
    ],
    rows,
    whenEmpty: 'No offer says that anybody but the bank carries its cost.',
  };
}

export function quotasTable({ id }: Campaign, { accounts }: Answers, period: string): Table {
  return {
    title: 'Quotas and stock',
    definition: `${ACCOUNTS.definition} In grants or pieces. Quotas of a day or of one opening start anew and are not listed.`,
    period,
    columns: [
      column('kind', 'Kind', 'text'),
      column('name', 'Of', 'text'),
      column('limit', 'Limit', 'count'),
      column('posted', 'Posted', 'count'),
      column('pending', 'Pending', 'count'),
      column('left', 'Left', 'count'),
      column('used', 'Used', 'share'),
    ],
    rows: accounts
      .filter(({ account }) => !account.startsWith('budget/'))
      .map(({ account, limit, posted, pending }) => {
        const [kind, , ...name] = account.split('/');
        const taken = posted + pending;
        return {
          kind: kind!,
          name: name.join('/').replace(/\/all$/, ''),
          limit,
          posted,
          pending,
          left: limit - taken,
          used: divided(taken, limit),
        };
      }),
    whenEmpty: `${id} has neither quotas for the whole campaign nor stock.`,
  };
}

export function vouchersTable({ vouchers }: Answers, period: string): Table {
  return {
    title: 'Vouchers by month of issue',
    definition: VOUCHERS.definition,
    period,
    columns: [
      column('cohort', 'Issued in', 'text'),
      column('offerId', 'Offer', 'text'),
      column('voucher', 'Voucher', 'text'),
      column('issued', 'Issued', 'count'),
      column('redeemed', 'Redeemed', 'count'),
      column('expired', 'Expired', 'count'),
      column('open', 'Open', 'count'),
      column('voided', 'Voided', 'count'),
      column('rate', 'Redemption rate', 'share'),
      column('redeemedMinor', 'Face value redeemed', 'money'),
    ],
    rows: vouchers.map((row) => ({ ...row, rate: divided(row.redeemed, row.issued) })),
    whenEmpty: 'No voucher of this campaign was issued.',
  };
}

export function outcomesTable({ outcomes }: Answers, period: string): Table {
  return {
    title: 'What became of the rewards',
    definition: OUTCOMES.definition,
    period,
    columns: [
      column('offerId', 'Offer', 'text'),
      column('label', 'Benefit', 'text'),
      column('state', 'State', 'text'),
      column('reason', 'Reason', 'text'),
      column('grants', 'Rewards', 'count'),
      column('amountMinor', 'Value', 'money'),
    ],
    rows: outcomes.map((row) => ({ ...row, label: row.label === '' ? '–' : row.label })),
    whenEmpty: NO_REWARDS,
  };
}

export function deliveriesTable({ deliveries }: Answers, period: string): Table {
  return {
    title: 'Deliveries',
    definition: DELIVERIES.definition,
    period,
    columns: [
      column('kind', 'Kind', 'text'),
      column('state', 'State', 'text'),
      column('deliveries', 'Deliveries', 'count'),
      column('attempts', 'Attempts', 'count'),
    ],
    rows: deliveries.map((row) => ({ ...row })),
    whenEmpty: 'Nothing was handed to another system.',
  };
}

export function changesTable({ timezone }: Campaign, { actions }: Answers, period: string): Table {
  return {
    title: 'Changes while it ran',
    definition: ACTIONS.definition,
    period,
    columns: [
      column('at', 'When', 'text'),
      column('kind', 'Change', 'text'),
      column('offerId', 'Offer', 'text'),
      column('value', 'To', 'text'),
      column('actor', 'Who', 'text'),
      column('reason', 'Why', 'text'),
    ],
    rows: actions.map(({ issuedAtMs, kind, offerId, value, actor, reason }) => ({
      at: localInstant(issuedAtMs, timezone).slice(0, 16).replace('T', ' '),
      kind: kind.replaceAll('_', ' '),
      offerId: offerId === '' ? 'all' : offerId,
      value,
      actor,
      reason,
    })),
    whenEmpty: 'Nobody changed anything.',
  };
}
