import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { parsePlaceholders, Placeholders } from '../../pipeline/ingest/placeholders.ts';
import { temporaryAnalytics, type TemporaryAnalytics } from '../support/chdb.ts';
import { readAlertRules, readBoard, type Board } from './board.ts';
import { expandInBackend, expandInBrowser, type Scope } from './macros.ts';

let store: TemporaryAnalytics;
beforeAll(async () => {
  store = await temporaryAnalytics();
});
afterAll(() => store.close());
beforeEach(() => store.clear());

const AT = '2026-10-01 12:00:00.000';
const AT_MS = Date.parse('2026-10-01T12:00:00Z');
const risk = readBoard('risk-overview.json');
const campaigns = readBoard('campaign-kpis.json');

type Row = Readonly<Record<string, unknown>>;

function scopeOf(fromMs: number, board?: Board): Scope {
  const names = (board?.templating.list ?? []).map(({ name }) => [name, []] as const);
  return {
    fromMs,
    toMs: AT_MS + 60_000,
    intervalSeconds: 60,
    variables: Object.fromEntries(names),
  };
}

function shown(board: Board, title: string): Promise<Row[]> {
  const panel = board.panels.find((each) => each.title === title)!;
  const sql = expandInBrowser(panel.targets![0]!.rawSql, scopeOf(AT_MS - 3_600_000, board));
  return store.analytics.query<Row>(sql);
}

/** Whether a rule's threshold is passed, its waiting time aside. */
async function fires(uid: string): Promise<boolean> {
  const [query, , threshold] = readAlertRules().find((rule) => rule.uid === uid)!.data;
  const fromMs = AT_MS - query!.relativeTimeRange.from * 1000;
  const rows = await store.analytics.query<Row>(
    expandInBackend(query!.model.rawSql!, scopeOf(fromMs)),
  );
  const value = Object.values(rows.at(-1)!).at(-1) as number;
  return value > threshold!.model.conditions![0]!.evaluator.params[0]!;
}

async function insert(table: string, columns: string, ...rows: readonly string[]): Promise<void> {
  const values = rows.map((row) => `(${row})`).join(', ');
  await store.analytics.command(`INSERT INTO ${table} (${columns}) VALUES ${values}`);
}

const earlier = (minutes: number): string =>
  `toDateTime64('${AT}', 3, 'UTC') - INTERVAL ${minutes} MINUTE`;
const STATS = 'worker, recorded_at, journal_waiting, paused';

describe('an alert', () => {
  test('is raised when the journal of the ledger waits and nothing of it arrives', async () => {
    await insert('pipeline_stats', STATS, `'w', ${earlier(9)}, 3, false`, `'w', '${AT}', 4, false`);
    expect(await fires('sheepdog-ledger-silence')).toBe(true);
    await insert('ledger_entries', 'sequence, leg, recorded_at', `1, 0, ${earlier(5)}`);
    expect(await fires('sheepdog-ledger-silence')).toBe(false);
  });

  test('is raised when the ledger is down, and not when the journal is empty now and then', async () => {
    await insert('pipeline_stats', STATS, `'w', ${earlier(9)}, 0, true`, `'w', '${AT}', 0, true`);
    expect(await fires('sheepdog-ledger-silence')).toBe(true);
    await insert('pipeline_stats', STATS, `'w', ${earlier(4)}, 0, false`);
    expect(await fires('sheepdog-ledger-silence')).toBe(false);
  });

  test('is raised for one event that came with the id of another', async () => {
    const columns = 'source, position, reason, received_at, recorded_at';
    await insert('dead_letters', columns, `'http', '1', 'bad_amount', '${AT}', '${AT}'`);
    expect(await fires('sheepdog-id-conflict')).toBe(false);
    await insert('dead_letters', columns, `'file:old', '2', 'id_conflict', '2020-01-01', '${AT}'`);
    expect(await fires('sheepdog-id-conflict')).toBe(true);
  });
});

test('a detector of every day that found nothing for a day is told, and one of a single day is not', async () => {
  const found = (detector: string, days: number, hours: number): string =>
    `'${detector}${days}', '${detector}', 'live', 'review', toDateTime64('${AT}', 3, 'UTC') - INTERVAL ${days * 24 + hours} HOUR`;
  const columns = 'decision_id, detector, mode, band, recorded_at';
  const days = [1, 2, 3, 4, 5, 6, 7];
  await insert('findings', columns, found('steady', 0, 0), found('rare', 3, 0));
  expect(await fires('sheepdog-detector-silence')).toBe(false);
  await insert('findings', columns, ...days.map((day) => found('gone', day, 1)));
  expect(await fires('sheepdog-detector-silence')).toBe(true);
});

