/** The report's definitions once more, over the same rows, one customer after another and without SQL. */

import type { Campaign } from '../../config/campaign-schema.ts';
import type { Periods } from '../../pipeline/report/periods.ts';
import type { EventRow, GrantRow } from './history.ts';

const isStopped = ({ verdict, labels = [] }: EventRow): boolean =>
  verdict === 'block' || labels.at(-1) === 'confirmed';
const isNobody = (name: string | undefined): boolean =>
  name === undefined || name === '' || name === 'unknown';
export const customerOf = (row: Pick<EventRow, 'customer_id' | 'account_id'>): string =>
  isNobody(row.customer_id)
    ? isNobody(row.account_id)
      ? ''
      : `account=${row.account_id}`
    : `customer=${row.customer_id}`;

export class Oracle {
  readonly #events: readonly EventRow[];
  readonly #honest: readonly EventRow[];
  readonly #periods: Periods;
  readonly #campaign: Campaign;

  constructor(campaign: Campaign, periods: Periods, events: readonly EventRow[]) {
    this.#campaign = campaign;
    this.#periods = periods;
    this.#events = events;
    this.#honest = this.#events.filter((row) => !isStopped(row) && customerOf(row) !== '');
  }

  get customers(): readonly string[] {
    return [...new Set(this.#honest.map(customerOf))];
  }

  /** Honest events of a customer in [from, to), in the order of time. */
  of(
    customer: string,
    types: readonly string[],
    from = -Infinity,
    to = Infinity,
  ): readonly EventRow[] {
    return this.#honest
      .filter(
        (row) =>
          customerOf(row) === customer && types.includes(row.type) && row.at >= from && row.at < to,
      )
      .toSorted(
        (a, b) =>
          a.at - b.at ||
          Number(a.type === 'payment') - Number(b.type === 'payment') ||
          (a.event_id < b.event_id ? -1 : 1),
      );
  }

  business(from: number, to: number) {
    const inYuan = this.#events.filter(({ currency = 'CNY' }) => currency === 'CNY');
    const payments = inYuan.filter(
      (row) => row.type === 'payment' && row.at >= from && row.at < to,
    );
    const posted = payments.filter((row) => !isStopped(row));
    const refunded = (id: string): number =>
      sum(
        inYuan.filter(
          (row) => row.type === 'refund' && row.refund_of === id && row.at >= this.#periods.base,
        ),
      );
    return {
      payments: payments.length,
      stoppedPayments: payments.length - posted.length,
      amountMinor: sum(payments),
      stoppedMinor: sum(payments) - sum(posted),
      refundedMinor: posted.reduce(
        (all, row) => all + Math.min(refunded(row.event_id), row.amount ?? 0),
        0,
      ),
      activeCustomers: new Set(posted.map(customerOf).filter((name) => name !== '')).size,
    };
  }

  newcomers(): readonly { cameBy: string; spent: boolean; customer: string }[] {
    const { from, to } = this.#periods;
    return this.customers.flatMap((customer) => {
      const found = this.of(customer, ['account.opened', 'card.approved', 'payment'], 0, to);
      const first = found[0];
      if (first === undefined || first.at < from) return [];
      if (first.type === 'payment' && !this.#periods.comparable) return [];
      return [
        { customer, cameBy: first.type, spent: found.some(({ type }) => type === 'payment') },
      ];
    });
  }

  wakeUp() {
    const { from, to, until, dormantSince } = this.#periods;
    const marketing = ['campaign.viewed', 'campaign.shared', 'referral.joined'];
    const dormant = this.customers.filter((customer) => {
      const known = this.#honest.some(
        (row) =>
          customerOf(row) === customer &&
          row.at < Math.min(from, to) &&
          !marketing.includes(row.type),
      );
      return known && this.of(customer, ['payment'], dormantSince, from).length === 0;
    });
    const woken = dormant.filter(
      (customer) => this.of(customer, ['payment'], from, until).length > 0,
    );
    return { dormant: dormant.length, woken: woken.length };
  }

  funnel() {
    const { spanFrom, spanTo } = this.#periods;
    const steps = { viewed: 0, acquired: 0, spent: 0, repeated: 0 };
    for (const customer of this.customers) {
      const viewed = this.of(customer, ['campaign.viewed'], spanFrom, spanTo).find(
        ({ attributes = '' }) => attributes === '' || attributes.includes(`"${this.#campaign.id}"`),
      );
      if (viewed === undefined) continue;
      steps.viewed += 1;
      const acquired = this.of(customer, ['account.opened', 'card.approved'], viewed.at, spanTo)[0];
      if (acquired === undefined) continue;
      steps.acquired += 1;
      const payments = this.of(customer, ['payment'], acquired.at, spanTo).length;
      if (payments >= 1) steps.spent += 1;
      if (payments >= 2) steps.repeated += 1;
    }
    return steps;
  }

  retention(grants: readonly GrantRow[]) {
    const { to, retainedTo } = this.#periods;
    const live = grants.filter(
      ({ state }) => !['rejected', 'voided', 'clawed_back'].includes(state),
    );
    const participants = [...new Set(live.map(customerOf))].filter((name) => name !== '');
    const retained = participants.filter(
      (customer) => this.of(customer, ['payment'], to, retainedTo).length > 0,
    );
    return { participants: participants.length, retained: retained.length };
  }

  /** Of the window, all months together. */
  cards() {
    const { from, until, base } = this.#periods;
    const cardOf = (row: EventRow): string => row.card_id ?? customerOf(row);
    const seen = this.#events.filter((row) => row.at >= base);
    const ids = [...new Set(seen.filter(({ type }) => type === 'card.approved').map(cardOf))];
    let issued = 0;
    let activated = 0;
    for (const id of ids.filter((name) => name !== '')) {
      const own = seen.filter((row) => cardOf(row) === id && !isStopped(row));
      const issuedAt = Math.min(
        ...own.filter(({ type }) => type === 'card.approved').map(({ at }) => at),
      );
      if (issuedAt < from || issuedAt >= until) continue;
      issued += 1;
      if (own.some(({ type, at }) => type === 'card.activated' && at >= issuedAt)) activated += 1;
    }
    return { issued, activated };
  }
}

function sum(rows: readonly EventRow[]): number {
  return rows.reduce((all, { amount = 0 }) => all + amount, 0);
}
