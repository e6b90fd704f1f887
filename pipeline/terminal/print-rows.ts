/** Results of many rows: a table where a person reads, one JSON line a row where a program does. */

import type { Writable } from 'node:stream';
import { visibleLines } from './terminal-text.ts';
import { textTable, type Cell } from './text-table.ts';

export interface RowsFlags {
  /** JSON lines on a terminal too. */
  readonly json?: boolean;
}

/** Standard output, or what stands for it. */
export type Screen = Pick<Writable, 'write'> & {
  readonly isTTY?: boolean;
  readonly columns?: number;
};

type Row = Readonly<Record<string, unknown>>;

/** Whether results are for a person's eyes. */
export function isForEyes({ json }: RowsFlags, screen: Screen = process.stdout): boolean {
  return screen.isTTY === true && json !== true;
}

/**
 * Prints rows as they come, however many they are.
 * @param columns what the table shows, in this order, where any row of the first page has it; JSON lines have everything.
 */
export class RowPrinter {
  readonly #columns: readonly string[];
  readonly #screen: Screen;
  readonly #isTable: boolean;
  #printed = 0;

  constructor(columns: readonly string[], flags: RowsFlags, screen: Screen = process.stdout) {
    this.#columns = columns;
    this.#screen = screen;
    this.#isTable = isForEyes(flags, screen);
  }

  /** Resolves when they are out: what a pipe has not taken yet would be lost with the process. */
  async print(rows: readonly Row[]): Promise<void> {
    if (rows.length === 0) return;
    const text = this.#isTable ? `${this.#table(rows)}\n` : this.#lines(rows);
    this.#printed += rows.length;
    await this.#write(text);
  }

  /** @param none what is said at a terminal where there was no row. */
  async end(none: string): Promise<void> {
    if (this.#isTable && this.#printed === 0) await this.#write(`${none}\n`);
  }

  /** JSON leaves some of what a terminal obeys as it is. */
  #lines(rows: readonly Row[]): string {
    const text = rows.map((row) => `${JSON.stringify(row)}\n`).join('');
    return this.#screen.isTTY === true ? visibleLines(text) : text;
  }

  #table(rows: readonly Row[]): string {
    const shown = this.#columns.filter((name) =>
      rows.some((row) => cellOf(row[name]) !== undefined),
    );
    const cells = rows.map((row) => shown.map((name) => cellOf(row[name])));
    return textTable(shown, cells, this.#screen.columns);
  }

  async #write(text: string): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#screen.write(text, () => resolve());
    });
  }
}

function cellOf(value: unknown): Cell {
  if (value === undefined || value === null || value === '') return undefined;
  return typeof value === 'number' || typeof value === 'string' ? value : JSON.stringify(value);
}
