import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { FRAUD } from '../../pipeline/report/fragments.ts';
import { ABUSE_REASONS } from '../../pipeline/reward/abuse.ts';

const textOf = (path: string): string =>
  readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const sorted = (reasons: Iterable<string>): string[] => [...reasons].toSorted();

describe('what was abuse has one list of reasons', () => {
  test('the ledger knows them', () => {
    const table = /local ABUSE = \{([^}]*)\}/.exec(textOf('pipeline/reward/lua/reclaim.lua'))![1]!;
    const reasons = [...table.matchAll(/(\w+) = true/g)].map(([, reason]) => reason!);
    expect(sorted(reasons)).toEqual(sorted(ABUSE_REASONS));
  });

  test('the report and the dashboards call them intercepted, and nothing else', () => {
    const named = `reason IN (${ABUSE_REASONS.map((reason) => `'${reason}'`).join(', ')})`;
    expect(FRAUD).toBe(named);
    const found = textOf('dashboards/campaign-kpis.json').match(/reason IN \([^)]*\)/g)!;
    expect(new Set(found)).toEqual(new Set([named]));
  });
});
