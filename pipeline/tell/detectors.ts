/** What is told of the detectors themselves: silence and drift. */

import type { FindingRates } from './drift.ts';
import type { Logger, Metrics } from '../telemetry.ts';

/**
 * Sets the gauges, and logs one line for each detector that has left its band or come back.
 * @param detectors names of those that are on.
 */
export function tellDetectors(
  { log, metrics }: { readonly log: Logger; readonly metrics: Metrics },
  rates: FindingRates,
  watermarkMs: number,
  detectors: readonly string[],
): void {
  for (const { detector, state, rate, usual, bucketStartMs } of rates.settle(watermarkMs)) {
    const from = new Date(bucketStartMs).toISOString();
    const told = { detector, state, rate, usual, from };
    if (state === 'usual') log.info(told, 'a detector finds as often as usual again');
    else if (state === 'above') log.warn(told, 'a detector finds more often than usual');
    else log.warn(told, 'a detector finds less often than usual');
  }
  for (const detector of detectors) {
    metrics.detectorSilence.set({ detector }, rates.secondsSinceFinding(detector, watermarkMs));
    metrics.detectorDrift.set({ detector }, rates.driftOf(detector));
  }
}
