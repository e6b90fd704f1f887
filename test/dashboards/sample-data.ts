/**
 * An hour of the simulator in every table, as a run would have left it: verdicts follow the labels, and
 * grants, freezes, ledger and statistics follow the verdicts. The rows are made by the database itself.
 */

import { join } from 'node:path';
import type { Analytics } from '../../pipeline/record/analytics.ts';
import { DEFAULT_SIMULATION } from '../../pipeline/simulate/simulate.ts';
import { writeSimulation } from '../../pipeline/simulate/write.ts';

export const SAMPLE_FROM_MS = DEFAULT_SIMULATION.startMs;
export const SAMPLE_TO_MS = SAMPLE_FROM_MS + 60 * 60_000;

const STRUCTURE = [
  ...['id', 'type', 'occurredAt', 'accountId', 'label'].map((name) => `${name} String`),
  ...['customerId', 'cardId', 'deviceId', 'ip', 'merchantId', 'category', 'channel'].map(
    (name) => `${name} String`,
  ),
  'instrument String',
  'currency String',
  'refundOf String',
  'amount Nullable(Int64)',
  'terms Nullable(Int32)',
  'geo Tuple(lat Nullable(Float64), lon Nullable(Float64), city String)',
  'attributes Tuple(attack String)',
].join(', ');

/** @param folder where the simulation's file may lie; the caller removes it. */
export async function fillSampleData(analytics: Analytics, folder: string): Promise<void> {
  const path = join(folder, 'sample.ndjson');
  await writeSimulation(path, { ...DEFAULT_SIMULATION, minutes: 60, ratePerSecond: 3 });
  await analytics.command(events(path));
  for (const statement of [
    ...[DECISIONS, FINDINGS, LABELS, GRANTS, DRAWS, VOUCHERS, DELIVERIES],
    ...[...LEDGER, ACTIONS, CHANGES, ...AROUND, ...TUNING],
  ]) {
    await analytics.command(statement);
  }
}

function events(path: string): string {
  return `
INSERT INTO events (event_id, type, occurred_at, account_id, customer_id, card_id, device_id, ip, merchant_id, category, channel,
                    instrument, currency, refund_of, city, amount_minor, terms, latitude, longitude, attributes, label, source,
                    received_at, body_hash, arrival, recorded_at)
SELECT id, type, parseDateTime64BestEffort(occurredAt, 3, 'UTC') AS at, accountId, customerId, cardId, deviceId, ip, merchantId, category,
       channel, instrument, currency, refundOf, geo.city, amount, terms, geo.lat, geo.lon, attributes.attack, label,
       'kafka:payments/0', at + INTERVAL 20 MILLISECOND, 0, rowNumberInAllBlocks(), at + INTERVAL 900 MILLISECOND
FROM file('${path}', 'JSONEachRow', '${STRUCTURE}')
SETTINGS input_format_null_as_default = 1`;
}

/** The first fifth of an attack gets through, then it is reviewed, then blocked; one honest event in 200 is reviewed. */
const DECISIONS = `
INSERT INTO decisions (* EXCEPT (listed))
SELECT concat('dec_', event_id), event_id, type, occurred_at, account_id, amount_minor,
       multiIf(label = 'honest', if(cityHash64(event_id) % 200 = 0, 'review', 'allow'),
               cityHash64(event_id) % 5 = 0, 'allow', cityHash64(event_id) % 5 = 1, 'review', 'block') AS verdict,
       multiIf(verdict = 'block', ['independent_findings'], verdict = 'review', ['review_finding'], []),
       if(verdict = 'allow', [], if(label = 'honest', ['rapid-payments'], ['same-device', 'same-ip'])),
       false, if(occurred_at < toDateTime64('2026-03-06 02:20:00', 3, 'UTC'), 'cfg-a', 'cfg-b'), 'test', 200 + cityHash64(event_id) % 5000,
       arrival, recorded_at
FROM events FINAL`;

