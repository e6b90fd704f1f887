/**
 * What the expressions of a rule, each sound by itself, make of it together with its features: whatever would
 * leave the rule silent, at every event or at some of which it should judge.
 */

import type { ASTNode } from '@marcbachmann/cel-js';
import type { FeatureSpec } from '../pipeline/detect/feature.ts';
import type { RuleExpressions } from '../pipeline/detect/rule.ts';
import { presenceOf } from '../pipeline/detect/rule-known.ts';
import type { RuleExpression, RuleSurroundings } from '../pipeline/detect/rule-language.ts';
import { wrongNumbers, wrongTexts, type WrongLiteral } from '../pipeline/detect/rule-literals.ts';
import { readingsOf } from '../pipeline/detect/rule-names.ts';
import { conjunctsOf, divisionByZero, truthOf, type Known } from '../pipeline/detect/rule-range.ts';
import type { Path } from './campaign-places.ts';
import type { WrittenRule } from './rule-schema.ts';

/** A problem with its place in the rule, and in the expression there. */
type Told = readonly [keys: Path, message: string, offset?: number];

/** @param reads features that the expressions read, those behind ratios too. */
export function misfits(
  written: WrittenRule,
  {
    when,
    measure,
    features,
    reads,
    known,
    lists,
  }: Pick<RuleExpressions, 'when' | 'measure' | 'known'> &
    Pick<RuleSurroundings, 'lists'> & {
      readonly features: Readonly<Record<string, FeatureSpec>>;
      readonly reads: ReadonlySet<string>;
    },
): Told[] {
  return [
    ...unread(written, [when, measure], reads),
    ...unmeasured(written, features, reads),
    ...neverMet({ when, measure }, known, lists),
    ...silenced({ when, measure }, features),
    ...Object.entries({ when, measure }).flatMap(([key, expression]): Told[] => {
      const node = expression && divisionByZero(expression.ast, known);
      if (node === undefined) return [];
      return [[[key], 'is divided by 0 at every event', expression!.placeOf(node.range.start)]];
    }),
  ];
}

/** What is declared and asked by nobody: most likely a name misspelt somewhere. */
function unread(
  written: WrittenRule,
  expressions: readonly (RuleExpression | undefined)[],
  reads: ReadonlySet<string>,
): Told[] {
  const text = expressions.map((each) => each?.source ?? '').join('\n');
  return [
    ...Object.keys(written.features)
      .filter((name) => !reads.has(name))
      .map((name): Told => [['features', name], 'is read by no expression of the rule']),
    ...Object.keys(written.params)
      .filter((name) => !new RegExp(`\\bparams\\s*\\.\\s*${name}\\b`).test(text))
      .map((name): Told => [['params', name], 'is read by no expression of the rule']),
  ];
}

/** Features that answer only at certain events, none of which the rule judges. */
function unmeasured(
  { on }: WrittenRule,
  features: Readonly<Record<string, FeatureSpec>>,
  reads: ReadonlySet<string>,
): Told[] {
  return [...reads].flatMap((name): Told[] => {
    const spec = features[name]!;
    if (spec.kind !== 'sequence' && spec.kind !== 'absence') return [];
    if (spec.windowMs !== undefined) return [];
    const types = spec.kind === 'sequence' ? spec.steps.at(-1)!.on : spec.of.on;
    if (types.some((type) => on.includes(type))) return [];
    const message = `answers only at ${types.join(', ')}, which the rule does not judge: give ${name} a window`;
    return [[['on'], message]];
  });
}

/** Features whose absence would silence the rule where another side of `||`, `?:`, `min` or `max` has an answer. */
function silenced(
  { when, measure }: Pick<RuleExpressions, 'when' | 'measure'>,
  features: Readonly<Record<string, FeatureSpec>>,
): Told[] {
  const sides = (['when', 'measure'] as const).flatMap((key) => {
    const expression = key === 'when' ? when : measure;
    if (expression === undefined) return [];
    const { bound, spare } = readingsOf(expression.ast, (name) =>
      presenceOf(name, features[name]!),
    );
    return [{ key, expression, bound, spare }];
  });
  const bound = new Set(sides.flatMap((side) => [...side.bound.keys()]));
  return sides.flatMap(({ key, expression, spare }) =>
    spare
      .filter(({ presence }) => !bound.has(presence))
      .map(({ feature, node }): Told => [
        [key],
        `${feature} can be absent, which would silence the rule whatever else holds: ask has(features.${feature}) here`,
        expression.placeOf(node.range.start),
      ]),
  );
}

/** Conditions and constants that no event can meet: each is told once, by what says most about it. */
function neverMet(
  expressions: Pick<RuleExpressions, 'when' | 'measure'>,
  known: Known,
  lists: RuleSurroundings['lists'],
): readonly Told[] {
  const wrong = (find: (ast: ASTNode) => readonly WrongLiteral[]): Told[] =>
    (['when', 'measure'] as const).flatMap((key) => {
      const expression = expressions[key];
      if (expression === undefined) return [];
      return find(expression.ast).map(({ node, message }): Told => {
        return [[key], message, expression.placeOf(node.range.start)];
      });
    });
  const { when } = expressions;
  const finds = [
    () => wrong((ast) => wrongTexts(ast, lists)),
    () => impossible(when, known),
    () => wrong((ast) => wrongNumbers(ast, known)),
  ];
  return finds.reduce<readonly Told[]>((told, find) => (told.length > 0 ? told : find()), []);
}

/** Conditions that no event can meet. */
function impossible(when: RuleExpression | undefined, known: Known): Told[] {
  if (when === undefined || truthOf(when.ast, known) !== 'never') return [];
  const alone = conjunctsOf(when.ast).find((each) => truthOf(each, known) === 'never');
  const offset = when.placeOf(alone?.range.start ?? 0);
  return [[['when'], 'can never hold, so the rule can never fire', offset]];
}
