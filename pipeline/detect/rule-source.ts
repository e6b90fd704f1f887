/** What is written into an expression before it is compiled: doubles for whole numbers, and a look at every divisor. */

import type { ASTNode } from '@marcbachmann/cel-js';
import { nodesOf } from '../expression.ts';

export const DIVISOR = 'divisorOf';

/** Division by 0 is an error, as CEL has it of whole numbers: Infinity and NaN would compare with any limit. */
export function divisor(value: number): number {
  if (value === 0) throw new Error('divided by 0');
  return value;
}

/** The expression with every `a / b` written `a / divisorOf(b)`: the library's own division of doubles stays. */
export function withDivisors(source: string, ast: ASTNode): string {
  const marks: { readonly at: number; readonly text: string }[] = [];
  for (const { op, args } of nodesOf(ast)) {
    if (op !== '/') continue;
    const { start, end } = args[1].range;
    marks.push({ at: start, text: `${DIVISOR}(` }, { at: end, text: ')' });
  }
  let result = '';
  let from = 0;
  for (const { at, text } of marks.sort((a, b) => a.at - b.at)) {
    result += source.slice(from, at) + text;
    from = at;
  }
  return result + source.slice(from);
}

/** The expression with `3` written `3.0`, for CEL has no arithmetic between whole numbers and doubles. */
export function withDoubles(
  source: string,
  ast: ASTNode,
): { readonly source: string; readonly placeOf: (offset: number) => number } {
  const counts = countsIn(ast);
  const ends = [...nodesOf(ast)]
    .filter((node) => {
      const { op, args, range } = node;
      const written = source.slice(range.start, range.end);
      return (
        op === 'value' && typeof args === 'bigint' && /^\d+$/.test(written) && !counts.has(node)
      );
    })
    .map(({ range }) => range.end)
    .sort((a, b) => a - b);
  let result = '';
  let from = 0;
  for (const end of ends) {
    result += `${source.slice(from, end)}.0`;
    from = end;
  }
  return {
    source: result + source.slice(from),
    placeOf: (offset) =>
      offset - 2 * ends.filter((end, index) => end + 2 * index + 2 <= offset).length,
  };
}

/** Functions of texts that take places and numbers of parts, which CEL counts in whole numbers. */
const COUNTING: ReadonlySet<string> = new Set(['substring', 'indexOf', 'lastIndexOf', 'split']);

/** The numbers that stay whole: those that a text is cut by, and places in a list. */
function countsIn(ast: ASTNode): ReadonlySet<ASTNode> {
  return new Set(
    [...nodesOf(ast)].flatMap((node): ASTNode[] => {
      if (node.op === '[]') return [...nodesOf(node.args[1])];
      if (node.op !== 'rcall' || !COUNTING.has(node.args[0])) return [];
      return [...nodesOf(node.args[2])];
    }),
  );
}
