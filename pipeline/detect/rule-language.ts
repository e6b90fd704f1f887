/**
 * The expressions of one rule: CEL over the event, the rule's features and parameters, and text lists; typed and
 * compiled once, when the rule is loaded. They are pure: no clock, no I/O, no randomness, and nothing that takes
 * longer than its text. Every number is a double, so `2 * features.near / 3` means what it says.
 */

import { Environment, EvaluationError, type ASTNode } from '@marcbachmann/cel-js';
import type { Event } from '../event.ts';
import { nodesOf, problemFrom, refusedCall, type ExpressionProblem } from '../expression.ts';
import { messageOf } from '../failure.ts';
import type { LocalTime } from '../reward/local-time.ts';
import { MeasureError, type FeatureValues } from './detector.ts';
import { EVENT_FIELDS, RuleEvent } from './rule-event.ts';
import { nativeNumber, nativeTruth, UNANSWERED, type NativeScope } from './rule-native.ts';
import { namedIn, wholeIn, type NamedFeatures } from './rule-names.ts';
import { DIVISOR, divisor, withDivisors, withDoubles } from './rule-source.ts';

/** What a rule's expressions may name beside the event. */
export interface RuleNames {
  readonly features: readonly string[];
  readonly params: Readonly<Record<string, number>>;
}

/** What the rules of a file share. */
export class RuleSurroundings {
  /** The members of each text list, by its name. */
  readonly lists: ReadonlyMap<string, ReadonlySet<string>>;
  readonly event: RuleEvent;
  readonly environment: Environment;

  /** @param local for the time of day. */
  constructor(local: LocalTime, lists: RuleSurroundings['lists']) {
    this.lists = lists;
    this.event = new RuleEvent(local);
    this.environment = commonEnvironment(lists);
  }
}

export interface RuleExpression extends NamedFeatures {
  readonly source: string;
  readonly ast: ASTNode;
  /** Where a place of the source stands in the text as it was written. */
  readonly placeOf: (offset: number) => number;
}

/** Makes one expression answer. @throws MeasureError when it cannot be answered: a field that the event lacks, say. */
export type RuleAnswer = (event: Event, features: FeatureValues<string>) => unknown;

const LIMITS = { maxAstNodes: 500, maxDepth: 50, maxListElements: 500 };

const LONGER = 'can take longer than its text';
const REFUSED: Readonly<Record<string, string>> = {
  timestamp:
    'depends on the time zone of the process: use event.hour, event.minute or event.weekday',
  duration: 'has nothing to be added to: use event.occurredAtMs, event.hour or a window',
  matches: `${LONGER}: use startsWith, endsWith, contains, == or listed`,
  map: `${LONGER}: use in or listed`,
  filter: `${LONGER}: use in or listed`,
  all: `${LONGER}: use in or listed`,
  exists: `${LONGER}: use in or listed`,
  exists_one: `${LONGER}: use in or listed`,
  bind: `${LONGER}: write out what it stands for`,
};

/** What an expression's names are looked up in. */
interface Scope {
  readonly event: RuleEvent;
  readonly features: { $values: FeatureValues<string> };
  readonly params: object;
}

export class RuleLanguage {
  readonly #environment: Environment;
  /** Knows of the divisors, which no rule may write. */
  readonly #guarded: Environment;
  readonly #scope: Scope;
  readonly #native: NativeScope;
  readonly #surroundings: RuleSurroundings;

  constructor(names: RuleNames, surroundings: RuleSurroundings) {
    this.#surroundings = surroundings;
    this.#scope = scopeOf(names, surroundings);
    const { params } = names;
    this.#native = { event: this.#scope.event, features: {}, params, lists: surroundings.lists };
    this.#environment = environmentOf(names, this.#scope, surroundings.environment);
    this.#guarded = this.#environment
      .clone()
      .registerFunction(`${DIVISOR}(double): double`, divisor, SYNC);
  }

