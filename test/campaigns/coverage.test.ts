/** The coverage table of the shipped campaigns: complete, and true to the tests that it names. */

import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';

const ROOT = new URL('../../', import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, ROOT), 'utf8');

interface Row {
  readonly id: string;
  readonly expressed: string;
  readonly tests: readonly { readonly file: string; readonly claim: string }[];
}

const ROWS: readonly Row[] = read('config/campaigns/README.md')
  .split('\n')
  .map((line) => line.split('|').map((cell) => cell.trim()))
  .filter(([, id = '']) => /^[ABCD]\d+$/.test(id))
  .map(([, id, , expressed, shown]) => ({
    id: id!,
    expressed: expressed!,
    tests: testsOf(shown!),
  }));

function testsOf(cell: string): Row['tests'] {
  if (cell === '—') return [];
  return cell.split('<br>').map((part) => {
    const [, file, claim] = /^`([^`]+)` › (.+)$/.exec(part.trim()) ?? [];
    if (file === undefined || claim === undefined) throw new Error(`no test is named by "${part}"`);
    return { file, claim };
  });
}

const numbered = (letter: string, count: number): string[] =>
  Array.from({ length: count }, (_, n) => `${letter}${String(n + 1).padStart(2, '0')}`);
const IDS = [...numbered('A', 35), ...numbered('B', 27), ...numbered('C', 42)];
/** The rows that are rewards, and limits on them: each must be shown at work. */
const MECHANICS = [
  ...['A02', 'A03', 'A04', 'A05', 'A06', 'A07', 'A08', 'A09', 'A10', 'A11', 'A12', 'A13', 'A14'],
  ...['A15', 'A16', 'A17', 'A18', 'A19', 'A20', 'B02', 'B03', 'B04', 'B05', 'B06', 'B07', 'B08'],
  ...['B09', 'B11', 'B14', 'B15', 'C02', 'C04', 'C05', 'C06', 'C07', 'C08', 'C09', 'C10', 'C11'],
  ...['C12', 'C13', 'C14', 'C15', 'C16', 'C17', 'C19', 'C20', 'C21'],
];

/** What there is of it in a test file: a title, or the part of one that a table of cases leaves as it is. */
function isClaimed({ file, claim }: Row['tests'][number]): boolean {
  const text = read(file).replaceAll("\\'", "'");
  return [`'${claim}'`, `"${claim}"`, `\`${claim}\``].some((quoted) => text.includes(quoted));
}

test('has one row for each of the 104 demands and the 16 open questions', () => {
  const questions = Array.from({ length: 16 }, (_, n) => `D${n + 1}`);
  expect(ROWS.map(({ id }) => id)).toEqual([...IDS, ...questions]);
});

test('shows each reward and each limit at work, by a claim that bears its id', () => {
  expect(MECHANICS).toHaveLength(48);
  for (const id of MECHANICS) {
    const row = ROWS.find((each) => each.id === id)!;
    expect(
      row.tests.map(({ claim }) => claim).filter((claim) => claim.startsWith(id)),
      id,
    ).not.toEqual([]);
  }
});

test('says what the software gives where people do the work, and names a test for all else', () => {
  for (const { id, expressed, tests } of ROWS) {
    if (tests.length === 0) expect(expressed, id).toMatch(/^people's work: the software /);
  }
});

describe('names only what there is', () => {
  test.each(ROWS.filter(({ tests }) => tests.length > 0))('$id', ({ tests, expressed }) => {
    const missing = tests.filter(
      (each) => !existsSync(new URL(each.file, ROOT)) || !isClaimed(each),
    );
    expect(missing).toEqual([]);
    for (const [, path] of expressed.matchAll(
      /`((?:pipeline|dashboards|config|detectors)\/[\w./-]*)`/g,
    )) {
      expect(existsSync(new URL(path!, ROOT)), path).toBe(true);
    }
  });
});

test('the plan ids that the campaign files claim have a row that names the file', () => {
  for (const name of ['bill-payment', 'redemption', 'credit-card']) {
    const { offers } = parse(read(`config/campaigns/${name}.yaml`)) as {
      offers: { id: string; plan: string[] }[];
    };
    for (const { id, plan } of offers) {
      expect(plan, id).not.toEqual([]);
      for (const each of plan) expect(IDS, `${name} ${id}`).toContain(each);
    }
    const named = new Set(offers.flatMap(({ plan }) => plan));
    const letter = { 'bill-payment': 'A', redemption: 'B', 'credit-card': 'C' }[name]!;
    const own = MECHANICS.filter((id) => id.startsWith(letter) && id !== 'C02');
    expect(own.filter((id) => !named.has(id))).toEqual([]);
  }
});