const FINDINGS = `
INSERT INTO findings
SELECT decision_id, event_id, occurred_at, account_id, detector, if(detector = 'same-ip', 'shadow', 'live'), toString(verdict), false,
       4 + cityHash64(event_id) % 20, 4, 'accounts', 86400000, if(detector = 'same-ip', 'ip', 'deviceId'), event_id, '{"accounts":4}',
       config_version, arrival, recorded_at
FROM decisions FINAL
ARRAY JOIN detectors AS detector
WHERE verdict != 'allow'`;

const LABELS = `
INSERT INTO labels
SELECT decision_id, concat(toString(arrival), '-0'), event_id, if(has(detectors, 'rapid-payments'), 'false_positive', 'confirmed'), 'analyst', 'called the customer',
       occurred_at + INTERVAL 5 MINUTE, arrival, recorded_at
FROM decisions FINAL
WHERE cityHash64(event_id, 1) % if(verdict = 'allow', 300, 3) = 0`;

const GRANTS = `
INSERT INTO grants (grant_id, campaign_id, offer_id, budget_line, event_id, account_id, customer_id, card_id, state, reason, tier,
                    amount_minor, clawed_back_minor, payment_minor, occurred_at, config_version, revision, recorded_at)
SELECT concat('grant_', event_id), if(channel = 'pos', 'credit-card', 'bill-payment') AS campaign, if(channel = 'pos', 'friday-off', 'bill-off'),
       'total.reward.spend', event_id, account_id, customer_id, card_id,
       multiIf(verdict = 'block', 'voided', verdict = 'review', 'held', cityHash64(event_id, 2) % 10 = 0, 'rejected',
               cityHash64(event_id, 2) % 10 = 1, 'clawed_back', 'posted') AS state,
       multiIf(state = 'voided', 'risk_block', state = 'held', 'held_for_review', state = 'rejected', 'limit_reached',
               state = 'clawed_back', 'refunded', 'granted'),
       0, if(campaign = 'credit-card', 5000, 500) AS off, if(state = 'clawed_back', off, 0), e.amount_minor, e.occurred_at, config_version, arrival, recorded_at
FROM (SELECT * FROM events FINAL) AS e
INNER JOIN (SELECT event_id, verdict, config_version FROM decisions FINAL) AS d USING (event_id)
WHERE e.type = 'payment' AND e.amount_minor >= 10000`;

/** Draws of the bill campaign: a lucky one in four waits to be claimed, some already too long. */
const DRAWS = `
INSERT INTO grants (grant_id, campaign_id, offer_id, budget_line, event_id, account_id, customer_id, state, reason, label, detail, award,
                    amount_minor, payment_minor, occurred_at, deadline, revision, recorded_at)
SELECT concat('draw_', event_id), campaign_id, 'bill-draw', 'total.reward.prizes', event_id, account_id, customer_id,
       multiIf(cityHash64(event_id, 3) % 4 != 0, 'posted', cityHash64(event_id, 3) % 3 = 0, 'forfeited', 'awaiting_claim') AS standing,
       multiIf(standing = 'posted', 'no_prize', standing), if(standing = 'posted', '', 'lucky'), '{"commitment":"a"}', '[]',
       if(standing = 'posted', 0, 2000), payment_minor, occurred_at, occurred_at + INTERVAL cityHash64(event_id) % 120 MINUTE,
       revision + 1000000, recorded_at
FROM grants FINAL
WHERE campaign_id = 'bill-payment' AND state = 'posted'`;

