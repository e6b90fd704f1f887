import { expect, test } from 'vitest';
import { RowPrinter, type Screen } from '../../pipeline/print-rows.ts';

function screen(kind: { isTTY?: boolean; columns?: number }): { screen: Screen; told: string[] } {
  const told: string[] = [];
  const write = (text: string, done: () => void): boolean => {
    told.push(text);
    done();
    return true;
  };
  return { screen: { ...kind, write: write as Screen['write'] }, told };
}

const ROWS = [
  { account: 'budget/a', limit: 20_000, left: 7, note: '', extra: { a: 1 } },
  { account: 'quota/spend', limit: 5, left: -1, note: '', extra: { a: 2 } },
];

async function printed(kind: Parameters<typeof screen>[0], json?: boolean): Promise<string> {
  const { screen: to, told } = screen(kind);
  const printer = new RowPrinter(
    ['account', 'limit', 'note', 'left'],
    json === undefined ? {} : { json },
    to,
  );
  await printer.print(ROWS);
  await printer.end('nothing');
  return told.join('');
}

test('a terminal gets a table of the columns that hold something, numbers to the right', async () => {
  expect(await printed({ isTTY: true, columns: 80 })).toBe(
    [
      '  account       limit  left',
      '  budget/a     20,000     7',
      '  quota/spend       5    -1',
      '',
    ].join('\n'),
  );
});

test('a program, and who asks for it, gets a JSON line a row with everything', async () => {
  const lines = ROWS.map((row) => `${JSON.stringify(row)}\n`).join('');
  expect(await printed({})).toBe(lines);
  expect(await printed({ isTTY: true }, true)).toBe(lines);
});

test('a line longer than the terminal is cut, and says so', async () => {
  const [, first] = (await printed({ isTTY: true, columns: 18 })).split('\n');
  expect(first).toBe('  budget/a     20…');
});

test('that there is nothing is said to a person only', async () => {
  for (const [kind, text] of [
    [{ isTTY: true }, 'nothing\n'],
    [{}, ''],
  ] as const) {
    const { screen: to, told } = screen(kind);
    const printer = new RowPrinter(['id'], {}, to);
    await printer.print([]);
    await printer.end('nothing');
    expect(told.join('')).toBe(text);
  }
});