describe('a case is open', () => {
  const columns = 'action_id, account_id, kind, answers, occurred_at, arrival';
  const kinds = async (): Promise<unknown[]> =>
    (await shown(risk, 'Cases that wait')).map((row) => row['case_kind']);

  test('until its own word comes: a proposal, an appeal, an order that wants a second person', async () => {
    await insert(
      'account_actions',
      columns,
      `'p1', 'a', 'propose', '', '${AT}', 1`,
      `'f2', 'b', 'freeze', '', ${earlier(9)}, 2`,
      `'l3', 'b', 'appeal', '', ${earlier(8)}, 3`,
      `'r4', 'c', 'request', '', ${earlier(7)}, 4`,
    );
    expect(await kinds()).toEqual(['appeal', 'order', 'freeze']);
    expect(await shown(risk, 'Frozen accounts')).toEqual([{ frozen: 1 }]);
    await insert(
      'account_actions',
      columns,
      `'d5', 'a', 'dismiss', 'p1', '${AT}', 5`,
      `'u6', 'b', 'uphold', 'l3', '${AT}', 6`,
      `'c7', 'c', 'confirm', 'r4', '${AT}', 7`,
    );
    expect(await kinds()).toEqual([]);
    expect(await shown(risk, 'Frozen accounts')).toEqual([{ frozen: 1 }]);
  });

  test('for rewards until the last step says otherwise, and tells of itself after a day', async () => {
    const steps = 'proposal_id, action_id, kind, state, amount_minor, occurred_at, arrival';
    await insert(
      'reward_proposals',
      steps,
      `'p', '1', 'clawback', 'open', 1234, ${earlier(1500)}, 1`,
    );
    expect(await fires('sheepdog-cases-wait')).toBe(true);
    await insert('reward_proposals', steps, `'p', '2', 'clawback', 'approved', 1234, '${AT}', 2`);
    expect(await fires('sheepdog-cases-wait')).toBe(false);
  });
});

test('a trial is told beside the others only while it runs', async () => {
  await insert(
    'config_changes',
    'change_id, kind, version, occurred_at, arrival',
    `'1', 'canary', 'v2', ${earlier(30)}, 1`,
    `'2', 'rolled_back', 'v2', ${earlier(10)}, 2`,
  );
  const decided = (id: string, version: string, ago: number): string =>
    `'${id}', '${id}', '${version}', 'block', ${earlier(ago)}`;
  await insert(
    'decisions',
    'decision_id, event_id, config_version, verdict, occurred_at',
    ...[
      decided('a', 'v1', 40),
      decided('b', 'v1', 20),
      decided('c', 'v2', 20),
      decided('d', 'v1', 5),
    ],
  );
  expect(await shown(readBoard('detection-tuning.json'), 'Trials')).toMatchObject([
    { on_trial: 1, events: 1, blocked: 1 },
    { on_trial: 0, events: 1 },
  ]);
});

describe('the order of arrival', () => {
  test('decides which action on an account is the latest: analysts live in another time than events', async () => {
    const columns = 'action_id, account_id, kind, occurred_at, recorded_at, arrival';
    await insert(
      'account_actions',
      columns,
      `'c1', 'a', 'unfreeze', '${AT}', '${AT}', 1`,
      `'f2', 'a', 'freeze', ${earlier(30)}, '${AT}', 2`,
      `'c3', 'b', 'unfreeze', '${AT}', '${AT}', 3`,
      `'p4', 'b', 'propose', ${earlier(30)}, '${AT}', 4`,
    );
    expect(await shown(risk, 'Frozen accounts')).toEqual([{ frozen: 1 }]);
    expect(await shown(risk, 'Freezes proposed')).toEqual([{ proposed: 1 }]);
    expect(await fires('sheepdog-freezes-proposed')).toBe(true);
  });

  test('decides which word on a decision stands, and only that one counts', async () => {
    await insert('decisions', 'decision_id, event_id, occurred_at', `'dec_e', 'e', '${AT}'`);
    const finding = 'decision_id, event_id, detector, mode, band, occurred_at';
    await insert('findings', finding, `'dec_e', 'e', 'same-ip', 'live', 'block', '${AT}'`);
    await insert(
      'labels',
      'decision_id, command_id, event_id, label, labelled_at, arrival',
      `'dec_e', '2-0', 'e', 'false_positive', ${earlier(5)}, 2`,
      `'dec_e', '1-0', 'e', 'confirmed', '${AT}', 1`,
    );
    expect(await shown(risk, 'False-positive rate')).toEqual([{ false_positive_rate: 1 }]);
    expect(await shown(risk, 'Detectors')).toMatchObject([{ confirmed: 0, false_positives: 1 }]);
    expect(await shown(risk, 'False-positive rate by detector')).toMatchObject([
      { false_positive_rate: 1 },
    ]);
  });
});

