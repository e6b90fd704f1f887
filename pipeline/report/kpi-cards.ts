/** Cards: issued and activated, by the month of issue. */

import { eventsOf, instant, localMonth } from './fragments.ts';
import type { Kpi } from './kpi.ts';

export interface CardRow {
  readonly period: 'window' | 'baseline';
  readonly cohort: string;
  readonly applied: number;
  readonly stopped: number;
  readonly issued: number;
  readonly activated: number;
}

export const CARDS: Kpi = {
  definition:
    'A card is issued by its first card.approved that was not stopped. Activation rate = cards of the issue cohort with a ' +
    'card.activated at or after their issue, until the end of the record ÷ cards of the cohort. A card without a number is ' +
    'known by its customer. Cohorts are local months of issue.',
  sql: `
SELECT if(issued_at >= ${instant('from')}, 'window', 'baseline') AS period, ${localMonth('issued_at')} AS cohort,
  count() AS applied, countIf(approvals = 0) AS stopped, countIf(approvals > 0) AS issued,
  countIf(approvals > 0 AND activations > 0 AND activated_at >= issued_at) AS activated
FROM
(
  SELECT if(card_id = '', customer, concat('card=', card_id)) AS card,
    countIf(type = 'card.approved' AND NOT stopped) AS approvals, countIf(type = 'card.approved') AS applications,
    if(approvals > 0, minIf(occurred_at, type = 'card.approved' AND NOT stopped), minIf(occurred_at, type = 'card.approved')) AS issued_at,
    countIf(type = 'card.activated' AND NOT stopped) AS activations,
    maxIf(occurred_at, type = 'card.activated' AND NOT stopped) AS activated_at
  FROM (${eventsOf(['card.approved', 'card.activated'], 'base', 'forever')})
  GROUP BY card
  HAVING card != '' AND applications > 0 AND issued_at < ${instant('until')}
)
GROUP BY period, cohort
ORDER BY period, cohort`,
};
