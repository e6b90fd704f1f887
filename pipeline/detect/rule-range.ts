/**
 * Which values an expression can come to, from what its parts can: so that a condition that can never hold and
 * a band that can never be reached are told before the rule is loaded, instead of staying silent for ever.
 */

import type { ASTNode } from '@marcbachmann/cel-js';

/** Both ends belong to it. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

export const ANYTHING: Range = { from: -Infinity, to: Infinity };

/** What is known of the names that an expression reads. */
export interface Known {
  /** By the path of the name, such as `features.near` or `event.hour`. */
  readonly ranges: ReadonlyMap<string, Range>;
  /** What `event.type` can be. */
  readonly types: readonly string[];
}

export type Truth = 'always' | 'never' | 'maybe';

/** `features.near` for the node that reads it; undefined for any other node. */
export function pathOf(node: ASTNode): string | undefined {
  if (node.op !== '.') return undefined;
  const [object, field] = node.args;
  return object.op === 'id' ? `${object.args}.${field}` : undefined;
}

/** The parts that must all hold. */
export function conjunctsOf(node: ASTNode): readonly ASTNode[] {
  return node.op === '&&' ? node.args.flatMap(conjunctsOf) : [node];
}

/** A bound that one conjunct sets to one name. */
export interface Bound {
  readonly path: string;
  /** 1: the value is at least `limit`; −1: its negation is, so the value is at most −limit. */
  readonly sign: 1 | -1;
  readonly limit: number;
}

/** What a comparison of a name with a constant says, exactly; undefined for any other condition. */
export function boundsOf(node: ASTNode, known: Known): readonly Bound[] | undefined {
  if (!isComparison(node)) return undefined;
  const [left, right] = node.args;
  const path = pathOf(left);
  if (path === undefined || isConstant(path)) {
    const turned = pathOf(right);
    return turned === undefined || isConstant(turned)
      ? undefined
      : bounds(turned, TURNED[node.op], pointOf(left, known));
  }
  return bounds(path, node.op, pointOf(right, known));
}

const TURNED = { '>=': '<=', '>': '<', '<=': '>=', '<': '>', '==': '==' } as const;
type Comparison = keyof typeof TURNED;

function isComparison(node: ASTNode): node is Extract<ASTNode, { op: Comparison }> {
  return Object.hasOwn(TURNED, node.op);
}

function isConstant(path: string): boolean {
  return path.startsWith('params.');
}

function pointOf(node: ASTNode, known: Known): number | undefined {
  if (readsNames(node)) return undefined;
  const { from, to } = rangeOf(node, known);
  return from === to ? from : undefined;
}

function readsNames(node: ASTNode): boolean {
  const path = pathOf(node);
  if (path !== undefined) return !isConstant(path);
  return node.op !== 'value' && !(node.op === '-_' && !readsNames(node.args));
}

function bounds(path: string, op: Comparison, limit: number | undefined): Bound[] | undefined {
  if (limit === undefined) return undefined;
  const atLeast = (least: number): Bound => ({ path, sign: 1, limit: least });
  const atMost = (most: number): Bound => ({ path, sign: -1, limit: -most });
  switch (op) {
    case '>=':
      return [atLeast(limit)];
    case '>':
      return [atLeast(nextUp(limit))];
    case '<=':
      return [atMost(limit)];
    case '<':
      return [atMost(-nextUp(-limit))];
    case '==':
      return [atLeast(limit), atMost(limit)];
  }
}

const bits = new BigInt64Array(1);
const double = new Float64Array(bits.buffer);

/** The smallest double above a finite one. */
function nextUp(value: number): number {
  if (value === 0) return Number.MIN_VALUE;
  double[0] = value;
  bits[0]! += value > 0 ? 1n : -1n;
  return double[0];
}

/** The ranges where a condition holds. */
export function narrowed(node: ASTNode, known: Known): Known {
  const result = new Map(known.ranges);
  for (const conjunct of conjunctsOf(node)) {
    for (const { path, sign, limit } of boundsOf(conjunct, known) ?? []) {
      const { from, to } = result.get(path) ?? ANYTHING;
      result.set(
        path,
        sign === 1 ? { from: Math.max(from, limit), to } : { from, to: Math.min(to, -limit) },
      );
    }
  }
  return { ...known, ranges: result };
}

