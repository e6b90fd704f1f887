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

/** What an expression may call, beside what its types say. */
export interface Calls {
  /** Functions that are refused, each with the reason and what to write instead. */
  readonly refused: Readonly<Record<string, string>>;
  /** Which argument of `listed` is the list's name, from 0. */
  readonly listArgument: number;
  /** What is said where that is no text that can be read beforehand. */
  readonly unnamedList: string;
  /** What is wrong with a list's name, or undefined. */
  readonly listProblem: (list: string) => string | undefined;
}

/** The first mistake that types do not show: a refused function, an unknown list. */
export function refusedCall(ast: ASTNode, calls: Calls): ExpressionProblem | undefined {
  for (const node of nodesOf(ast)) {
    if (node.op !== 'call' && node.op !== 'rcall') continue;
    const [name] = node.args;
    const why = Object.hasOwn(calls.refused, name) ? calls.refused[name] : undefined;
    if (why !== undefined) return { message: `${name} ${why}`, offset: node.range.start };
    if (node.op !== 'call' || name !== 'listed') continue;
    const list = node.args[1][calls.listArgument];
    if (list?.op !== 'value' || typeof list.args !== 'string') {
      return { message: calls.unnamedList, offset: node.range.start };
    }
    const message = calls.listProblem(list.args);
    if (message !== undefined) return { message, offset: list.range.start };
  }
  return undefined;
}

/** `features.near` for the node that reads it; undefined for any other node. */
export function pathOf(node: ASTNode): string | undefined {
  if (node.op !== '.') return undefined;
  const [object, field] = node.args;
  return object.op === 'id' ? `${object.args}.${field}` : undefined;
}

/** What the library threw, as a problem with its place. */
export function problemFrom(error: unknown): ExpressionProblem {
  if (error instanceof ParseError || error instanceof TypeError) {
    return { message: error.summary, offset: error.range?.start ?? 0 };
  }
  return { message: error instanceof Error ? error.message : String(error), offset: 0 };
}
