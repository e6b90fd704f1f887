/** What history says of when keys were last seen, taken by the database a share of the keys at a time. */

import type { FeatureCondition, InCondition, NotInCondition } from '../detect/feature.ts';
import type { LatestQuery, LatestRow } from '../detect/last-seen-source.ts';
import type { NumberField } from '../event-fields.ts';
import type { Analytics } from './analytics.ts';
import { instant, listed, TEXT_OF } from './burst-history.ts';

/** A key of a share costs the database some hundred bytes. */
const KEYS_A_SHARE = 1_000_000;

/** As the decoder works it out: see place.ts. */
const PLACE = `(floor((latitude + 90) * 1e5 + 0.5) * 36000001 + floor((longitude + 180) * 1e5 + 0.5))`;

const NUMBER_OF: Readonly<Record<NumberField, string>> = {
  amountMinor: 'amount_minor',
  terms: 'terms',
  latitude: 'latitude',
  longitude: 'longitude',
  place: PLACE,
  occurredAtMs: 'toUnixTimestamp64Milli(occurred_at)',
};

/**
 * As `LatestHistory.latest`.
 * @param isHistory the SQL condition that leaves torn rows out.
 */
export async function* latestRows(
  analytics: Analytics,
  isHistory: string,
  query: LatestQuery,
  keysAShare = KEYS_A_SHARE,
): AsyncGenerator<readonly LatestRow[], void, undefined> {
  const where = [
    `type IN (${listed(query.on)}) AND NOT late AND ${isHistory}`,
    `occurred_at > ${instant(query.fromMs)} AND occurred_at <= ${instant(query.toMs)}`,
    ...query.where.map(conditionOf),
  ].join(' AND ');
  const texts = `toJSONString([${query.keys.map((key) => TEXT_OF[key]).join(', ')}])`;
  const [size] = await analytics.query<{ keys: number; events: number }>(
    `SELECT uniq(${texts}) AS keys, count() AS events FROM events FINAL WHERE ${where}`,
  );
  const shares = Math.ceil(size!.keys / keysAShare);
  let seen = 0;
  for (let share = 0; share < shares; share++) {
    const lines = analytics.lines(
      `SELECT max(toUnixTimestamp64Milli(occurred_at)), count(), ${texts} AS texts FROM events FINAL
       WHERE ${where} AND cityHash64(${texts}) % ${shares} = ${share} GROUP BY texts`,
    );
    for await (const page of lines) {
      yield page.map((line) => {
        const [latest, events, json] = line.toString('utf8').split('\t');
        seen += Number(events);
        return { keys: JSON.parse(json!) as string[], occurredAtMs: Number(latest) };
      });
    }
  }
  // A server that fails in mid-answer can only cut it short.
  if (seen !== size!.events) {
    throw new Error(`keys last seen in ${seen} of ${size!.events} events: the answer broke off`);
  }
}

function conditionOf(condition: FeatureCondition): string {
  if ('in' in condition || 'notIn' in condition) return textConditionOf(condition);
  const number = NUMBER_OF[condition.field];
  const { atLeast, atMost } = condition;
  return [
    `${number} IS NOT NULL`,
    ...(atLeast === undefined ? [] : [`${number} >= ${atLeast}`]),
    ...(atMost === undefined ? [] : [`${number} <= ${atMost}`]),
  ].join(' AND ');
}

/** An empty text is a missing one, which no condition meets. */
function textConditionOf(condition: InCondition | NotInCondition): string {
  const { field } = condition;
  const text = field === 'currency' ? 'currency' : TEXT_OF[field];
  const words = ('in' in condition ? condition.in : condition.notIn)
    .map((word) => `'${word.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`)
    .join(', ');
  const isOne = words === '' ? 'false' : `${text} IN (${words})`;
  return `(${text} != '' AND ${'in' in condition ? '' : 'NOT '}(${isOne}))`;
}
