/** New customers: account, card, activation, wallet, and the first payment; some were invited, some hurry. */

import { grantIdOf } from '../reward/grant-id.ts';
import { integer, logNormal, pick } from './chance.ts';
import { HOUR_MS, MINUTE_MS } from './calendar.ts';
import { LONGEST_FOLLOW_UP_MS } from './population.ts';
import type { Draft } from './simulated-event.ts';
import { billPayment, instalmentOf, type Visit, type WeightedVisit, type World } from './visit.ts';

/** Who follows the card's steps in the application is through in half an hour; by post it takes days. */
const IN_A_HURRY = 0.5;

export class NewCustomers {
  readonly visits: readonly WeightedVisit[];
  readonly #world: World;
  #signUps = 0;

  constructor(world: World) {
    this.#world = world;
    const weight = 1.6 * world.people.launch;
    this.visits = [[weight, weight, this.#signUp]];
  }

  readonly #signUp: Visit = (_, atMs) => {
    // Steps of three keep every new customer in a household of their own.
    const { people, random } = this.#world;
    const customer = people.firstSignUp + this.#signUps * 3;
    this.#signUps += 1;
    const pace = random() < IN_A_HURRY ? 0.02 : 1;
    this.#step(customer, atMs, 'account.opened');
    this.#introduce(customer, atMs + integer(random, 10_000, 60_000));
    let at = atMs + Math.max(5 * MINUTE_MS, pace * logNormal(random, HOUR_MS, 1));
    this.#step(customer, at, 'card.approved');
    at += Math.max(2 * MINUTE_MS, pace * logNormal(random, 2 * HOUR_MS, 1));
    const applySource = random() < 0.15 ? 'street' : 'app';
    this.#step(customer, at, 'card.activated', { applySource });
    if (random() < 0.6) {
      at += Math.max(MINUTE_MS, pace * logNormal(random, HOUR_MS, 1));
      const wallet = pick(random, ['wechat', 'alipay', 'unionpay']);
      this.#step(customer, at, 'wallet.bound', { applyChannel: 'mobile_bank', wallet });
    }
    at += Math.max(10 * MINUTE_MS, pace * logNormal(random, 3 * HOUR_MS, 1.2));
    if (at - atMs < LONGEST_FOLLOW_UP_MS) this.#spend(customer, at);
  };

  #step(
    customer: number,
    atMs: number,
    type: Draft['type'],
    attributes?: Draft['attributes'],
  ): void {
    const { faces, plan } = this.#world;
    const draft: Draft = { ...faces.digital(customer, atMs, true), type };
    plan(atMs, attributes === undefined ? draft : { ...draft, attributes });
  }

  /** What the application asks for, and who sent them. */
  #introduce(customer: number, atMs: number): void {
    const { people, random } = this.#world;
    const segment = people.segment(customer);
    this.#step(customer, atMs, 'customer.updated', {
      birthday: people.birthday(customer),
      tags: segment === undefined ? [] : [segment],
    });
    if (random() >= 0.3) return;
    const inviterId = people.customerId(people.visitor(random));
    this.#step(customer, atMs + integer(random, 5_000, 30_000), 'referral.joined', { inviterId });
  }

  /** The first payment: a bill, or a purchase with the new card; some then put a bill on instalments. */
  #spend(customer: number, atMs: number): void {
    const { people, market, random, plan, faces } = this.#world;
    const cardId = people.cardId(customer, random);
    if (random() < 0.5) {
      const bill = market.billAt(integer(random, 0, 4));
      plan(atMs, billPayment(this.#world, customer, atMs, { bill, mobile: true, cardId }));
      return;
    }
    const { id: merchantId, category } = market.shop(random);
    const amount = 30_000 + logNormal(random, 8_000, 1);
    const purchase = { merchantId, category, instrument: 'credit', amount } as const;
    const till = { ...faces.atTill(customer, atMs, purchase), cardId };
    const paid = plan(atMs, { ...till, type: 'payment' });
    this.#choose(customer, atMs, paid);
    if (random() < 0.2) {
      const at = atMs + logNormal(random, 20 * MINUTE_MS, 0.5);
      const draft = faces.digital(customer, at, true);
      const instalment = { instrument: 'credit', ...instalmentOf(random) };
      plan(at, { ...draft, cardId, type: 'instalment', ...instalment });
    }
  }

  /**
   * One of the two gifts for a first spend. The simulator sees no answers, but a reward's id follows from who,
   * which offer and which payment; where it was not given after all, the choice is refused.
   */
  #choose(customer: number, paidAtMs: number, paymentId: string): void {
    const { people, random } = this.#world;
    if (random() < 0.2) return;
    const scope = `customer=${people.customerId(customer)}`;
    const grantId = grantIdOf('credit-card', 'first-spend', scope, paymentId);
    const option = random() < 0.7 ? 'mall-voucher' : 'cup';
    const at = paidAtMs + MINUTE_MS + logNormal(random, 5 * MINUTE_MS, 0.8);
    this.#step(customer, at, 'choice.made', { grantId, option });
  }
}
