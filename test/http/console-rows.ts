/** Rows of a small campaign evening, made in the database itself: the same for ever, without files. */

import type { Analytics } from '../../pipeline/record/analytics.ts';

/** The latest event, Unix milliseconds. */
export const LATEST_MS = Date.parse('2026-10-01T12:00:00Z');
/** One event a second over half an hour, the latest at LATEST_MS. */
export const EVENTS = 1800;

const at = `fromUnixTimestamp64Milli(toInt64(${LATEST_MS}) - toInt64(number) * 1000)`;

/** Every tenth event is blocked, every fifteenth of the others goes to review; each row stands twice, as after a replay. */
export async function insertEvening(analytics: Analytics): Promise<void> {
  const command = (sql: string): Promise<void> => analytics.command(sql);
  const verdict = `multiIf(number % 10 = 0, 'block', number % 15 = 0, 'review', 'allow')`;
  for (const arrival of [1, 2]) {
    await command(`
      INSERT INTO decisions (decision_id, event_id, type, occurred_at, account_id, amount_minor, verdict, reasons,
        detectors, late, config_version, engine_version, arrival, recorded_at)
      SELECT concat('dec_e', toString(number)), concat('e', toString(number)), 'payment', ${at},
        concat('acc-', toString(number % 40)), 20000 + number, ${verdict},
        if(number % 10 = 0, ['independent_findings'], []), if(number % 10 = 0, ['same-ip', 'same-device'], []),
        false, 'v7', '0.1.0', number * 2 + ${arrival}, now64(3)
      FROM numbers(${EVENTS})`);
    await command(`
      INSERT INTO findings (decision_id, event_id, occurred_at, account_id, detector, mode, band, conclusive, measure,
        threshold, unit, window_ms, subject, subject_value, evidence, config_version, arrival, recorded_at)
      SELECT concat('dec_e', toString(number)), concat('e', toString(number)), ${at},
        concat('acc-', toString(number % 40)), d.1, 'live', 'block', false, 7 + number % 5, d.3, 'accounts', 600000,
        d.2, if(d.2 = 'ip', '203.0.113.7', concat('<b>device-', toString(number % 20))), '{"accounts":9}', 'v7',
        number * 2 + ${arrival}, now64(3)
      FROM numbers(${EVENTS})
      ARRAY JOIN [tuple('same-ip', 'ip', 6), tuple('same-device', 'deviceId', 3)] AS d
      WHERE number % 10 = 0`);
  }
  await command(`
    INSERT INTO findings (decision_id, event_id, occurred_at, account_id, detector, mode, band, measure, subject, subject_value)
    VALUES ('dec_e1', 'e1', fromUnixTimestamp64Milli(${LATEST_MS}), 'acc-1', 'geo-velocity', 'shadow', 'review', 1200, 'ip', '198.51.100.1')`);
  await command(`
    INSERT INTO account_actions (action_id, account_id, kind, actor, reason, decision_id, occurred_at, expires_at, arrival)
    VALUES ('freeze_dec_e0', 'acc-0', 'freeze', 'policy', 'same-ip, same-device', 'dec_e0', '2026-10-01 11:30:00', NULL, 1),
           ('freeze_dec_e10', 'acc-10', 'freeze', 'policy', 'same-ip', 'dec_e10', '2026-10-01 11:40:00', '2026-10-01 11:50:00', 2),
           ('freeze_dec_e20', 'acc-20', 'freeze', 'policy', 'same-ip', 'dec_e20', '2026-10-01 11:45:00', NULL, 3),
           ('cmd_1', 'acc-20', 'unfreeze', 'li', 'a family', '', '2026-10-01 11:55:00', NULL, 4),
           ('freeze_dec_e30', 'acc-30', 'freeze', 'policy', 'same-device', 'dec_e30', '2026-10-01 11:56:00', '2026-10-08 11:56:00', 5),
           ('propose_dec_e30', 'acc-0', 'propose', 'policy', 'over the cap', 'dec_e30', '2026-10-01 11:58:00', NULL, 6)`);
  await command(`
    INSERT INTO grants (grant_id, campaign_id, offer_id, budget_line, event_id, account_id, state, reason, tier, amount_minor,
      clawed_back_minor, payment_minor, occurred_at, revision)
    SELECT concat('g', toString(number)), 'autumn', 'spend-200-save-30', 'autumn', concat('e', toString(number)),
      'acc-1', multiIf(number % 10 = 0, 'voided', number % 15 = 0, 'held', 'posted'), 'granted', 0, 3000,
      if(number = 1, 1000, 0), 20000, ${at}, number
    FROM numbers(100)`);
  await command(`
    INSERT INTO ledger_balances (account, campaign_id, limit_value, posted, pending, sequence, recorded_at)
    VALUES ('budget/autumn/total', 'autumn', 1000000, 200000, 0, 5, '2026-10-01 11:59:00'),
           ('budget/autumn/total', 'autumn', 1000000, 251000, 9000, 9, '2026-10-01 12:00:00'),
           ('quota/autumn/spend', 'autumn', 100, 87, 3, 9, '2026-10-01 12:00:00'),
           ('budget/autumn/free', 'autumn', NULL, 251000, 0, 9, '2026-10-01 12:00:00')`);
  await command(`
    INSERT INTO pipeline_stats (worker, recorded_at, events, decisions, duplicates, late_events, dead_letters, lag,
      latency_p50_us, latency_p99_us, buffered_rows, window_keys, window_bytes, paused, seconds_since_finding)
    VALUES ('w1', '2026-10-01 11:59:50', 1, 1, 0, 0, 0, 0, 1, 1, 0, 1, 1, false, 1),
           ('w1', '2026-10-01 12:00:00', 1800, 1800, 4, 2, 3, 12, 900, 4200, 250, 5000, 3000000, false, 3)`);
  await command(`
    INSERT INTO dead_letters (source, position, reason, received_at, arrival)
    VALUES ('http', '7', 'bad_amount', '2026-10-01 11:58:00', 1), ('http', '7', 'bad_amount', '2026-10-01 11:58:00', 2),
           ('http', '9', 'not_json', '2026-10-01 11:59:00', 3)`);
  await command(`
    INSERT INTO labels (decision_id, command_id, event_id, label, actor, reason, labelled_at, arrival)
    VALUES ('dec_e0', '1-0', 'e0', 'false_positive', 'wei', 'a family', '2026-10-01 12:20:00', 1),
           ('dec_e0', '2-0', 'e0', 'confirmed', 'li', 'ring', '2026-10-01 12:10:00', 2)`);
}
