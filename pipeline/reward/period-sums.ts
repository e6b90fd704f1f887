/** What an event adds to a customer's record for the periods that campaigns count in. */

import type { EventView } from '../event.ts';
import { textColumn } from '../event-fields.ts';
import { hasCurrency } from './currency-bytes.ts';
import type { FactPeriod } from './customer-facts.ts';
import type { CustomerTotals } from './customer-totals.ts';
import type { FactRecord } from './fact-table.ts';
import { NumberColumn, periodInt, periodNumber } from './facts-view.ts';

type CountedPeriod = FactPeriod & { readonly currencyBytes: Buffer | undefined };

const REFUND_OF = textColumn('refundOf');

/** Every method writes to the record that it is given, in the columns of the periods. */
export class PeriodSums {
  readonly #periods: readonly CountedPeriod[];

  constructor(periods: readonly FactPeriod[]) {
    this.#periods = periods.map((period) => ({
      ...period,
      currencyBytes: period.currency === undefined ? undefined : Buffer.from(period.currency),
    }));
  }

  payment(at: FactRecord, { batch, row }: EventView, atMs: number): void {
    const amountMinor = batch.amountMinor[row]! || 0;
    const periods = this.#periods;
    for (let index = 0; index < periods.length; index++) {
      const period = periods[index]!;
      const number = periodNumber(index);
      if (atMs < period.fromMs) at.latest(number + NumberColumn.periodLastBefore, atMs);
      else if (atMs < period.toMs) {
        at.count(periodInt(index), 1);
        if (hasCurrency(batch, row, period.currencyBytes)) {
          at.sum(number + NumberColumn.periodSpend, amountMinor);
        }
      }
    }
  }

  /**
   * Who sends back what was bought has not spent it, however long after the period. A refund that names no payment is
   * refused by the ledger too.
   */
  refund(at: FactRecord, { batch, row }: EventView, atMs: number): void {
    if (batch.spanLength[REFUND_OF * batch.capacity + row]! <= 0) return;
    const amountMinor = batch.amountMinor[row]! || 0;
    const periods = this.#periods;
    for (let index = 0; index < periods.length; index++) {
      const { fromMs, currencyBytes } = periods[index]!;
      if (atMs < fromMs || !hasCurrency(batch, row, currencyBytes)) continue;
      at.sum(periodNumber(index) + NumberColumn.periodSpend, -amountMinor);
    }
  }

  login(at: FactRecord, atMs: number): void {
    const periods = this.#periods;
    for (let index = 0; index < periods.length; index++) {
      const { fromMs, toMs } = periods[index]!;
      if (atMs < fromMs || atMs >= toMs) continue;
      at.earliest(periodNumber(index) + NumberColumn.periodFirstLogin, atMs);
    }
  }

  /** @param totals by period, in the order of the periods. */
  add(at: FactRecord, totals: CustomerTotals['periods']): void {
    for (const [index, period] of totals.entries()) {
      const number = periodNumber(index);
      at.earliest(number + NumberColumn.periodFirstLogin, period.firstLoginAtMs);
      at.latest(number + NumberColumn.periodLastBefore, period.lastPaymentBeforeMs);
      at.sum(number + NumberColumn.periodSpend, period.spendMinor);
      at.count(periodInt(index), period.payments);
    }
  }
}