test('a refund that took nothing back is no rejected grant', async () => {
  await insert(
    'grants',
    'grant_id, campaign_id, offer_id, event_id, state, occurred_at',
    `'g', 'friday', 'off', 'e', 'posted', '${AT}'`,
    `'r', '', '', 'r', 'rejected', '${AT}'`,
  );
  expect(await shown(campaigns, 'Grants by state')).toMatchObject([
    { standing: 'posted', grants: 1 },
  ]);
});

test('a step of the funnel counts only after the one before, and a blocked one never', async () => {
  const steps = [
    ['1', 'whole', 'campaign.viewed', 50],
    ['2', 'whole', 'card.approved', 40],
    ['3', 'whole', 'payment', 30],
    ['4', 'whole', 'payment', 20],
    ['5', 'early', 'payment', 55],
    ['6', 'early', 'campaign.viewed', 50],
    ['7', 'early', 'account.opened', 45],
    ['8', 'mule', 'campaign.viewed', 50],
    ['9', 'mule', 'card.approved', 40],
  ] as const;
  await insert(
    'events',
    'event_id, account_id, type, occurred_at',
    ...steps.map(([id, who, type, ago]) => `'${id}', '${who}', '${type}', ${earlier(ago)}`),
  );
  await insert(
    'decisions',
    'decision_id, event_id, verdict, occurred_at',
    `'d9', '9', 'block', ${earlier(40)}`,
  );
  expect((await shown(campaigns, 'Funnel')).map(({ customers }) => customers)).toEqual([
    3, 2, 1, 1,
  ]);
});

test('a claim is overdue when its deadline has passed, to the instant', async () => {
  const columns = 'grant_id, campaign_id, offer_id, state, occurred_at, deadline';
  const open = `'autumn', 'draw', 'awaiting_claim', '${AT}'`;
  await insert(
    'grants',
    columns,
    `'a', ${open}, toDateTime64('${AT}', 3, 'UTC') + INTERVAL 1 MINUTE`,
    `'b', ${open}, toDateTime64('${AT}', 3, 'UTC') + INTERVAL 61 SECOND`,
  );
  expect(await shown(campaigns, 'Claims and choices open')).toEqual([{ waiting: 2 }]);
  expect(await shown(campaigns, 'Overdue claims')).toEqual([{ overdue: 1 }]);
});

describe('behind reviews and blocks', () => {
  const text = readFileSync(
    new URL('../../config/lists/placeholders.txt', import.meta.url),
    'utf8',
  );
  const placeholders = new Placeholders(parsePlaceholders(text));
  const known = (value: string, address: boolean): boolean => {
    const bytes = Buffer.from(value);
    return !placeholders.matches(bytes, 0, bytes.length, address);
  };
  const VALUES = [
    ...parsePlaceholders(text),
    ...['UNKNOWN', ' N/A ', '', '-', '--', '0.0.0.0', '::', '00000000-0000-0000-0000-000000000000'],
    ...[
      'ff:ff:ff:ff:ff:ff',
      'FFffffff',
      '11111111',
      '1111111',
      '无无无',
      '设备设备',
      '11.11.11.11',
    ],
    ...['203.0.113.7', '2001:db8::1', 'd-17', '1000000', "o'hare"],
  ];

  test.each([
    ['Addresses behind reviews and blocks', 'address', true],
    ['Devices behind reviews and blocks', 'device', false],
  ] as const)('%s: what stands for "not known" groups nobody', async (title, column, address) => {
    const quoted = (value: string): string => `'${value.replaceAll("'", "\\'")}'`;
    await insert(
      'config_versions',
      'version, files, activated_at',
      `'old', map('lists/placeholders.txt', 'd-17'), ${earlier(9)}`,
      `'new', map('lists/placeholders.txt', ${quoted(text)}), '${AT}'`,
    );
    await insert(
      'events',
      'event_id, ip, device_id, occurred_at',
      ...VALUES.map((value, n) => `'e${n}', ${quoted(value)}, ${quoted(value)}, '${AT}'`),
    );
    await store.analytics.command(`
      INSERT INTO decisions (decision_id, event_id, verdict, occurred_at)
      SELECT concat('dec_', event_id), event_id, 'block', occurred_at FROM events`);
    const rows = await shown(risk, title);
    const expected = VALUES.filter((value) => known(value, address));
    expect(rows.map((row) => row[column])).toEqual([...new Set(expected)].sort());
    expect(expected).toContain('203.0.113.7');
  });
});