  /** @returns the expression, or what is wrong with it. */
  read(source: string, wanted: 'bool' | 'double'): RuleExpression | ExpressionProblem {
    let place = (offset: number): number => offset;
    try {
      const doubles = withDoubles(source, this.#environment.parse(source).ast);
      place = doubles.placeOf;
      const parsed = this.#environment.parse(doubles.source);
      const refused = refusedCall(parsed.ast, {
        refused: REFUSED,
        listArgument: 0,
        unnamedList: 'listed wants a list by its name first',
        listProblem: (list) =>
          this.#surroundings.lists.has(list)
            ? undefined
            : `there is no list "${list}": write lists/${list}.txt`,
      });
      const problem = refused ?? wholeIn(parsed.ast);
      if (problem !== undefined) return { ...problem, offset: place(problem.offset) };
      const { valid, type, error } = parsed.check();
      if (!valid) throw error ?? new Error('the expression has no type');
      if (type !== wanted && type !== 'dyn') {
        return { message: `comes to ${type ?? 'nothing'}, and must come to ${wanted}`, offset: 0 };
      }
      return { source: doubles.source, ast: parsed.ast, placeOf: place, ...namedIn(parsed.ast) };
    } catch (error) {
      const problem = problemFrom(error);
      return { ...problem, offset: place(problem.offset) };
    }
  }

  /** @param expression that `read` found sound. */
  compile({ source }: RuleExpression): RuleAnswer {
    const { ast } = this.#environment.parse(source);
    const parsed = this.#guarded.parse(withDivisors(source, ast));
    // Only a checked expression is not checked again at every run.
    parsed.check();
    const scope = this.#scope;
    const interpret: RuleAnswer = (event, features) => {
      scope.event.bind(event);
      scope.features.$values = features;
      try {
        return parsed(scope) as unknown;
      } catch (error) {
        // Some of the library's functions throw what their platform does: JSON that is none, say.
        throw new MeasureError(error instanceof EvaluationError ? error.summary : messageOf(error));
      }
    };
    return this.#shortCut(ast, interpret) ?? interpret;
  }

  /** The expression as plain functions, where it keeps to what they know. */
  #shortCut(ast: ASTNode, interpret: RuleAnswer): RuleAnswer | undefined {
    const native = this.#native;
    const answer = nativeNumber(ast, native) ?? nativeTruth(ast, native);
    if (answer === undefined) return undefined;
    return (event, features) => {
      native.event.bind(event);
      native.features = features;
      try {
        return answer();
      } catch (error) {
        if (error !== UNANSWERED) throw error;
        return interpret(event, features);
      }
    };
  }
}

/** Whether `read` found something wrong. */
export function isProblem(result: RuleExpression | ExpressionProblem): result is ExpressionProblem {
  return 'message' in result;
}

/** The lists that an expression names; none of one that cannot be parsed. */
export function listsNamed(source: string): string[] {
  try {
    return [...nodesOf(new Environment().parse(source).ast)].flatMap((node) => {
      const list = node.op === 'call' && node.args[0] === 'listed' ? node.args[1][0] : undefined;
      return list?.op === 'value' && typeof list.args === 'string' ? [list.args] : [];
    });
  } catch {
    return [];
  }
}

function scopeOf({ features, params }: RuleNames, { event }: RuleSurroundings): Scope {
  // CEL tells the types of objects by their classes, so each rule has classes of its own.
  const Features = class {
    $values: FeatureValues<string> = {};
  };
  for (const name of features) {
    Object.defineProperty(Features.prototype, name, {
      get(this: Scope['features']) {
        const value = this.$values[name]!;
        return Number.isNaN(value) ? undefined : value;
      },
    });
  }
  const Params = class {
    readonly $rule = 'params';
  };
  return {
    event,
    features: new Features(),
    params: Object.assign(new Params(), params),
  };
}

// Unless they are said to be synchronous, the library awaits what they return.
const SYNC = { async: false };

function environmentOf(
  { features, params }: RuleNames,
  scope: Scope,
  base: Environment,
): Environment {
  const doubles = (names: readonly string[]): Record<string, 'double'> =>
    Object.fromEntries(names.map((name) => [name, 'double']));
  return base
    .clone()
    .registerType('Features', { ctor: scope.features.constructor, fields: doubles(features) })
    .registerType('Params', {
      ctor: scope.params.constructor,
      fields: doubles(Object.keys(params)),
    })
    .registerVariable('features', 'Features')
    .registerVariable('params', 'Params');
}

/** What all rules can say. */
function commonEnvironment(lists: RuleSurroundings['lists']): Environment {
  return new Environment({ limits: LIMITS })
    .registerType('Event', { ctor: RuleEvent, fields: { ...EVENT_FIELDS } })
    .registerVariable('event', 'Event')
    .registerOperator('double % double: double', (a: number, b: number) => a % divisor(b))
    .registerFunction('min(double, double): double', Math.min, SYNC)
    .registerFunction('max(double, double): double', Math.max, SYNC)
    .registerFunction('abs(double): double', Math.abs, SYNC)
    .registerFunction(
      'listed(string, string): bool',
      (list: string, value: string) => lists.get(list)!.has(value),
      SYNC,
    );
}
