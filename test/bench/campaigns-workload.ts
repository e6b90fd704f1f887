/** Three campaigns of ten offers each, as the three plans have them, and a crowd that meets all of them. */

import { campaignSchema, type Campaign } from '../../config/campaign-schema.ts';
import { seededRandom } from '../../pipeline/clock.ts';
import { EventBatch } from '../../pipeline/event.ts';
import { testDecoder } from '../support/events.ts';

const START_MS = Date.UTC(2026, 10, 20, 2);
const RECEIVED_MS = START_MS + 86_400_000;
const BILLS = ['water', 'electricity', 'gas', 'phone', 'property'];
const SHOPS = ['supermarket', 'dining', 'fashion', 'travel', 'fuel', 'toys', 'books', 'sports'];
const ONCE = [{ per: ['customer'], period: 'campaign', max: 1 }];
const DAILY = [{ per: ['card'], period: 'day', max: 1 }];
const pack = (voucher: string, face: number): object[] => [{ voucher, face, validFor: '15d' }];

type OfferKeys = Readonly<Record<string, unknown>>;

/** Offers by id; each names its benefit, and `on` where it is not a payment. */
const OFFERS: Readonly<Record<string, Readonly<Record<string, OfferKeys>>>> = {
  bills: {
    'bill-off': {
      ...{ when: { channel: ['mobile_bank'], category: BILLS }, group: 'bill', stacking: 'group' },
      ...{ excludedBy: ['newcomer'], limits: [{ per: ['customer', 'category'], max: 1 }] },
      tiers: [
        { atLeast: 10_000, off: 500, quota: 1e9 },
        { atLeast: 20_000, off: 1200, quota: 1e9 },
        { atLeast: 50_000, off: 4000, quota: 1e9 },
      ],
    },
    'bill-draw': {
      ...{ when: { channel: ['mobile_bank'], category: BILLS }, limits: ONCE },
      draw: {
        prizes: [
          { id: 'first', ppm: 100, goods: { sku: 'cup' } },
          { id: 'lucky', ppm: 200_000, off: 200 },
        ],
        none: { ppm: 799_900 },
      },
      claim: { within: '10wd' },
    },
    newcomer: {
      ...{ when: { category: BILLS }, eligible: 'segment.newUser', limits: ONCE, priority: 90 },
      vouchers: pack('phone', 2000),
    },
    property: { when: { merchant: ['mer-7'] }, off: { percentBp: 500, cap: 3000 }, limits: ONCE },
    share: { on: ['campaign.shared'], points: 5, limits: ONCE },
    refer: { on: ['referral.joined'], to: 'inviter', points: 500 },
    online: { when: { channel: ['online_bank'] }, eligible: 'event.amount >= 5000', off: 100 },
    elderly: { eligible: 'hasTag("elderly") && event.category in params.bills', off: 300 },
    evening: { eligible: 'hour(event.occurredAt) >= 18 && event.category == "gas"', off: 50 },
    loyal: { when: { category: BILLS }, eligible: 'inCampaign.payments >= 3', points: 10 },
  },
  redeem: {
    shop: {
      on: ['redemption.requested'],
      exchange: {
        items: [{ id: 'cup', goods: { sku: 'cup' }, combos: [{ points: 500, cash: 900 }] }],
      },
      review: 'always',
    },
    back: { on: ['redemption.requested'], points: { ofSpentBp: 500 } },
    proof: {
      ...{ on: ['proof.submitted'], review: 'always', vouchers: pack('dining', 5000) },
      eligible: 'listed(event.merchantId, "partners")',
    },
    'spend-300': { when: { merchant: { list: 'partners' } }, atLeast: 30_000, points: 30 },
    'spend-500': { when: { merchant: { list: 'partners' } }, atLeast: 50_000, points: 80 },
    weekly: { on: ['voucher.claimed'], vouchers: pack('fuel', 500), limits: ONCE },
    ride: { on: ['voucher.claimed'], vouchers: pack('ride', 500), limits: ONCE },
    visit: { on: ['login'], eligible: 'customer.payments > 5', points: 1, limits: ONCE },
    wealth: { eligible: 'has(attributes.product) && attributes.product == "fund"', points: 9 },
    longer: { on: ['login'], extend: { vouchers: ['fuel'], by: '30d' }, limits: [] },
  },
  cards: {
    friday: {
      ...{ when: { category: ['supermarket', 'dining'] }, atLeast: 20_000, off: 5000 },
      ...{ schedule: { weekdays: ['friday'], from: '10:00', to: '22:00' }, limits: DAILY },
      quota: { max: 1e9 },
    },
    bind: {
      ...{ on: ['wallet.bound'], vouchers: pack('phone', 1000), quota: { max: 1e9 } },
      eligible:
        'segment.newCard && attributes.wallet in ["wechat", "alipay"] && withinDays(customer.cardApprovedAt, 30)',
    },
    'first-spend': {
      ...{ atLeast: 30_000, eligible: 'segment.newCard && customer.payments == 0', limits: ONCE },
      choice: {
        options: [
          { id: 'mall', vouchers: pack('mall', 10_000) },
          { id: 'cup', goods: { sku: 'cup' } },
        ],
        within: '30d',
      },
    },
    fee: {
      ...{ on: ['instalment'], eligible: 'segment.newCard', limits: ONCE, atLeast: 300_000 },
      feeCut: { of: 'attributes.fee', factorBp: 8000 },
    },
    cash: {
      ...{ on: ['instalment'], eligible: 'event.terms >= 12', atLeast: 500_000 },
      cashback: { bp: 100, cap: 10_000 },
    },
    double: {
      when: { instrument: ['credit'] },
      points: {
        perMinor: 100,
        rateBp: 20_000,
        bonus: { eligible: 'birthdayMonth()', addBp: 5000 },
      },
    },
    mall: {
      ...{ schedule: { weekdays: ['saturday', 'sunday'] }, atLeast: 50_000, off: 10_000 },
      eligible: 'event.merchantId in params.malls',
    },
    travel: {
      ...{ on: ['payment.authorising'], settle: 'preauth', when: { category: ['travel'] } },
      ...{ atLeast: 80_000, off: 15_000 },
    },
    wake: {
      ...{ atLeast: 10_000, eligible: 'segment.dormant && withinDays(customer.activatedAt, 7)' },
      draw: {
        prizes: [
          { id: 'card', ppm: 20_000, goods: { sku: 'cup' } },
          { id: 'repay', ppm: 980_000, vouchers: pack('repay', 500) },
        ],
        ...{ onPrizeEmpty: 'repay', certain: true },
      },
      limits: ONCE,
    },
    street: { on: ['card.activated'], eligible: 'segment.newCard', vouchers: pack('phone', 2000) },
  },
};

