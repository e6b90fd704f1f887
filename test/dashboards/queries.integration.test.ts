import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { dirname } from 'node:path';
import { temporaryAnalytics, type TemporaryAnalytics } from '../support/chdb.ts';
import { BOARD_FILES, readAlertRules, readBoard, type Board } from './board.ts';
import { expandInBackend, expandInBrowser, type Scope } from './macros.ts';
import { fillSampleData, SAMPLE_FROM_MS, SAMPLE_TO_MS } from './sample-data.ts';

const boards = BOARD_FILES.map((file) => readBoard(file));

/** Every variable of a board at "All". */
function wholeRange(board: Board): Scope {
  return {
    fromMs: SAMPLE_FROM_MS,
    toMs: SAMPLE_TO_MS,
    intervalSeconds: 60,
    variables: Object.fromEntries(board.templating.list.map(({ name }) => [name, []])),
  };
}

function choosing(board: Board, values: readonly string[]): Scope {
  const scope = wholeRange(board);
  const variables = Object.keys(scope.variables).map((name) => [name, values] as const);
  return { ...scope, variables: Object.fromEntries(variables) };
}

let store: TemporaryAnalytics;

beforeAll(async () => {
  store = await temporaryAnalytics();
  await fillSampleData(store.analytics, dirname(store.path));
});
afterAll(() => store.close());

type Row = Record<string, unknown>;

async function run(sql: string): Promise<{ rows: Row[]; types: Map<string, string> }> {
  const rows = await store.analytics.query<Row>(sql);
  const described = await store.analytics.query<{ name: string; type: string }>(
    `DESCRIBE TABLE (${sql})`,
  );
  return { rows, types: new Map(described.map(({ name, type }) => [name, type])) };
}

