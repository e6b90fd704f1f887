import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import {
  BOARD_FILES,
  dashboardPath,
  readAlertRules,
  readBoard,
  readYaml,
  type Board,
  type Panel,
} from './board.ts';

const boards = BOARD_FILES.map((file) => readBoard(file));
const PLUGIN = 'grafana-clickhouse-datasource';
const BUILT_IN = new Set(['__url_time_range', '__data', '__field']);

function queriesOf(board: Board): readonly string[] {
  return [
    ...board.panels.flatMap(({ targets = [] }) => targets.map(({ rawSql }) => rawSql)),
    ...board.annotations.list.map(({ target }) => target.rawSql),
  ];
}

function variableQueriesOf(board: Board): readonly string[] {
  return board.templating.list.flatMap(({ query }) =>
    typeof query === 'string' ? [] : [query.rawSql],
  );
}

/** The names of all variables a text speaks of, in either form. */
function variablesIn(text: string): readonly string[] {
  return [...text.matchAll(/\$\{?([a-zA-Z]\w*)/g)].map(([, name]) => name!);
}

/** Addresses of the links of all fields of a board. */
function linksOf(board: Board): readonly string[] {
  return board.panels.flatMap(({ fieldConfig }) =>
    (fieldConfig?.overrides ?? []).flatMap(({ properties }) =>
      properties
        .filter(({ id }) => id === 'links')
        .flatMap(({ value }) => (value as { url: string }[]).map(({ url }) => url)),
    ),
  );
}

function overlap(a: Panel['gridPos'], b: Panel['gridPos']): boolean {
  return a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;
}

test('every JSON file of the folder is one of the dashboards that are tested', () => {
  const files = readdirSync(dashboardPath('.')).filter((name) => name.endsWith('.json'));
  expect(files.sort()).toEqual([...BOARD_FILES].sort());
});

test('each dashboard has a uid of its own that never changes', () => {
  expect(boards.map(({ uid }) => uid)).toEqual([
    'sheepdog-risk',
    'sheepdog-campaigns',
    'sheepdog-health',
    'sheepdog-quality',
    'sheepdog-tuning',
  ]);
});

describe.each(boards)('$title', (board) => {
  const panels = board.panels.filter(({ type }) => type !== 'row');

  test('is classic JSON that any supported Grafana reads', () => {
    expect(board.schemaVersion).toBe(42);
    expect(board.tags).toContain('sheepdog');
  });

  test('has panels with unique ids that do not overlap and fit the grid', () => {
    expect(new Set(board.panels.map(({ id }) => id)).size).toBe(board.panels.length);
    for (const [index, panel] of board.panels.entries()) {
      expect(panel.gridPos.x + panel.gridPos.w).toBeLessThanOrEqual(24);
      for (const other of board.panels.slice(index + 1)) {
        expect(overlap(panel.gridPos, other.gridPos), `${panel.title} / ${other.title}`).toBe(
          false,
        );
      }
    }
  });

  test('explains every panel and gives it a unit', () => {
    for (const { title, description, fieldConfig } of panels) {
      expect(description?.length, title).toBeGreaterThan(20);
      expect(fieldConfig?.defaults['unit'], title).toMatch(/./);
    }
  });

  test('asks the chosen data source, in the plugin’s own form', () => {
    for (const { title, datasource, targets } of panels) {
      expect(datasource, title).toEqual({ type: PLUGIN, uid: '${datasource}' });
      expect(targets, title).toHaveLength(1);
      const target = targets![0]!;
      expect(target.datasource, title).toEqual(datasource);
      expect(target, title).toMatchObject({
        pluginVersion: '4.20.0',
        editorType: 'sql',
        meta: { timezone: 'UTC' },
      });
      expect(target.queryType, title).toBe(target.format === 0 ? 'timeseries' : 'table');
    }
    for (const { datasource, target } of board.annotations.list) {
      expect(datasource.uid).toBe('${datasource}');
      expect(target).toMatchObject({ format: 1, editorType: 'sql' });
    }
    const [first, ...others] = board.templating.list;
    expect(first).toMatchObject({ type: 'datasource', name: 'datasource', query: PLUGIN });
    for (const { datasource, type } of others) {
      if (type === 'query') expect(datasource?.uid).toBe('${datasource}');
    }
  });

  test('speaks only of variables it declares, and uses all that it declares', () => {
    const declared = new Set(board.templating.list.map(({ name }) => name));
    const used = new Set(
      [...queriesOf(board), ...variableQueriesOf(board)].flatMap((sql) => variablesIn(sql)),
    );
    used.add('datasource');
    expect([...used].filter((name) => !name.startsWith('__')).sort()).toEqual([...declared].sort());
  });

  test('links to dashboards that exist, with variables they declare', () => {
    const links = linksOf(board);
    for (const url of links) {
      const [, uid] = /^\/d\/([\w-]+)\?/.exec(url) ?? [];
      const target = boards.find((each) => each.uid === uid);
      expect(target, url).toBeDefined();
      const names = target!.templating.list.map(({ name }) => name);
      for (const [, name] of url.matchAll(/var-(\w+)=/g)) expect(names, url).toContain(name);
      for (const name of variablesIn(url)) expect(BUILT_IN.has(name), url).toBe(false);
      expect(url).toContain('${__url_time_range}');
    }
    // Each field that a link reads must be a column of the panel it stands in.
    for (const { title, targets, fieldConfig } of panels) {
      for (const { matcher } of fieldConfig!.overrides) {
        if (matcher.id !== 'byName' || targets![0]!.format === 0) continue;
        expect(targets![0]!.rawSql, `${title}: ${matcher.options}`).toContain(matcher.options);
      }
    }
  });

  test('reads the tables of record with FINAL, so that a replay counts once', () => {
    for (const sql of queriesOf(board)) {
      expect(sql.replaceAll(/FROM \w+( AS \w+)? FINAL/g, '')).not.toMatch(
        /FROM (events|decisions|findings|grants|vouchers|deliveries|campaign_actions|labels|account_actions|dead_letters|config_versions|progress|pipeline_stats|config_changes|list_changes|exclusion_changes|reward_proposals|measure_samples|ledger_\w+)\b/,
      );
    }
  });
});

describe('alert rules', () => {
  const rules = readAlertRules();

  test('have uids of their own and say what happened, what to do and how bad it is', () => {
    expect(new Set(rules.map(({ uid }) => uid)).size).toBe(rules.length);
    for (const { title, annotations, labels } of rules) {
      expect(annotations['summary'], title).toMatch(/\w/);
      expect(annotations['description']?.length, title).toBeGreaterThan(40);
      expect(['warning', 'critical'], title).toContain(labels['severity']);
      const board = boards.find(({ uid }) => annotations['dashboard'] === `/d/${uid}`);
      expect(board, title).toBeDefined();
    }
  });

  test('are a query, a reduction and a threshold', () => {
    for (const { title, condition, data } of rules) {
      expect(
        data.map(({ refId }) => refId),
        title,
      ).toEqual(['A', 'B', 'C']);
      expect(condition, title).toBe('C');
      const [query, reduce, threshold] = data;
      expect(query, title).toMatchObject({
        datasourceUid: 'sheepdog-clickhouse',
        model: { format: 0 },
      });
      expect(reduce, title).toMatchObject({
        datasourceUid: '__expr__',
        model: { expression: 'A' },
      });
      expect(threshold, title).toMatchObject({
        datasourceUid: '__expr__',
        model: { type: 'threshold', expression: 'B' },
      });
      expect(threshold!.model.conditions![0]!.evaluator.params, title).toHaveLength(1);
    }
  });

  test('hold no macro or variable of the browser', () => {
    for (const { title, data } of rules) {
      const sql = data[0]!.model.rawSql!;
      expect(sql, title).not.toMatch(/conditionalAll|adHocFilters/);
      expect(
        variablesIn(sql).filter((name) => !name.startsWith('__')),
        title,
      ).toEqual([]);
    }
  });

  test('cover the freeze rate, refusals, lag, silence of findings, worker and ledger', () => {
    expect(rules.map(({ uid }) => uid)).toEqual(
      expect.arrayContaining([
        'sheepdog-freeze-rate',
        'sheepdog-dead-letters',
        'sheepdog-lag',
        'sheepdog-no-findings',
        'sheepdog-worker-silence',
        'sheepdog-ledger-silence',
        'sheepdog-detector-drift',
        'sheepdog-detector-silence',
        'sheepdog-reload-refused',
        'sheepdog-canary-rolled-back',
        'sheepdog-rule-errors',
        'sheepdog-exclusion-proposed',
        'sheepdog-automatic-entries',
        'sheepdog-cases-wait',
      ]),
    );
  });
});

describe('provisioning', () => {
  test('names the data source that the alert rules ask, and takes its password from the environment', () => {
    const file = readYaml('provisioning/datasources/clickhouse.yaml') as {
      datasources: { uid: string; type: string; secureJsonData: { password: string } }[];
    };
    expect(file.datasources).toHaveLength(1);
    expect(file.datasources[0]).toMatchObject({ uid: 'sheepdog-clickhouse', type: PLUGIN });
    expect(file.datasources[0]!.secureJsonData.password).toMatch(/^\$\w+$/);
  });

  test('sends every alert to a contact point that exists', () => {
    const { contactPoints } = readYaml('provisioning/alerting/contact-points.yaml') as {
      contactPoints: { name: string }[];
    };
    const { policies } = readYaml('provisioning/alerting/policies.yaml') as {
      policies: { receiver: string; routes: { receiver: string }[] }[];
    };
    const names = contactPoints.map(({ name }) => name);
    for (const { receiver, routes } of policies) {
      expect(names).toContain(receiver);
      for (const route of routes) expect(names).toContain(route.receiver);
    }
  });

  test('holds no literal password', () => {
    for (const name of ['datasources/clickhouse.yaml', 'alerting/contact-points.yaml']) {
      const text = readFileSync(dashboardPath(`provisioning/${name}`), 'utf8');
      for (const [, value] of text.matchAll(/(?:password|url): (.+)/g))
        expect(value).toMatch(/^\$/);
    }
  });
});
