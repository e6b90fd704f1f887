/** Tables of text for the eyes at a terminal. */

import { padded, piecesOf, visible, widthOf } from './terminal-text.ts';

export type Cell = string | number | undefined;

/** With its currency before it or per cent behind it, and what stands for one that nobody knows. */
const NUMBER = /^(–|[-−]?([A-Z]{3} |¥)?[\d,]+(\.\d+)?( %)?)?$/;

const MARGIN = '  ';
/** Before what goes on below its row, so that no value's text can pass for a row of its own. */
const BELOW = '      ';
const LEAST_COLUMNS = 20;

interface Column {
  readonly index: number;
  readonly width: number;
  readonly isNumber: boolean;
}

/**
 * Columns as wide as their widest cell, numbers to the right and in groups of three. What a cell holds stays in it:
 * ends of lines and escape sequences are shown, not obeyed.
 * @param columns of the terminal: those that do not fit beside the others stand below, as their titles do, and what
 * is longer than a line goes on there. 0, as of a terminal that cannot tell, or left out: everything fits.
 * @returns the lines, without an end to the last one.
 */
export function textTable(
  header: readonly string[],
  rows: readonly (readonly Cell[])[],
  columns?: number,
): string {
  if (rows.length === 0) return '  none';
  const texts = rows.map((row) => row.map(textOf));
  const across = columns === undefined || columns === 0 ? Infinity : columns;
  const room = Math.max(LEAST_COLUMNS, across) - BELOW.length;
  const laid = header.map((title, index): Column => {
    const widest = Math.max(widthOf(title), ...texts.map((row) => widthOf(row[index]!)));
    const isNumber = texts.every((row) => NUMBER.test(row[index]!));
    return { index, width: Math.min(widest, room), isNumber };
  });
  const lines = linesOf(laid, room);
  return [header, ...texts].flatMap((cells) => rowText(cells, lines)).join('\n');
}

/** The columns that stand beside one another, line for line. */
function linesOf(columns: readonly Column[], room: number): Column[][] {
  const lines: Column[][] = [[]];
  // The first line stands further to the left.
  let taken = MARGIN.length - BELOW.length;
  for (const column of columns) {
    const line = lines.at(-1)!;
    const more = column.width + (line.length === 0 ? 0 : MARGIN.length);
    // What is longer than a line goes on below further to the right, so it begins there, too.
    if (line.length > 0 && (taken + more > room || column.width === room)) {
      lines.push([column]);
      taken = column.width;
    } else {
      line.push(column);
      taken += more;
    }
  }
  return lines;
}

function rowText(cells: readonly string[], lines: readonly (readonly Column[])[]): string[] {
  return lines.flatMap((line, at) => {
    const pieces = line.map(({ index, width }) => piecesOf(cells[index]!, width));
    const height = Math.max(...pieces.map(({ length }) => length));
    const told = Array.from({ length: height }, (_, down) => {
      const row = line.map(({ width, isNumber }, n) =>
        padded(pieces[n]![down] ?? '', width, isNumber ? 'right' : 'left'),
      );
      return `${at + down === 0 ? MARGIN : BELOW}${row.join(MARGIN)}`.trimEnd();
    });
    return told.filter((text, down) => text !== '' || at + down === 0);
  });
}

function textOf(cell: Cell): string {
  return typeof cell === 'number' ? cell.toLocaleString('en-US') : visible(cell ?? '');
}