const VOUCHERS = `
INSERT INTO vouchers (voucher_id, grant_id, campaign_id, offer_id, customer_id, voucher, face_minor, cost_minor, state, issued_at, expires_at,
                      redeemed_by, redeemed_at, revision, recorded_at)
SELECT concat(grant_id, '.1'), grant_id, campaign_id, offer_id, customer_id, 'phone-topup', 1000, 1000,
       ['issued', 'redeemed', 'expired', 'voided'][1 + cityHash64(event_id, 4) % 4] AS standing, occurred_at, occurred_at + INTERVAL 20 MINUTE,
       if(standing = 'redeemed', concat('use_', event_id), ''), if(standing = 'redeemed', occurred_at + INTERVAL 10 MINUTE, NULL), revision, recorded_at
FROM grants FINAL
WHERE state = 'posted' AND offer_id != 'bill-draw'`;

const DELIVERIES = `
INSERT INTO deliveries (delivery_id, grant_id, campaign_id, offer_id, customer_id, kind, occurred_at, placed_at, state, attempts, due_at, updated_at)
SELECT concat('del_', voucher_id), grant_id, campaign_id, offer_id, customer_id, 'voucher', issued_at, issued_at,
       ['delivered', 'waiting', 'failed', 'unrouted'][1 + cityHash64(voucher_id) % 4], 1 + cityHash64(voucher_id) % 3,
       issued_at + INTERVAL 30 MINUTE, issued_at + INTERVAL 1 MINUTE
FROM vouchers FINAL`;

const CHANGES = `
INSERT INTO campaign_actions (action_id, campaign_id, offer_id, kind, value, actor, reason, issued_at, arrival)
SELECT concat(toString(number), '-0'), 'bill-payment', if(number = 0, 'bill-off', ''), if(number = 0, 'add_quota', 'pause'), '{}', 'li', 'demand',
       at + INTERVAL number * 10 MINUTE, number
FROM numbers(2) AS n CROSS JOIN (SELECT min(occurred_at) AS at FROM events) AS e`;

const LEDGER = [
  `INSERT INTO ledger_entries
   SELECT revision, if(state = 'held', 'reserve', 'post'), grant_id, grant_id, campaign_id, concat('budget/', campaign_id, '/total'),
          amount_minor, 0, 0, occurred_at, recorded_at
   FROM grants FINAL WHERE state IN ('posted', 'held')`,
  ...[
    "'budget/', campaign_id, '/total'",
    "'quota/', campaign_id, '/', offer_id, '/tier-1'",
    "'stock/', campaign_id, '/lucky'",
  ].map(
    (account) => `
   INSERT INTO ledger_balances
   SELECT concat(${account}) AS name, campaign_id, 50000000, sum(amount_minor), sumIf(amount_minor, state = 'held'), max(revision),
          toStartOfInterval(max(occurred_at), INTERVAL 5 minute)
   FROM grants FINAL GROUP BY campaign_id, name, toStartOfInterval(occurred_at, INTERVAL 5 minute)`,
  ),
];

const ACTIONS = `
INSERT INTO account_actions (* EXCEPT (answers, detail))
SELECT concat('freeze_', decision_id), account_id, if(cityHash64(account_id) % 10 = 0, 'propose', 'freeze'),
       if(cityHash64(account_id) % 7 = 0, 'analyst', 'policy'), 'independent findings', decision_id, occurred_at,
       occurred_at + INTERVAL 7 DAY, arrival, recorded_at
FROM decisions FINAL WHERE verdict = 'block' ORDER BY occurred_at LIMIT 1 BY account_id`;

