/** Events, decisions and campaigns for the tests of the reward stage. */

import { campaignSchema } from '../../config/campaign-schema.ts';
import type { Decision, Verdict } from '../../pipeline/decide/decision.ts';
import type { Event } from '../../pipeline/event.ts';
import type { Adjustments } from '../../pipeline/reward/adjustments.ts';
import { compileCampaigns, type CompiledCampaigns } from '../../pipeline/reward/campaign.ts';
import { NO_FACTS, type CustomerFacts } from '../../pipeline/reward/customer-facts.ts';
import { evaluate } from '../../pipeline/reward/evaluate.ts';
import type { LedgerOp } from '../../pipeline/reward/ledger-op.ts';

/** A Friday, one o'clock in the afternoon in Shanghai. */
export const FRIDAY_NOON_MS = Date.parse('2026-11-20T13:00:00+08:00');

export type EventFacts = Partial<Event> & Pick<Event, 'id'>;

/** A payment that qualifies for the campaign of `campaigns()`, unless told otherwise. */
export function event(facts: EventFacts): Event {
  const plain: Event = {
    type: 'payment',
    occurredAtMs: FRIDAY_NOON_MS,
    accountId: 'account-1',
    customerId: 'customer-1',
    cardId: 'card-1',
    deviceId: undefined,
    ip: undefined,
    merchantId: 'shop-1',
    category: 'water',
    channel: 'mobile_bank',
    instrument: undefined,
    currency: 'CNY',
    refundOf: undefined,
    city: undefined,
    amountMinor: 30_000,
    terms: undefined,
    latitude: undefined,
    longitude: undefined,
    payeeId: undefined,
    phoneHash: undefined,
    inviterId: undefined,
    campaignId: undefined,
    attributes: {},
    ...facts,
  };
  return plain;
}

export function decision(verdict: Verdict, reasons: Decision['reasons'] = []): Decision {
  return { verdict, reasons, findings: [], listed: [], late: false };
}

/** The operations of one event under a verdict. */
export function ops(
  compiled: CompiledCampaigns,
  facts: EventFacts,
  verdict: Verdict = 'allow',
  known: Partial<CustomerFacts> = {},
): readonly LedgerOp[] {
  const customer = { ...NO_FACTS, ...known };
  return evaluate(compiled, event(facts), decision(verdict), customer, 'config-1');
}

export function refund(
  compiled: CompiledCampaigns,
  id: string,
  refundOf: string | undefined,
  amountMinor: number | undefined,
): readonly LedgerOp[] {
  return ops(compiled, { id, type: 'refund', refundOf, amountMinor });
}

interface Settings {
  /** Of the single tier: 300.00 and more, 10.00 off. */
  readonly quota?: number;
  readonly tiers?: readonly object[];
  /** Keys of the offer; with a benefit of its own it has no tiers. */
  readonly offer?: object;
  /** More offers beside it. */
  readonly offers?: readonly object[];
  /** Keys of the campaign. */
  readonly campaign?: object;
  readonly total?: number;
  readonly spend?: number;
  /** Values that stand for nobody. */
  readonly placeholders?: readonly string[];
  readonly adjustments?: Adjustments;
  readonly onExpressionError?: (campaignId: string, error: unknown) => void;
}

const BENEFITS = [
  'off',
  'feeCut',
  'cashback',
  'points',
  'vouchers',
  'goods',
  'draw',
  'choice',
  'exchange',
  'extend',
];
export const DRAW_KEY = Buffer.from('a key for tests');

/** One small campaign: once per customer and kind of bill; generous limits where none is given. */
export function campaigns(settings: Settings = {}): CompiledCampaigns {
  const { quota = 1_000_000, total = 1_000_000_000, spend = total } = settings;
  const { placeholders = [], adjustments, onExpressionError } = settings;
  const tiers = settings.tiers ?? [{ atLeast: 30_000, off: 1000, quota }];
  const hasBenefit = BENEFITS.some((key) => Object.hasOwn(settings.offer ?? {}, key));
  const list = [
    campaignSchema.parse({
      id: 'bills',
      title: 'Bills',
      timezone: 'Asia/Shanghai',
      currency: 'CNY',
      window: { from: '2026-01-01T00:00:00+08:00', to: '2027-01-01T00:00:00+08:00' },
      budgets: { total: { limit: total, children: { spend: { limit: spend } } } },
      offers: [
        {
          id: 'off',
          title: 'Off',
          budget: 'total.spend',
          when: { channel: ['mobile_bank'], category: ['water', 'gas'] },
          ...(hasBenefit ? {} : { tiers }),
          limits: [{ per: ['customer', 'category'], max: 1 }],
          ...settings.offer,
        },
        ...(settings.offers ?? []),
      ],
      ...settings.campaign,
    }),
  ];
  return compileCampaigns(list, {
    isPlaceholder: (value) => value === '' || placeholders.includes(value),
    drawKey: DRAW_KEY,
    ...(adjustments && { adjustments }),
    ...(onExpressionError && { onExpressionError }),
  });
}

/** Names of the accounts of `campaigns()`. */
export const TOTAL = 'budget/bills/total';
export const SPEND = 'budget/bills/total.spend';
