/** What honest customers do because there is a campaign: claims of vouchers, malls, travel, points, proofs, shares. */

import { grantIdOf } from '../reward/grant-id.ts';
import { integer, logNormal, pick } from './chance.ts';
import { isWorkday, MINUTE_MS } from './calendar.ts';
import type { Purchase } from './faces.ts';
import type { Draft } from './simulated-event.ts';
import type { Visit, WeightedVisit, World } from './visit.ts';

/** What is asked for at the points shops: offer, item, points, and the cash beside them in fen. */
const WISHES: readonly (readonly [offerId: string, item: string, points: number, cash?: number])[] =
  [
    ['points-shop', 'kettle', 20_000],
    ['points-shop', 'rice-cooker', 20_000],
    ['voucher-shop', 'dining', 20_000],
    ['voucher-shop', 'shopping', 20_000],
    ['combo-shop', 'kettle', 10_000, 2000],
    ['card-points-shop', 'video', 7_500],
  ];

export class Participants {
  readonly visits: readonly WeightedVisit[];
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
    this.visits = [
      [1.5, 1.5, this.#share],
      [1.5, 1.5, this.#claimVouchers],
      [2, 2, this.#visitMall],
      [0.8, 0.8, this.#travel],
      [0.8, 0.8, this.#spendPoints],
      [0.8, 0.8, this.#proveSpend],
      [1.5, 1.5, this.#useSegment],
    ];
  }

  readonly #share: Visit = (customer, atMs) => {
    this.#tap(customer, atMs, 'campaign.viewed');
    const at = atMs + logNormal(this.#world.random, 30_000, 0.6);
    this.#tap(customer, at, 'campaign.shared');
  };

  /** A pack of the mall or of daily life; the parking voucher of the first is used an hour later by some. */
  readonly #claimVouchers: Visit = (customer, atMs) => {
    const { people, random, plan, faces } = this.#world;
    const offerId = pick(random, ['mall-pack', 'life-zone']);
    const claimed = this.#tap(customer, atMs, 'voucher.claimed', { offerId });
    if (offerId !== 'mall-pack' || random() >= 0.3) return;
    const scope = `customer=${people.customerId(customer)}`;
    const voucherId = `${grantIdOf('credit-card', offerId, scope, claimed)}.1`;
    const at = atMs + 10 * MINUTE_MS + logNormal(random, 25 * MINUTE_MS, 0.6);
    plan(at, {
      ...faces.digital(customer, at, true),
      type: 'voucher.redeemed',
      merchantId: mall(random),
      amount: integer(random, 10, 40) * 100,
      currency: 'CNY',
      attributes: { voucherId },
    });
  };

  /** The card is authorised at the till; a few change their minds, and now and then the line breaks. */
  readonly #visitMall: Visit = (customer, atMs) => {
    const { random } = this.#world;
    const filledUp = !isWorkday(atMs) && random() < 0.6;
    const amount = filledUp
      ? pick(random, [50_000, 80_000]) + logNormal(random, 4_000, 0.9)
      : logNormal(random, 30_000, 0.8);
    const instrument = random() < 0.8 ? 'credit' : 'debit';
    const purchase = { merchantId: mall(random), category: 'fashion', instrument, amount } as const;
    this.#authorise(customer, atMs, purchase);
  };

  readonly #travel: Visit = (customer, atMs) => {
    const { random } = this.#world;
    const product = random() < 0.7 ? 'ticket' : 'hotel';
    const amount = logNormal(random, product === 'ticket' ? 16_000 : 95_000, 0.5);
    const place = { merchantId: 'travel-01', category: 'travel', instrument: 'credit' } as const;
    this.#authorise(customer, atMs, { ...place, amount }, { product });
  };

  /** Something dear by credit card, and what its points buy; some ask for more than they have. */
  readonly #spendPoints: Visit = (customer, atMs) => {
    const { random, plan, faces } = this.#world;
    const [offerId, item, points, cash] = pick(random, WISHES);
    let at = atMs;
    if (random() < 0.85) {
      // Two points for each yuan.
      const amount = points * 50 * (1.02 + random() / 2);
      const shop = {
        merchantId: 'shop-0010',
        category: 'electronics',
        instrument: 'credit',
      } as const;
      plan(at, { ...faces.atTill(customer, at, { ...shop, amount }), type: 'payment' });
      at += 2 * MINUTE_MS + logNormal(random, 12 * MINUTE_MS, 0.6);
    }
    plan(at, {
      ...faces.digital(customer, at, true),
      type: 'redemption.requested',
      ...(cash !== undefined && { amount: cash, currency: 'CNY' }),
      attributes: { offerId, item },
    });
  };

  /** A receipt of a partner, photographed at home. */
  readonly #proveSpend: Visit = (customer, atMs) => {
    const { market, random, plan, faces } = this.#world;
    const { id: merchantId, category } = market.partner(random);
    const instrument = random() < 0.7 ? 'credit' : 'debit';
    const amount = 25_000 + logNormal(random, 20_000, 0.8);
    const till = faces.atTill(customer, atMs, { merchantId, category, instrument, amount });
    const paymentId = plan(atMs, { ...till, type: 'payment' });
    const at = atMs + 5 * MINUTE_MS + logNormal(random, 20 * MINUTE_MS, 0.6);
    const { cardId, currency } = till;
    plan(at, {
      ...faces.digital(customer, at, true),
      ...{ type: 'proof.submitted', cardId, currency, merchantId, category, instrument },
      amount: till.amount,
      attributes: { paymentId },
    });
  };

  /** The bank learns who somebody is, and they use what is meant for them. */
  readonly #useSegment: Visit = (customer, atMs) => {
    const { people, random, plan, faces } = this.#world;
    const segment = people.segment(customer);
    const birthday = people.birthday(customer);
    const tags = segment === undefined ? [] : [segment];
    this.#tap(customer, atMs, 'customer.updated', { birthday, tags });
    const at = atMs + MINUTE_MS + logNormal(random, 8 * MINUTE_MS, 0.7);
    if (segment === 'high-end') {
      this.#tap(customer, at, 'voucher.claimed', {
        offerId: pick(random, ['lounge', 'private-event']),
      });
    } else if (segment !== undefined) {
      const [merchantId, category, least] =
        segment === 'family'
          ? (['hypermarket-01', 'supermarket', 30_000] as const)
          : ([`trendy-0${integer(random, 1, 3)}`, 'fashion', 20_000] as const);
      const amount = least + logNormal(random, 4_000, 0.8);
      const purchase = { merchantId, category, instrument: 'credit', amount } as const;
      plan(at, { ...faces.atTill(customer, at, purchase), type: 'payment' });
      const later = at + logNormal(random, 10 * MINUTE_MS, 0.5);
      if (segment === 'family')
        this.#tap(customer, later, 'voucher.claimed', { offerId: 'kids-park' });
    }
  };

  #authorise(
    customer: number,
    atMs: number,
    purchase: Purchase,
    attributes?: Readonly<Record<string, string>>,
  ): void {
    const { random, plan, faces } = this.#world;
    const till = faces.atTill(customer, atMs, purchase);
    const authorisationId = plan(atMs, {
      ...till,
      type: 'payment.authorising',
      ...(attributes && { attributes }),
    });
    const outcome = random();
    if (outcome >= 0.97) return;
    const type = outcome < 0.91 ? 'payment' : 'payment.cancelled';
    const at = atMs + logNormal(random, 20_000, 0.6);
    plan(at, { ...till, type, attributes: { ...attributes, authorisationId } });
  }

  /** @returns the event's id. */
  #tap(
    customer: number,
    atMs: number,
    type: Draft['type'],
    attributes?: Draft['attributes'],
  ): string {
    const { faces, plan } = this.#world;
    const draft: Draft = { ...faces.digital(customer, atMs, true), type };
    return plan(atMs, attributes === undefined ? draft : { ...draft, attributes });
  }
}

function mall(random: World['random']): string {
  return pick(random, ['mall-01', 'mall-02', 'mall-03']);
}
