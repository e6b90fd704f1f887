/** How often each reason kept an event from an offer of one campaign: counted per event, told every few seconds. */

import { INELIGIBLE_REASONS, type IneligibleReason } from './grant.ts';

export class IneligibleCounts {
  readonly #counts: Record<IneligibleReason, number>;

  constructor() {
    this.#counts = Object.fromEntries(INELIGIBLE_REASONS.map((reason) => [reason, 0])) as Record<
      IneligibleReason,
      number
    >;
  }

  count(reason: IneligibleReason): void {
    this.#counts[reason]++;
  }

  /** What came since the last call, without the reasons that did not occur. */
  take(): [reason: IneligibleReason, count: number][] {
    return INELIGIBLE_REASONS.flatMap((reason) => {
      const count = this.#counts[reason];
      this.#counts[reason] = 0;
      return count === 0 ? [] : [[reason, count] as [IneligibleReason, number]];
    });
  }
}