/** Of an expression that comes to a number. */
export function rangeOf(node: ASTNode, known: Known): Range {
  const path = pathOf(node);
  if (path !== undefined) return known.ranges.get(path) ?? ANYTHING;
  switch (node.op) {
    case 'value':
      return typeof node.args === 'number' ? { from: node.args, to: node.args } : ANYTHING;
    case '-_': {
      const { from, to } = rangeOf(node.args, known);
      return { from: -to, to: -from };
    }
    case '+':
    case '-':
    case '*':
    case '/': {
      const [left, right] = node.args.map((each) => rangeOf(each, known)) as [Range, Range];
      return arithmetic(node.op, left, right);
    }
    case '?:': {
      const [, yes, no] = node.args.map((each) => rangeOf(each, known)) as [Range, Range, Range];
      return { from: Math.min(yes.from, no.from), to: Math.max(yes.to, no.to) };
    }
    case 'call':
      return called(
        node.args[0],
        node.args[1].map((each) => rangeOf(each, known)),
      );
    default:
      return ANYTHING;
  }
}

function arithmetic(op: '+' | '-' | '*' | '/', left: Range, right: Range): Range {
  // A divisor that can be 0 makes anything of anything.
  if (op === '/' && right.from <= 0 && right.to >= 0) {
    const positive = left.from >= 0 && right.from >= 0;
    return positive ? { from: 0, to: Infinity } : ANYTHING;
  }
  const corners = [left.from, left.to].flatMap((a) =>
    [right.from, right.to].map((b) => OPERATIONS[op](a, b)),
  );
  // Two infinities can come to no number: then nothing is known.
  if (corners.some(Number.isNaN)) return ANYTHING;
  return { from: Math.min(...corners), to: Math.max(...corners) };
}

const OPERATIONS = {
  '+': (a: number, b: number) => a + b,
  '-': (a: number, b: number) => a - b,
  // Nothing taken any number of times is nothing, even where that number has no end.
  '*': (a: number, b: number) => (a === 0 || b === 0 ? 0 : a * b),
  '/': (a: number, b: number) => a / b,
};

function called(name: string, args: readonly Range[]): Range {
  const [first, second] = args;
  if (first === undefined) return ANYTHING;
  if (name === 'abs') {
    const far = Math.max(Math.abs(first.from), Math.abs(first.to));
    const near =
      first.from <= 0 && first.to >= 0 ? 0 : Math.min(Math.abs(first.from), Math.abs(first.to));
    return { from: near, to: far };
  }
  if (second === undefined || (name !== 'min' && name !== 'max')) return ANYTHING;
  const pick = (a: number, b: number): number => (name === 'min' ? Math.min(a, b) : Math.max(a, b));
  return { from: pick(first.from, second.from), to: pick(first.to, second.to) };
}

/** Whether a condition can hold at all, and whether it can fail. */
export function truthOf(node: ASTNode, known: Known): Truth {
  if (node.op === 'value') return node.args === true ? 'always' : 'never';
  if (node.op === '!_') return NOT[truthOf(node.args, known)];
  if (node.op === '&&') {
    const within = narrowed(node, known);
    if ([...within.ranges.values()].some(({ from, to }) => from > to)) return 'never';
    const parts = conjunctsOf(node).map((each) => truthOf(each, known));
    if (parts.includes('never')) return 'never';
    return parts.every((part) => part === 'always') ? 'always' : 'maybe';
  }
  if (node.op === '||') {
    const parts = node.args.map((each) => truthOf(each, known));
    if (parts.includes('always')) return 'always';
    return parts.every((part) => part === 'never') ? 'never' : 'maybe';
  }
  if (!isComparison(node)) return 'maybe';
  if (node.op === '==' && isTypeless(node, known)) return 'never';
  const [left, right] = node.args.map((each) => rangeOf(each, known)) as [Range, Range];
  return compared(node.op, left, right);
}

/** A comparison of the event's type with a type that the rule does not judge. */
function isTypeless({ args }: Extract<ASTNode, { op: '==' }>, { types }: Known): boolean {
  const [left, right] = pathOf(args[0]) === 'event.type' ? args : [args[1], args[0]];
  if (pathOf(left) !== 'event.type' || right.op !== 'value') return false;
  return typeof right.args === 'string' && !types.includes(right.args);
}

const NOT = { always: 'never', never: 'always', maybe: 'maybe' } as const;

function compared(op: Comparison, left: Range, right: Range): Truth {
  switch (op) {
    case '==':
      return left.to < right.from || left.from > right.to ? 'never' : 'maybe';
    case '>=':
      return left.from >= right.to ? 'always' : left.to < right.from ? 'never' : 'maybe';
    case '>':
      return left.from > right.to ? 'always' : left.to <= right.from ? 'never' : 'maybe';
    case '<=':
      return compared('>=', right, left);
    case '<':
      return compared('>', right, left);
  }
}
