/** The dashboards and alert rules as the tests read them: only the parts that a claim is made of. */

import { readFileSync } from 'node:fs';
import { parse } from 'yaml';

interface Target {
  readonly refId: string;
  readonly datasource: { readonly type: string; readonly uid: string };
  readonly pluginVersion: string;
  readonly editorType: string;
  readonly queryType: string;
  readonly format: number;
  readonly rawSql: string;
  readonly meta: { readonly timezone: string };
}

export interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly description?: string;
  readonly gridPos: {
    readonly x: number;
    readonly y: number;
    readonly w: number;
    readonly h: number;
  };
  readonly datasource?: { readonly type: string; readonly uid: string };
  readonly targets?: readonly Target[];
  readonly fieldConfig?: {
    readonly defaults: Readonly<Record<string, unknown>>;
    readonly overrides: readonly {
      readonly matcher: { readonly id: string; readonly options: string };
      readonly properties: readonly { readonly id: string; readonly value: unknown }[];
    }[];
  };
}

interface Variable {
  readonly type: 'datasource' | 'query' | 'custom' | 'textbox';
  readonly name: string;
  readonly query: string | { readonly rawSql: string };
  readonly datasource?: { readonly uid: string };
}

interface Annotation {
  readonly name: string;
  readonly datasource: { readonly uid: string };
  readonly target: {
    readonly format: number;
    readonly editorType: string;
    readonly rawSql: string;
  };
}

export interface Board {
  readonly uid: string;
  readonly title: string;
  readonly schemaVersion: number;
  readonly tags: readonly string[];
  readonly panels: readonly Panel[];
  readonly templating: { readonly list: readonly Variable[] };
  readonly annotations: { readonly list: readonly Annotation[] };
}

export const BOARD_FILES = [
  'risk-overview.json',
  'campaign-kpis.json',
  'pipeline-health.json',
  'detection-quality.json',
  'detection-tuning.json',
] as const;

export function dashboardPath(name: string): URL {
  return new URL(`../../dashboards/${name}`, import.meta.url);
}

export function readBoard(name: string): Board {
  return JSON.parse(readFileSync(dashboardPath(name), 'utf8')) as Board;
}

export interface AlertRule {
  readonly uid: string;
  readonly title: string;
  readonly condition: string;
  readonly for: string;
  readonly noDataState: string;
  readonly annotations: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  readonly data: readonly {
    readonly refId: string;
    readonly datasourceUid: string;
    readonly relativeTimeRange: { readonly from: number; readonly to: number };
    readonly model: {
      readonly type?: string;
      readonly format?: number;
      readonly rawSql?: string;
      readonly expression?: string;
      readonly conditions?: readonly {
        readonly evaluator: { readonly type: string; readonly params: readonly number[] };
      }[];
    };
  }[];
}

export function readYaml(name: string): unknown {
  return parse(readFileSync(dashboardPath(name), 'utf8'));
}

export function readAlertRules(): readonly AlertRule[] {
  const file = readYaml('provisioning/alerting/rules.yaml') as {
    readonly groups: readonly { readonly rules: readonly AlertRule[] }[];
  };
  return file.groups.flatMap(({ rules }) => rules);
}
