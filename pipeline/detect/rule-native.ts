/**
 * The part of CEL that most rules keep to, as plain functions: numbers, truths and comparisons of texts cost a
 * fraction of the interpreter's time. They answer only what needs no judgement; where an event lacks something that
 * is read, they throw `Unanswered` and the interpreter is asked, so that errors are CEL's own. Whatever is not known
 * here makes the whole expression the interpreter's.
 */

import type { ASTNode } from '@marcbachmann/cel-js';
import type { FeatureValues } from './detector.ts';
import type { RuleEvent } from './rule-event.ts';
import { EVENT_FIELDS } from './rule-event.ts';

/** What the functions read: moved from event to event by the caller. */
export interface NativeScope {
  readonly event: RuleEvent;
  features: FeatureValues<string>;
  readonly params: Readonly<Record<string, number>>;
  readonly lists: ReadonlyMap<string, ReadonlySet<string>>;
}

/** Something is missing: the interpreter knows whether that matters. Made once, for a trace costs more than a rule. */
export const UNANSWERED = new Error('a rule read what the event lacks');

type Answer<T> = () => T;

/** @returns undefined when the expression reaches beyond this part of CEL. */
export function nativeNumber(node: ASTNode, scope: NativeScope): Answer<number> | undefined {
  switch (node.op) {
    case 'value': {
      const { args } = node;
      return typeof args === 'number' ? () => args : undefined;
    }
    case '.':
      return numberField(node.args, scope);
    case '-_': {
      const inner = nativeNumber(node.args, scope);
      return inner && (() => -inner());
    }
    case '+':
    case '-':
    case '*':
    case '/':
    case '%':
      return both(node.args, scope, nativeNumber, ARITHMETIC[node.op]);
    case '?:': {
      const condition = nativeTruth(node.args[0], scope);
      const yes = nativeNumber(node.args[1], scope);
      const no = nativeNumber(node.args[2], scope);
      return condition && yes && no && (() => (condition() ? yes() : no()));
    }
    case 'call': {
      const [name, [first, second]] = node.args;
      if (name === 'abs' && first !== undefined) {
        const inner = nativeNumber(first, scope);
        return inner && (() => Math.abs(inner()));
      }
      if ((name !== 'min' && name !== 'max') || first === undefined || second === undefined) {
        return undefined;
      }
      return both([first, second], scope, nativeNumber, CHOICES[name]);
    }
    default:
      return undefined;
  }
}

/** As `nativeNumber`, of a condition. */
export function nativeTruth(node: ASTNode, scope: NativeScope): Answer<boolean> | undefined {
  switch (node.op) {
    case 'value': {
      const { args } = node;
      return typeof args === 'boolean' ? () => args : undefined;
    }
    case '!_': {
      const inner = nativeTruth(node.args, scope);
      return inner && (() => !inner());
    }
    case '&&':
    case '||': {
      const left = nativeTruth(node.args[0], scope);
      const right = nativeTruth(node.args[1], scope);
      if (left === undefined || right === undefined) return undefined;
      return node.op === '&&' ? () => left() && right() : () => left() || right();
    }
    case '<':
    case '<=':
    case '>':
    case '>=':
      return both(node.args, scope, nativeNumber, COMPARISONS[node.op]);
    case '==':
    case '!=': {
      const equal =
        both(node.args, scope, nativeNumber, same) ?? both(node.args, scope, text, same);
      return node.op === '==' ? equal : equal && (() => !equal());
    }
    case 'in':
      return oneOf(node.args, scope);
    case 'call':
      return asked(node.args, scope);
    default:
      return undefined;
  }
}

/** What 0 divides has no answer, whatever it is compared with. */
function divisor(value: number): number {
  if (value === 0) throw UNANSWERED;
  return value;
}

const ARITHMETIC = {
  '+': (a: number, b: number) => a + b,
  '-': (a: number, b: number) => a - b,
  '*': (a: number, b: number) => a * b,
  '/': (a: number, b: number) => a / divisor(b),
  '%': (a: number, b: number) => a % divisor(b),
};
const COMPARISONS = {
  '<': (a: number, b: number) => a < b,
  '<=': (a: number, b: number) => a <= b,
  '>': (a: number, b: number) => a > b,
  '>=': (a: number, b: number) => a >= b,
};
const CHOICES = {
  min: (a: number, b: number) => Math.min(a, b),
  max: (a: number, b: number) => Math.max(a, b),
};

function same<T>(a: T, b: T): boolean {
  return a === b;
}

function both<In, Out>(
  [first, second]: readonly [ASTNode, ASTNode],
  scope: NativeScope,
  read: (node: ASTNode, scope: NativeScope) => Answer<In> | undefined,
  join: (a: In, b: In) => Out,
): Answer<Out> | undefined {
  const left = read(first, scope);
  const right = read(second, scope);
  return left && right && (() => join(left(), right()));
}

function numberField(
  [object, field]: readonly [ASTNode, string],
  scope: NativeScope,
): Answer<number> | undefined {
  if (object.op !== 'id') return undefined;
  if (object.args === 'params') {
    const value = scope.params[field]!;
    return () => value;
  }
  if (object.args === 'features') {
    return () => {
      const value = scope.features[field]!;
      if (Number.isNaN(value)) throw UNANSWERED;
      return value;
    };
  }
  if (object.args !== 'event' || typeOf(field) !== 'double') return undefined;
  const name = field as 'amountMinor';
  const { event } = scope;
  return () => {
    const value = event[name];
    if (value === undefined) throw UNANSWERED;
    return value;
  };
}

function typeOf(field: string): string {
  return EVENT_FIELDS[field as keyof typeof EVENT_FIELDS];
}

function text(node: ASTNode, scope: NativeScope): Answer<string> | undefined {
  if (node.op === 'value') {
    const { args } = node;
    return typeof args === 'string' ? () => args : undefined;
  }
  if (node.op !== '.') return undefined;
  const [object, field] = node.args;
  if (object.op !== 'id' || object.args !== 'event' || typeOf(field) !== 'string') return undefined;
  const name = field as 'category';
  const { event } = scope;
  return () => {
    const value = event[name];
    if (value === undefined) throw UNANSWERED;
    return value;
  };
}

/** A value in a list of constants. */
function oneOf(
  [needle, list]: readonly [ASTNode, ASTNode],
  scope: NativeScope,
): Answer<boolean> | undefined {
  if (list.op !== 'list') return undefined;
  const members = list.args.map((member) => (member.op === 'value' ? member.args : undefined));
  const value = nativeNumber(needle, scope) ?? text(needle, scope);
  if (value === undefined || members.includes(undefined)) return undefined;
  const set = new Set<unknown>(members);
  return () => {
    const looked = value();
    // A set finds NaN, which equals nothing.
    return set.has(looked) && !Number.isNaN(looked);
  };
}

/** `has(…)` and `listed(…)`. */
function asked(
  [name, args]: readonly [string, readonly ASTNode[]],
  scope: NativeScope,
): Answer<boolean> | undefined {
  const [first, second] = args;
  if (name === 'listed' && first?.op === 'value' && second !== undefined) {
    const members = scope.lists.get(first.args as string);
    const value = text(second, scope);
    return members && value && (() => members.has(value()));
  }
  if (name !== 'has' || first?.op !== '.') return undefined;
  const [object, field] = first.args;
  if (object.op !== 'id') return undefined;
  if (object.args === 'features') return () => !Number.isNaN(scope.features[field]);
  if (object.args !== 'event') return undefined;
  const { event } = scope;
  return () => event[field as 'category'] !== undefined;
}