const AROUND = [
  `INSERT INTO dead_letters
   SELECT 'kafka:payments/0', toString(number), if(number % 3 = 0, 'not_json', 'missing_field'), 'accountId', 'accountId is missing', '{"id":"x"',
          toDateTime64('2026-03-06 01:55:00', 3, 'UTC') + INTERVAL number * 30 SECOND AS at, number, at
   FROM numbers(100)`,
  `INSERT INTO config_versions VALUES
   ('cfg-a', map('sheepdog.yaml', 'a'), '2026-03-06 01:51:00.000'), ('cfg-b', map('sheepdog.yaml', 'b'), '2026-03-06 02:20:00.000')`,
  `INSERT INTO progress VALUES ('worker-1', 1, 9000, '2026-03-06 02:49:00.000', map('kafka:payments/0', '9000'), '2026-03-06 02:49:30.000')`,
  // The counters begin anew after half an hour: the worker was restarted.
  `INSERT INTO pipeline_stats
   SELECT 'worker-1', toDateTime64('2026-03-06 01:50:00', 3, 'UTC') + INTERVAL number * 10 SECOND, 30 * (number % 180), 30 * (number % 180),
          number % 180, (number % 180) / 2, 0, number % 500, 400, 3000 + number, number % 7, 0, number % 5, number * 3, 50000 + number, 8000000 + number * 1000, false,
          number % 60, if(number < 180, 'cfg-a', 'cfg-b'), if(number % 180 > 120, ['same-ip'], []), if(number > 300, 'sheepdog.yaml:3:5: no', ''), if(number < 60, ['payments of a merchant'], [])
   FROM numbers(360)`,
];

/** A trial that ends, a rule that fails, measures, a hub, list entries and rewards to be put right. */
const TUNING = [
  `INSERT INTO findings
   SELECT * REPLACE (concat(decision_id, '-x') AS decision_id, 'rule-that-fails' AS detector, 'error' AS band, nan AS measure, nan AS threshold)
   FROM findings FINAL ORDER BY decision_id LIMIT 20`,
  `INSERT INTO config_changes
   SELECT concat('1-', toString(number)), ['start', 'canary', 'promoted'][number + 1] AS step, if(number = 0, 'cfg-a', 'cfg-b'),
          if(number = 0, '', 'cfg-a'), 'j', if(number = 2, 'rollout', 'watch'), 'the files changed', ['detectors.yaml'], '-1 +2',
          if(number = 0, 1, 0.1), toDateTime64('2026-03-06 01:51:00', 3, 'UTC') + INTERVAL number * 20 MINUTE AS at, number, at
   FROM numbers(3)`,
  `INSERT INTO measure_samples
   SELECT event_id, occurred_at, 'cfg-a', ['same-device.accounts', 'rapid-payments.payments'],
          [10000 + cityHash64(event_id) % 100, cityHash64(event_id) % 2], arrival, recorded_at
   FROM events FINAL WHERE cityHash64(event_id) % 16 = 0`,
  `INSERT INTO exclusion_changes (* EXCEPT (trial, bands))
   SELECT 'devices', concat('d-', toString(intDiv(number, 2))), toString(number), if(number = 1, 'add', 'propose'), 120, 100, 'policy', 'many accounts', 'dec_1',
          toDateTime64('2026-03-06 02:00:00', 3, 'UTC') AS at, NULL, number, at
   FROM numbers(3)`,
  `INSERT INTO list_changes
   SELECT if(number % 2 = 0, 'block', 'watch'), 'devices', concat('d-', toString(number)), if(number < 5, 'auto_dec_1_devices', '7-0.0'), 'add', 'two findings', 'policy',
          'policy', 'dec_1', toDateTime64('2026-03-06 02:00:00', 3, 'UTC') + INTERVAL number MINUTE AS at, at + INTERVAL 7 DAY, '', number, at
   FROM numbers(20)`,
  `INSERT INTO reward_proposals (* EXCEPT (trial))
   SELECT concat('claw_', grant_id), toString(n), 'clawback', if(n = 1, 'open', 'dismissed'), grant_id, campaign_id, account_id, customer_id, event_id, amount_minor,
          'label', 'c1', 'chargeback', 'late-truth', 'fraud came to be known', occurred_at + INTERVAL n MINUTE, revision + n, recorded_at
   FROM (SELECT * FROM grants FINAL WHERE state = 'posted' AND amount_minor > 0 ORDER BY grant_id LIMIT 40) AS g ARRAY JOIN if(cityHash64(grant_id) % 2 = 0, [1], [1, 2]) AS n`,
];
