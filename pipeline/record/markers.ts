/** The markers of `progress`: which rows are history, because their epoch's marker has reached them. */

import type { Analytics } from './analytics.ts';
import type { Marker } from './tables/progress.ts';

const SEQUENCE_MASK = 274_877_906_943;

/** The markers of all starts, by epoch. */
export async function readMarkers(analytics: Pick<Analytics, 'query'>): Promise<readonly Marker[]> {
  return analytics.query<Marker>(
    `SELECT worker, epoch, sequence, toUnixTimestamp64Milli(watermark) AS watermarkMs, positions
     FROM progress FINAL ORDER BY epoch, worker`,
  );
}

/** The condition that holds for rows of history, for who only reads: no epoch is claimed. */
export async function recordedCondition(analytics: Pick<Analytics, 'query'>): Promise<string> {
  return historyCondition(await readMarkers(analytics), 0);
}

/**
 * The SQL condition that holds for rows up to the marker of their epoch, and for this start's own, which are in memory too.
 * @param epoch of this start; 0: of none.
 */
export function historyCondition(markers: readonly Marker[], epoch: number): string {
  const closed = markers.filter(({ sequence }) => sequence > 0);
  const epochs = [...closed.map((marker) => marker.epoch), epoch];
  const reached = [...closed.map((marker) => marker.sequence), SEQUENCE_MASK];
  return `bitAnd(arrival, ${SEQUENCE_MASK}) <= transform(toUInt32(bitShiftRight(arrival, 38)),
    [${epochs.map((each) => `toUInt32(${each})`).join(', ')}],
    [${reached.map((each) => `toUInt64(${each})`).join(', ')}], toUInt64(0))`;
}
