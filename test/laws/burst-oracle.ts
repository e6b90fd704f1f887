/** What a burst measures, worked out anew from the list of all events in time: slow, and as the words say. */

import { median, medianAbsoluteDeviation } from 'simple-statistics';
import { burstKeys, seenTypes, type BurstFeature } from '../../pipeline/detect/burst-feature.ts';
import type { KeyField } from '../../pipeline/event-fields.ts';
import type { Row } from '../support/batches.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;

/** @param rows in time, the measured one among them. @returns NaN for absent. */
export function measureBurst(spec: BurstFeature, rows: readonly Row[], event: Row): number {
  const key = keyOf(spec, event);
  if (key === undefined) return Number.NaN;
  const inBucket = (startMs: number): number => {
    const of = rows.filter(
      (row) =>
        spec.on.includes(row.type) &&
        keyOf(spec, row) === key &&
        row.occurredAtMs >= startMs &&
        row.occurredAtMs < startMs + spec.bucketMs,
    );
    if (spec.distinct === undefined) return of.length;
    const field = spec.distinct;
    return new Set(of.map((row) => row[field]).filter((member) => member !== undefined)).size;
  };
  const floor = (atMs: number, stepMs: number): number => Math.floor(atMs / stepMs) * stepMs;
  const count = inBucket(floor(event.occurredAtMs, spec.bucketMs));
  if (spec.read === 'count') return count;
  if (count < spec.from) return Number.NaN;

  const hourMs = floor(event.occurredAtMs, HOUR_MS);
  const today = floor(event.occurredAtMs, DAY_MS);
  const seen = rows.filter((row) => seenTypes(spec).includes(row.type));
  const known: number[] = [];
  for (let back = spec.days; back >= 1; back--) {
    const dayMs = today - back * DAY_MS;
    const sameHour = hourMs - back * DAY_MS;
    const alive = seen.some(({ occurredAtMs: at }) => at >= sameHour && at < sameHour + HOUR_MS);
    const firstDay = today - spec.days * DAY_MS;
    const keySeen = seen.some(
      (row) =>
        keyOf(spec, row) === key &&
        row.occurredAtMs >= firstDay &&
        row.occurredAtMs < dayMs + DAY_MS,
    );
    if (!alive || !keySeen) continue;
    for (let at = sameHour; at < sameHour + HOUR_MS; at += spec.bucketMs) known.push(inBucket(at));
  }
  if (spec.read === 'known') return known.length;
  if (known.length < (spec.knownDays * HOUR_MS) / spec.bucketMs) return Number.NaN;
  const usual = median(known);
  if (spec.read === 'baseline') return usual;
  const scale = Math.max(1.4826 * medianAbsoluteDeviation(known), Math.sqrt(Math.max(1, usual)));
  return (count - usual) / scale;
}

function keyOf(spec: BurstFeature, row: Row): string | undefined {
  const parts = burstKeys(spec).map((key) => row[key as KeyField]);
  return parts.includes(undefined) ? undefined : JSON.stringify(parts);
}
