/** When a simulation begins: on a Friday morning, ten minutes before the Friday offer opens. */

import { DateTime } from 'luxon';

/** Half-open, [from, to), in milliseconds since the Unix epoch. */
export interface Window {
  readonly from: number;
  readonly to: number;
}

/**
 * The latest Friday 09:50 in Shanghai, at or before an instant, on which as many campaigns run as on any other,
 * so that their rewards are seen long after they have ended too.
 */
export function openingBefore(atMs: number, windows: readonly Window[]): number {
  const running = (friday: number): number =>
    windows.filter(({ from, to }) => friday >= from && friday < to).length;
  return windows
    .map(({ to }) => fridayBefore(Math.min(atMs, to - 1)))
    .reduce((best, friday) => {
      const more = running(friday) - running(best);
      return more > 0 || (more === 0 && friday > best) ? friday : best;
    }, fridayBefore(atMs));
}

function fridayBefore(atMs: number): number {
  const at = DateTime.fromMillis(atMs, { zone: 'Asia/Shanghai' });
  const friday = at
    .minus({ days: (at.weekday + 2) % 7 })
    .set({ hour: 9, minute: 50, second: 0, millisecond: 0 });
  return (friday > at ? friday.minus({ weeks: 1 }) : friday).toMillis();
}
