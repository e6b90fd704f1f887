/** Tables of text for the eyes at a terminal. */

export type Cell = string | number | undefined;

/** With its currency before it or per cent behind it, and what stands for one that nobody knows. */
const NUMBER = /^(–|[-−]?([A-Z]{3} |¥)?[\d,]+(\.\d+)?( %)?)?$/;

/**
 * Columns as wide as their widest cell, numbers to the right and in groups of three.
 * @param columns of the terminal: what is longer is cut; left out: nothing is.
 * @returns the lines, without an end to the last one.
 */
export function textTable(
  header: readonly string[],
  rows: readonly (readonly Cell[])[],
  columns = Infinity,
): string {
  if (rows.length === 0) return '  none';
  const texts = rows.map((row) => row.map(textOf));
  const widths = header.map((title, column) =>
    Math.max(title.length, ...texts.map((row) => row[column]!.length)),
  );
  const isNumber = header.map((_title, column) => texts.every((row) => NUMBER.test(row[column]!)));
  const lineOf = (cells: readonly string[]): string => {
    const padded = cells.map((cell, column) =>
      isNumber[column] === true ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!),
    );
    const line = `  ${padded.join('  ')}`.trimEnd();
    return line.length > columns ? `${line.slice(0, columns - 1)}…` : line;
  };
  return [header, ...texts].map(lineOf).join('\n');
}

function textOf(cell: Cell): string {
  return typeof cell === 'number' ? cell.toLocaleString('en-US') : (cell ?? '');
}
