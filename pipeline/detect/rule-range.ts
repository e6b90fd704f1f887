/**
 * Which values an expression can come to, from what its parts can: so that a condition that can never hold and
 * a band that can never be reached are told before the rule is loaded, instead of staying silent for ever.
 */

import type { ASTNode } from '@marcbachmann/cel-js';
import { nodesOf, pathOf } from '../expression.ts';
import { textClaimOf, truthOfClaim, withClaim, type TextDomains } from './rule-texts.ts';

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
  /** Texts that names can be, where that is known: `event.type` is one of the types that the rule judges. */
  readonly texts: TextDomains;
}

export type Truth = 'always' | 'never' | 'maybe';

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
  const claims = conjunctsOf(node).flatMap((each) => textClaimOf(each) ?? []);
  // What a name is not can only be taken from what it can be.
  const texts = claims
    .sort((a, b) => Number(b.among) - Number(a.among))
    .reduce<TextDomains>(withClaim, known.texts);
  for (const conjunct of conjunctsOf(node)) {
    for (const { path, sign, limit } of boundsOf(conjunct, known) ?? []) {
      const { from, to } = result.get(path) ?? ANYTHING;
      result.set(
        path,
        sign === 1 ? { from: Math.max(from, limit), to } : { from, to: Math.min(to, -limit) },
      );
    }
  }
  return { ranges: result, texts };
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
    case '%': {
      const [left, right] = node.args.map((each) => rangeOf(each, known)) as [Range, Range];
      return left.from >= 0 && right.from > 0
        ? { from: 0, to: Math.min(left.to, right.to) }
        : ANYTHING;
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
  const claim = textClaimOf(node);
  if (claim !== undefined) return truthOfClaim(claim, known.texts);
  switch (node.op) {
    case 'value':
      return node.args === true ? 'always' : 'never';
    case '!_':
      return NOT[truthOf(node.args, known)];
    case '&&': {
      const within = narrowed(node, known);
      if ([...within.ranges.values()].some(({ from, to }) => from > to)) return 'never';
      if ([...within.texts.values()].some(({ size }) => size === 0)) return 'never';
      return all(conjunctsOf(node).map((each) => truthOf(each, known)));
    }
    case '||':
      return NOT[all(node.args.map((each) => NOT[truthOf(each, known)]))];
    case '!=':
      return NOT[equality(node.args, known)];
    case '==':
      return equality(node.args, known);
    case 'in':
      return membership(node.args, known);
    case 'call': {
      const [name, [asked]] = node.args;
      const path = name === 'has' && asked !== undefined ? pathOf(asked) : undefined;
      return path !== undefined && ALWAYS_THERE.has(path) ? 'always' : 'maybe';
    }
    default:
      return isComparison(node) ? compared(node.op, ...sides(node.args, known)) : 'maybe';
  }
}

/** What every event has, so that nobody need ask. */
const ALWAYS_THERE: ReadonlySet<string> = new Set(
  ['type', 'accountId', 'occurredAtMs', 'weekday', 'hour', 'minute', 'second', 'attributes'].map(
    (field) => `event.${field}`,
  ),
);

const NOT = { always: 'never', never: 'always', maybe: 'maybe' } as const;

function all(parts: readonly Truth[]): Truth {
  if (parts.includes('never')) return 'never';
  return parts.every((part) => part === 'always') ? 'always' : 'maybe';
}

type Two = readonly [ASTNode, ASTNode];

function sides([left, right]: Two, known: Known): [Range, Range] {
  return [rangeOf(left, known), rangeOf(right, known)];
}

function equality([left, right]: Two, known: Known): Truth {
  if (left.op === 'value' && right.op === 'value' && typeof left.args !== 'number') {
    return left.args === right.args ? 'always' : 'never';
  }
  const path = pathOf(left);
  if (path !== undefined && path === pathOf(right)) return 'always';
  return compared('==', ...sides([left, right], known));
}

/** A number in a list; lists of texts are claims. */
function membership([value, list]: Two, known: Known): Truth {
  if (list.op !== 'list') return 'maybe';
  return NOT[all(list.args.map((member) => NOT[equality([value, member], known)]))];
}

function compared(op: Comparison, left: Range, right: Range): Truth {
  switch (op) {
    case '==':
      if (left.to < right.from || left.from > right.to) return 'never';
      return isPoint(left) && isPoint(right) ? 'always' : 'maybe';
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

function isPoint({ from, to }: Range): boolean {
  return from === to;
}

/** Where an expression divides by what is 0 at every event; undefined where it does not. */
export function divisionByZero(ast: ASTNode, known: Known): ASTNode | undefined {
  for (const node of nodesOf(ast)) {
    if (node.op !== '/' && node.op !== '%') continue;
    const { from, to } = rangeOf(node.args[1], known);
    if (from === 0 && to === 0) return node;
  }
  return undefined;
}
