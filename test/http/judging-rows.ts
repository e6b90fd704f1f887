/** One decision that a ring, a failed rule and a list explain, and the change of configuration that made it. */

import type { Analytics } from '../../pipeline/record/analytics.ts';

/** When the change took effect, Unix milliseconds. */
export const CHANGE_MS = Date.parse('2026-10-01T11:00:00Z');

const AT = '2026-10-01 12:00:00';
const RING = JSON.stringify({
  measure: 'measure',
  reason: 'Accounts share devices and cards, and all collect.',
  accounts: 3,
  path: 'a-1 –deviceId d-1– a-2 –cardId k-9– a-3',
  links: 'deviceId d;%20100%2525: a-1, a-2; cardId <b>k-9: a-2, a-3,%20Ltd',
});
const FAILED = JSON.stringify({ measure: 'measure', error: 'no such key: city' });
const HIT = JSON.stringify([
  {
    ...{ list: 'watch', kind: 'devices', value: 'd-1', reason: 'seen in a ring', author: 'li' },
    entryId: '7-0.0',
  },
]);
const DIFF = ['--- detectors.yaml', '+++ detectors.yaml', '-  review: 4', '+  review: 3'].join(
  '\\n',
);

export async function insertJudging(analytics: Analytics): Promise<void> {
  const command = (sql: string): Promise<void> => analytics.command(sql);
  await command(`
    INSERT INTO decisions (decision_id, event_id, type, occurred_at, account_id, amount_minor, verdict, reasons, detectors,
      listed, config_version, engine_version, arrival)
    VALUES ('dec_ring', 'ring', 'payment', '${AT}', 'a-1', 25000, 'review', ['review_finding', 'rule_error'],
      ['reward-ring'], '${HIT}', 'bbbb00000002', '0.1.0', 1)`);
  await command(`
    INSERT INTO findings (decision_id, event_id, occurred_at, account_id, detector, mode, band, measure, threshold, unit,
      window_ms, subject, subject_value, evidence, arrival)
    VALUES ('dec_ring', 'ring', '${AT}', 'a-1', 'reward-ring', 'live', 'review', 3, 3, 'accounts', 86400000, 'accountId',
            'a-1', '${RING}', 1),
           ('dec_ring', 'ring', '${AT}', 'a-1', 'night-burst', 'live', 'error', nan, nan, 'payments', 0, 'accountId',
            'a-1', '${FAILED}', 1)`);
  await command(`
    INSERT INTO config_changes (change_id, kind, version, previous_version, actor, reason, paths, diff, share, occurred_at,
      arrival, recorded_at)
    VALUES ('1-1', 'start', 'aaaa00000001', '', 'start', '', [], '', 1, '2026-10-01 04:00:00', 1, '2026-10-01 04:00:00'),
           ('1-2', 'canary', 'bbbb00000002', 'aaaa00000001', 'watch', 'the files changed', ['detectors.yaml'], '${DIFF}',
            0.05, '2026-10-01 11:00:00', 2, '2026-10-01 11:00:00')`);
  await command(`
    INSERT INTO list_changes (list, kind, value, change_id, op, reason, author, actor, occurred_at, arrival)
    VALUES ('watch', 'devices', 'd-1', '7-0.0', 'add', 'seen in a ring', 'li', 'li', '2026-10-01 11:50:00', 1)`);
}
