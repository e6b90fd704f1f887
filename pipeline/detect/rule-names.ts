/** Which features an expression names, and which of its readings CEL could do without. */

import type { ASTNode } from '@marcbachmann/cel-js';
import { nodesOf, pathOf, type ExpressionProblem } from '../expression.ts';

export interface NamedFeatures {
  /** Features without which there is nothing to judge: those it reads and does not ask for with `has`. */
  readonly needs: readonly string[];
  /** Every feature it names. */
  readonly reads: readonly string[];
}

export function namedIn(ast: ASTNode): NamedFeatures {
  const reads = new Set<string>();
  const asked = new Set<string>();
  for (const node of nodesOf(ast)) {
    const name = featureOf(node);
    if (name !== undefined) reads.add(name);
    if (node.op !== 'call' || node.args[0] !== 'has') continue;
    for (const inner of node.args[1]) {
      const optional = featureOf(inner);
      if (optional !== undefined) asked.add(optional);
    }
  }
  return { reads: [...reads], needs: [...reads].filter((name) => !asked.has(name)) };
}

/** A place where a feature is read that can be absent. */
interface Reading {
  readonly feature: string;
  readonly node: ASTNode;
  /** Those of the same text are there at the same events. */
  readonly presence: string;
}

interface Readings {
  /** By presence: without any of these the expression has no answer. */
  readonly bound: ReadonlyMap<string, Reading>;
  /** Another side of `||`, `?:`, `min` or `max` could answer without these. */
  readonly spare: readonly Reading[];
}

type Presence = (feature: string) => string | undefined;

/**
 * Where features are read that are not asked for with `has`, by what their absence leaves of the expression.
 * @param presenceOf the events at which a feature is there, as a text; undefined: at all of them.
 */
export function readingsOf(ast: ASTNode, presenceOf: Presence): Readings {
  const needs = new Set(namedIn(ast).needs);
  const presence: Presence = (feature) => (needs.has(feature) ? presenceOf(feature) : undefined);
  return readings(ast, presence, false);
}

function readings(node: ASTNode, presenceOf: Presence, isNegated: boolean): Readings {
  const feature = featureOf(node);
  if (feature !== undefined) {
    const presence = presenceOf(feature);
    if (presence === undefined) return { bound: new Map(), spare: [] };
    return { bound: new Map([[presence, { feature, node, presence }]]), spare: [] };
  }
  const below = (inner: ASTNode, negated = false): Readings => readings(inner, presenceOf, negated);
  switch (node.op) {
    case '!_':
      return below(node.args, !isNegated);
    case '&&':
    case '||': {
      const sides = node.args.map((side) => below(side, isNegated));
      // "Not both" holds where one of them does not, as "either" holds where one does.
      return (node.op === '||') === isNegated ? together(sides) : either(sides);
    }
    case '?:': {
      const [condition, yes, no] = node.args;
      return together([below(condition), either([below(yes), below(no)])]);
    }
    case 'call': {
      const [name, args] = node.args;
      const sides = args.filter((each) => each.op !== 'value').map((each) => below(each));
      return name === 'min' || name === 'max' ? either(sides) : together(sides);
    }
    default:
      return together(childrenOf(node).map((inner) => below(inner)));
  }
}

function together(parts: readonly Readings[]): Readings {
  return {
    bound: new Map(parts.flatMap(({ bound }) => [...bound])),
    spare: parts.flatMap(({ spare }) => spare),
  };
}

/** What all sides are bound to binds the whole; what only some are is spare. */
function either(sides: readonly Readings[]): Readings {
  const { bound, spare } = together(sides);
  const binds = ({ presence }: Reading): boolean => sides.every((side) => side.bound.has(presence));
  return {
    bound: new Map([...bound].filter(([, reading]) => binds(reading))),
    spare: [...spare, ...[...bound.values()].filter((reading) => !binds(reading))],
  };
}

/** What the features, the parameters or the event are read as, beside the name of one of their parts. */
export function wholeIn(ast: ASTNode): ExpressionProblem | undefined {
  const named = new Set<ASTNode>();
  for (const node of nodesOf(ast)) if (node.op === '.') named.add(node.args[0]);
  for (const node of nodesOf(ast)) {
    if (node.op !== 'id' || named.has(node) || !WHOLES.has(node.args)) continue;
    const message = `${node.args} is read part by part: write ${node.args}.NAME`;
    return { message, offset: node.range.start };
  }
  return undefined;
}

const WHOLES: ReadonlySet<string> = new Set(['features', 'params', 'event']);

/** The nodes right below one. */
function childrenOf({ args }: ASTNode): readonly ASTNode[] {
  return [args].flat(3).filter((part): part is ASTNode => {
    return typeof part === 'object' && part !== null && 'op' in part;
  });
}

function featureOf(node: ASTNode): string | undefined {
  const path = pathOf(node);
  return path?.startsWith('features.') === true ? path.slice('features.'.length) : undefined;
}
