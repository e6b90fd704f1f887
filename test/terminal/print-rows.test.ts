import { expect, test } from 'vitest';
import { print } from '../../pipeline/terminal/print.ts';
import { RowPrinter, type Screen } from '../../pipeline/terminal/print-rows.ts';
import { widthOf } from '../../pipeline/terminal/terminal-text.ts';
import { textTable } from '../../pipeline/terminal/text-table.ts';

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

const DEVICE = { kind: 'devices', value: 'dev-1', reason: 'shared' };

async function devices(
  rows: readonly { readonly value: string; readonly reason?: string }[],
  columns = 80,
  json = false,
): Promise<string[]> {
  const { screen: to, told } = screen({ isTTY: true, columns });
  const printer = new RowPrinter(['kind', 'value', 'reason'], { json }, to);
  await printer.print(rows.map((row) => ({ ...DEVICE, ...row })));
  return told.join('').split('\n');
}

test('columns that do not fit beside the others stand below them, so that nothing is lost', async () => {
  expect(await devices([{ value: 'dev-1' }, { value: 'dev-2' }], 23)).toEqual([
    '  kind     value',
    '      reason',
    '  devices  dev-1',
    '      shared',
    '  devices  dev-2',
    '      shared',
    '',
  ]);
});

test('a value longer than a line goes on below it, further in than any row begins', async () => {
  const told = await devices([{ value: `${'x'.repeat(30)}devices  dev-9` }], 30);
  expect(told.slice(3)).toEqual([
    '  devices',
    `      ${'x'.repeat(24)}`,
    '      xxxxxxdevices  dev-9',
    '      shared',
    '',
  ]);
});

test('no line is wider than the terminal, which would go on at its very left', () => {
  const wide = (line: string, columns: number): boolean => widthOf(line) > columns;
  for (const columns of [20, 23, 40, 80]) {
    for (let first = 1; first <= columns; first++) {
      for (const cells of [
        [first, 'x'.repeat(100)],
        ['x'.repeat(first), 'x'.repeat(100), 7],
        ['x'.repeat(100), 'x'.repeat(first)],
      ]) {
        const table = textTable(
          cells.map((_, n) => `${n}`),
          [cells],
          columns,
        );
        expect(table.split('\n').filter((line) => wide(line, columns))).toEqual([]);
      }
    }
  }
});

test("no event's text erases, forges or turns round a line", async () => {
  const values = [
    '\u001b[2K\u001b[1Aok',
    'a\n  devices  dev-9',
    '\u202edev\u2066',
    'a\u009b2Jb',
    'a\u2028b',
  ];
  const told = await devices(values.map((value) => ({ value })));
  expect(told.slice(1, -1)).toEqual([
    String.raw`  devices  \u001b[2K\u001b[1Aok     shared`,
    String.raw`  devices  a\u000a  devices  dev-9  shared`,
    String.raw`  devices  \u202edev\u2066          shared`,
    String.raw`  devices  a\u009b2Jb               shared`,
    String.raw`  devices  a\u2028b                 shared`,
  ]);
});

test('JSON lines at a terminal show what a terminal would obey, and say the same', async () => {
  const value = 'a\u009b2J\u202e\u{e0041}\nb';
  const [line] = await devices([{ value }], 80, true);
  expect(line).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  expect(JSON.parse(line!)).toEqual({ ...DEVICE, value });
});

test('a whole document at a terminal shows what a terminal would obey, and a pipe gets it as it is', async () => {
  const text = '{\n  "eventId": "a\u009b2J\u202e"\n}\n';
  for (const [isTTY, expected] of [
    [true, String.raw`"a\u009b2J\u202e"`],
    [false, '"a\u009b2J\u202e"'],
  ] as const) {
    const { screen: to, told } = screen({ isTTY });
    await print(text, to);
    expect(told).toEqual([`{\n  "eventId": ${expected}\n}\n`]);
  }
});

test('letters of two columns count as two, and none is cut in half', async () => {
  expect(
    (await devices([{ value: '张三' }, { value: 'dev-1' }, { value: '👍' }])).slice(1, 4),
  ).toEqual(['  devices  张三   shared', '  devices  dev-1  shared', '  devices  👍     shared']);
  const long = await devices([{ value: `x${'👍'.repeat(12)}` }], 30);
  expect(long.slice(4, 6)).toEqual([`      x${'👍'.repeat(11)}`, '      👍']);
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