export function threeCampaigns(): Campaign[] {
  const room = { limit: 1e12 };
  return Object.entries(OFFERS).map(([id, offers]) =>
    campaignSchema.parse({
      ...{ id, title: id, timezone: 'Asia/Shanghai', currency: 'CNY', calendar: 'cn' },
      window: { from: '2026-01-01T00:00:00+08:00', to: '2026-12-01T00:00:00+08:00' },
      budgets: { total: { ...room, children: { reward: { ...room, children: { spend: room } } } } },
      points: { points: 500, worthMinor: 100 },
      stock: { cup: { units: 1e9, costMinor: 3000 } },
      params: { bills: BILLS, malls: ['mer-1', 'mer-2', 'mer-3'] },
      lists: { partners: Array.from({ length: 500 }, (_, n) => `mer-${n * 7}`) },
      segments: {
        newUser: 'customer.registeredAt >= campaign.from && customer.payments == 0',
        newCard: 'customer.cardApprovedAt >= campaign.from && customer.cards == 1',
        dormant:
          'inCampaign.lastPaymentBefore < 0 || monthsBetween(inCampaign.lastPaymentBefore, campaign.from) >= 6',
      },
      offers: Object.entries(offers).map(([offerId, offer]) => ({
        ...{ id: offerId, title: offerId, budget: 'total.reward.spend' },
        ...{ limits: [{ per: ['customer'], period: 'day', max: 5 }], ...offer },
      })),
    }),
  );
}

/** Types with their share in per cent, and what they carry beside the common fields. */
const TYPES: readonly (readonly [type: string, percent: number, attributes?: object])[] = [
  ['payment', 66],
  ['payment', 4, { product: 'fund', authorisationId: 'auth-1' }],
  ['payment.authorising', 5],
  ['login', 10],
  ['instalment', 3, { fee: 12_345 }],
  ['wallet.bound', 2, { wallet: 'wechat' }],
  ['card.approved', 2],
  ['card.activated', 2],
  ['redemption.requested', 2, { offerId: 'shop', item: 'cup' }],
  ['voucher.claimed', 2, { offerId: 'weekly' }],
  ['refund', 2],
];

/** The crowd as the decoder leaves it: batches of events whose text is still bytes. */
export function crowd(events: number): EventBatch {
  const random = seededRandom(11);
  const draw = (below: number): number => Math.floor(random() * below);
  const decoder = testDecoder();
  const batch = new EventBatch(events);
  for (let n = 0; n < events; n++) {
    let left = draw(100);
    const [type, , attributes = {}] = TYPES.find(([, percent]) => (left -= percent) < 0)!;
    const who = draw(20_000);
    const pays = ['payment', 'payment.authorising', 'instalment', 'refund'].includes(type);
    const fields = {
      ...{ id: `evt-${n}`, type, occurredAt: new Date(START_MS + n).toISOString() },
      ...{ accountId: `acc-${who}`, customerId: `cus-${who}`, cardId: `card-${who}` },
      ...{ deviceId: `dev-${who}`, ip: '203.0.113.9', merchantId: `mer-${draw(5000)}` },
      category: draw(3) === 0 ? BILLS[draw(BILLS.length)] : SHOPS[draw(SHOPS.length)],
      channel: ['mobile_bank', 'online_bank', 'pos'][draw(3)],
      instrument: ['credit', 'debit'][draw(2)],
      ...(pays && { amount: 1 + draw(type === 'instalment' ? 900_000 : 60_000), currency: 'CNY' }),
      ...(type === 'instalment' && { terms: 6 * (1 + draw(4)) }),
      ...(type === 'refund' && { refundOf: `evt-${draw(n + 1)}` }),
      ...attributes,
    };
    const failure = decoder.decode(Buffer.from(JSON.stringify(fields)), RECEIVED_MS, batch);
    if (failure !== undefined) throw new Error(`a bad event: ${failure.message}`);
  }
  return batch;
}
