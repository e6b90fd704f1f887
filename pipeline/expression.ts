/** What the expressions of campaigns and of rules (CEL, https://github.com/google/cel-spec) have in common. */

import { ParseError, TypeError, type ASTNode } from '@marcbachmann/cel-js';

export interface ExpressionProblem {
  readonly message: string;
  /** Index of the character at fault in the expression. */
  readonly offset: number;
}

/** A node and everything below it. */
export function* nodesOf(part: unknown): Generator<ASTNode> {
  if (typeof part !== 'object' || part === null) return;
  if (Array.isArray(part)) {
    for (const inner of part) yield* nodesOf(inner);
  } else if ('op' in part && 'args' in part) {
    const node = part as ASTNode;
    yield node;
    yield* nodesOf(node.args);
  }
}

/** What the library threw, as a problem with its place. */
export function problemFrom(error: unknown): ExpressionProblem {
  if (error instanceof ParseError || error instanceof TypeError) {
    return { message: error.summary, offset: error.range?.start ?? 0 };
  }
  return { message: error instanceof Error ? error.message : String(error), offset: 0 };
}