function isNumber(type: string): boolean {
  return /^(Nullable\()?(U?Int|Float|Decimal)/.test(type);
}

/** What a time-series frame must be: time first, ascending, numbers beside it, text as labels. */
function expectTimeSeries(rows: readonly Row[], types: ReadonlyMap<string, string>): void {
  const [first, ...others] = [...types];
  expect(first![0]).toBe('time');
  expect(first![1]).toMatch(/^DateTime/);
  for (const [, type] of others) expect(type).toMatch(/^(Nullable\()?(U?Int|Float|LowCard|String)/);
  const times = rows.map(({ time }) => String(time));
  expect(times).toEqual([...times].sort());
}

const queries = boards.flatMap((board) =>
  board.panels.flatMap((panel) =>
    (panel.targets ?? []).map((target) => ({
      board,
      panel,
      target,
      name: `${board.title}: ${panel.title}`,
    })),
  ),
);

describe('every panel over the whole sample', () => {
  test.each(queries)('$name', async ({ board, panel, target }) => {
    const { rows, types } = await run(expandInBrowser(target.rawSql, wholeRange(board)));
    expect(rows.length).toBeGreaterThan(0);
    if (target.format === 0) expectTimeSeries(rows, types);
    if (panel.type === 'table') return;
    const numbers = [...types].filter(([, type]) => isNumber(type)).map(([name]) => name);
    expect(numbers.length).toBeGreaterThan(0);
    expect(rows.some((row) => numbers.some((name) => Number.isFinite(row[name])))).toBe(true);
  });
});

describe('every panel with other choices', () => {
  test.each(boards)(
    '$title: one value, many, one with a quote, another range and interval',
    async (board) => {
      const day = 86_400_000;
      const scopes: Scope[] = [
        choosing(board, ['same-device']),
        choosing(board, ['review', 'block', 'credit-card', 'worker-1']),
        choosing(board, ["O'Brien's, and (others"]),
        { ...wholeRange(board), fromMs: SAMPLE_FROM_MS - 30 * day, intervalSeconds: 3600 },
        { ...wholeRange(board), toMs: SAMPLE_FROM_MS + 1, intervalSeconds: 1 },
      ];
      for (const scope of scopes) {
        for (const { targets = [] } of board.panels) {
          for (const { rawSql } of targets) {
            await store.analytics.query(expandInBrowser(rawSql, scope));
          }
        }
      }
      expect(scopes).toHaveLength(5);
    },
  );

  test.each(boards)('$title: an empty store breaks no panel', async (board) => {
    const empty = { ...wholeRange(board), fromMs: 0, toMs: 1 };
    let asked = 0;
    for (const { targets = [] } of board.panels) {
      for (const { rawSql } of targets) {
        await store.analytics.query(expandInBrowser(rawSql, empty));
        asked += 1;
      }
    }
    expect(asked).toBeGreaterThan(5);
  });
});

describe('variables and annotations', () => {
  test.each(boards)(
    '$title: every variable offers values, also when another one is chosen',
    async (board) => {
      const scopes = [wholeRange(board), choosing(board, ['bill-payment'])];
      for (const { name, query } of board.templating.list) {
        if (typeof query === 'string') continue;
        for (const scope of scopes) {
          const rows = await store.analytics.query<Row>(expandInBrowser(query.rawSql, scope));
          expect(rows.length, name).toBeGreaterThan(0);
          expect(Object.keys(rows[0]!).length, name).toBeLessThanOrEqual(2);
        }
      }
      expect(board.templating.list.length).toBeGreaterThan(1);
    },
  );

  test.each(boards)('$title: every annotation has time, timeEnd, text and tags', async (board) => {
    for (const { name, target } of board.annotations.list) {
      const { rows, types } = await run(expandInBrowser(target.rawSql, wholeRange(board)));
      expect([...types.keys()], name).toEqual(['time', 'timeEnd', 'text', 'tags']);
      expect(types.get('time'), name).toMatch(/^DateTime/);
      expect(rows.length, name).toBeGreaterThan(0);
    }
    expect(board.annotations.list.length).toBeGreaterThan(0);
  });
});

describe('alert rules', () => {
  test.each(readAlertRules())('$title', async ({ data }) => {
    const query = data[0]!;
    const scope: Scope = {
      fromMs: SAMPLE_TO_MS - query.relativeTimeRange.from * 1000,
      toMs: SAMPLE_TO_MS,
      intervalSeconds: 60,
      variables: {},
    };
    const { rows, types } = await run(expandInBackend(query.model.rawSql!, scope));
    expect(rows.length).toBeGreaterThan(0);
    expectTimeSeries(rows, types);
    const number = [...types].find(([, type]) => isNumber(type))![0];
    expect(rows.every((row) => Number.isFinite(row[number]))).toBe(true);
  });
});

describe('the figures', () => {
  const value = async (board: Board, title: string): Promise<number> => {
    const panel = board.panels.find((each) => each.title === title)!;
    const rows = await store.analytics.query<Row>(
      expandInBrowser(panel.targets![0]!.rawSql, wholeRange(board)),
    );
    return Object.values(rows[0]!)[0] as number;
  };
  const one = async (sql: string): Promise<number> => {
    const [row] = await store.analytics.query<{ x: number }>(sql);
    return row!.x;
  };
  const [risk, campaigns] = boards as [Board, Board, Board];

  test('the false-positive rate is false positives among the labelled, not among the flagged', async () => {
    const expected = await one(
      `SELECT countIf(label = 'false_positive') / count() AS x FROM labels FINAL`,
    );
    expect(expected).toBeGreaterThan(0);
    expect(await value(risk, 'False-positive rate')).toBeCloseTo(expected, 10);
  });

  test('cost is posted less clawed back, and pending rewards stand apart', async () => {
    const posted = await one(
      `SELECT sumIf(amount_minor, state = 'posted') / 100 AS x FROM grants FINAL`,
    );
    const pending = await one(
      `SELECT sumIf(amount_minor, state IN ('held', 'awaiting_claim', 'awaiting_choice')) / 100 AS x FROM grants FINAL`,
    );
    expect(await value(campaigns, 'Cost')).toBe(posted);
    expect(await value(campaigns, 'Pending')).toBe(pending);
  });

  test('intercepted value is that of rewards voided for risk', async () => {
    const voided = await one(
      `SELECT sumIf(amount_minor, state = 'voided' AND reason = 'risk_block') / 100 AS x FROM grants FINAL`,
    );
    expect(voided).toBeGreaterThan(0);
    expect(await value(campaigns, 'Intercepted value')).toBe(voided);
  });

  test('the redemption rate leaves voided vouchers out', async () => {
    const rate = await one(
      `SELECT countIf(state = 'redeemed') / countIf(state IN ('issued', 'redeemed', 'expired')) AS x FROM vouchers FINAL`,
    );
    expect(rate).toBeGreaterThan(0.2);
    expect(await value(campaigns, 'Redemption rate')).toBe(rate);
  });

  test('what is left of a quota is the latest limit less posted and pending', async () => {
    const panel = campaigns.panels.find(({ title }) => title === 'Quota and stock left')!;
    const rows = await store.analytics.query<Row>(
      expandInBrowser(panel.targets![0]!.rawSql, wholeRange(campaigns)),
    );
    const left = await one(`
      SELECT limit_value - posted - pending AS x FROM ledger_balances FINAL
      WHERE account = 'quota/credit-card/friday-off/tier-1' ORDER BY sequence DESC LIMIT 1`);
    expect(rows.find(({ name }) => name === 'friday-off')!['left_over']).toBe(left);
    expect(rows.map(({ kind }) => kind)).toContain('stock');
  });

  test('a repeated write of the same rows changes no figure', async () => {
    const before = await value(risk, 'Decisions');
    await store.analytics.command('INSERT INTO decisions SELECT * FROM decisions FINAL LIMIT 500');
    expect(await value(risk, 'Decisions')).toBe(before);
  });

  test('throughput survives a restart of the counters', async () => {
    const health = boards[2]!;
    const panel = health.panels.find(({ title }) => title === 'Throughput')!;
    const rows = await store.analytics.query<{ events_per_second: number }>(
      expandInBrowser(panel.targets![0]!.rawSql, wholeRange(health)),
    );
    expect(rows.every(({ events_per_second: rate }) => rate >= 0 && rate <= 3)).toBe(true);
  });
});
