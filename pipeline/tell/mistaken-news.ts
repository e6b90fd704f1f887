/** Addresses that are none join no events: what counts over them is blind there, and somebody has to know. */

import type { EventBatch } from '../event.ts';
import type { Logger, Metrics } from '../telemetry.ts';

export class MistakenNews {
  readonly #told = new Set<string>();

  /** Counts them, and tells of the first of each source. */
  tell(
    { metrics, log }: { readonly metrics: Metrics; readonly log: Pick<Logger, 'warn'> },
    source: string,
    batch: EventBatch,
  ): void {
    const [first] = batch.mistakenAddresses;
    if (first === undefined) return;
    metrics.mistakenValues.inc({ field: 'ip' }, batch.mistakenAddresses.length);
    if (this.#told.has(source)) return;
    this.#told.add(source);
    log.warn(
      { source, eventId: batch.text('id', first) },
      'ip is no address, or several, so it joins no events (same-ip, network-burst, rings and lists of addresses): send the one address that the gateway itself saw; sheepdog_mistaken_values_total counts the rest',
    );
  }
}
