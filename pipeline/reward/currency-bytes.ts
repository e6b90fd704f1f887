/** Compares an event's currency where it lies, without making a text of it. */

import type { EventBatch } from '../event.ts';
import { textColumn } from '../event-fields.ts';

const CURRENCY = textColumn('currency');

/** Whether the row's currency is the one wanted; undefined: any is. */
export function hasCurrency(
  { capacity, source, spanStart, spanLength }: EventBatch,
  row: number,
  wanted: Buffer | undefined,
): boolean {
  if (wanted === undefined) return true;
  const cell = CURRENCY * capacity + row;
  if (spanLength[cell] !== wanted.length) return false;
  const bytes = source[row]!;
  const start = spanStart[cell]!;
  for (let i = 0; i < wanted.length; i++) if (bytes[start + i] !== wanted[i]) return false;
  return true;
}
