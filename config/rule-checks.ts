/** What the parts of a rule mean to each other: every mistake that one part alone cannot make. */

import {
  compileRule,
  RULE_MEASURE,
  type Rule,
  type RuleExpressions,
} from '../pipeline/detect/rule.ts';
import type { NamedDetector } from '../pipeline/detect/detector.ts';
import type { EventPattern, FeatureSpec } from '../pipeline/detect/feature.ts';
import { knownOf, type Numbers } from '../pipeline/detect/rule-known.ts';
import {
  isProblem,
  RuleLanguage,
  type RuleExpression,
  type RuleSurroundings,
} from '../pipeline/detect/rule-language.ts';
import { unmeetable } from '../pipeline/detect/rule-literals.ts';
import { narrowed, rangeOf } from '../pipeline/detect/rule-range.ts';
import { sectionSchema, type Section } from '../pipeline/detect/section.ts';
import type { Path, Problem } from './campaign-places.ts';
import type { FeatureForm } from './rule-features.ts';
import { misfits } from './rule-misfits.ts';
import type { WrittenRule } from './rule-schema.ts';

type Forms = Readonly<Record<string, FeatureForm>>;

/** A rule that can be run. */
export interface SoundRule {
  readonly named: NamedDetector;
  readonly section: Section;
  /** Names of the features that it reads, those behind its ratios too. */
  readonly reads: ReadonlySet<string>;
}

/** What the rules of a file stand among. */
export interface RuleGround {
  /** The features of the file. */
  readonly shared: Forms;
  readonly surroundings: RuleSurroundings;
  /** What the numbers of events can be. */
  readonly numbers: Numbers;
}

/**
 * @param path where the rule stands in its file.
 * @returns the rule, or undefined after adding every problem.
 */
export function checkRule(
  written: WrittenRule,
  { shared, surroundings, numbers }: RuleGround,
  path: Path,
  problems: Problem[],
): SoundRule | undefined {
  const before = problems.length;
  const add = (keys: Path, message: string, offset?: number): void => {
    const at = { path: [...path, ...keys], message };
    problems.push(offset === undefined ? at : { ...at, offset });
  };
  for (const name of Object.keys(written.features)) {
    if (Object.hasOwn(shared, name)) add(['features', name], 'is declared for the whole file too');
  }
  const forms = { ...shared, ...written.features };
  problems.push(...formProblems(written.features, forms, numbers, [...path, 'features']));
  if (problems.length > before) return undefined;

  const features = Object.fromEntries(
    Object.keys(forms).map((name) => [name, specOf(name, forms)] as const),
  );
  const names = { features: Object.keys(features), params: written.params };
  const language = new RuleLanguage(names, surroundings);
  const read = (key: 'when' | 'measure', source: string): RuleExpression | undefined => {
    const result = language.read(source, key === 'when' ? 'bool' : 'double');
    if (!isProblem(result)) return result;
    add([key], result.message, result.offset);
    return undefined;
  };
  const when = written.when === undefined ? undefined : read('when', written.when);
  const measure = read('measure', measureText(written, features));
  if (measure === undefined || problems.length > before) return undefined;

  const known = knownOf(written.on, features, written.params, numbers);
  const reads = closure([...measure.reads, ...(when?.reads ?? [])], forms);
  const parts = { when, measure, features, reads, known, lists: surroundings.lists };
  misfits(written, parts).forEach(([keys, message, offset]) => add(keys, message, offset));
  const within = when === undefined ? known : narrowed(when.ast, known);
  const range = rangeOf(measure.ast, within);
  const rule: Rule = { ...written, features };
  const expressions: RuleExpressions = { language, when, measure, known, largest: range.to };
  if (problems.length > before) return undefined;
  for (const [band, limit] of Object.entries(written.bands)) {
    if (written.direction === 'atLeast' || limit === undefined || limit >= range.from) continue;
    add(['bands', band], `below ${range.from}, the smallest value the measure can take`);
  }
  const named = compileRule(rule, expressions);
  const section = sectionSchema(named.detector).safeParse({});
  for (const { path: at, message } of section.error?.issues ?? []) {
    add(at.filter((key) => key !== RULE_MEASURE) as Path, message);
  }
  if (section.data === undefined || problems.length > before) return undefined;
  return { named, section: section.data, reads };
}

/** The name of a feature alone is its value. */
function measureText(
  { measure }: WrittenRule,
  features: Readonly<Record<string, unknown>>,
): string {
  return Object.hasOwn(features, measure) ? `features.${measure}` : measure;
}

/** What is wrong with declared features, whatever reads them. */
export function formProblems(declared: Forms, all: Forms, numbers: Numbers, path: Path): Problem[] {
  const unmet = Object.entries(declared).flatMap(([name, form]) =>
    'ratio' in form
      ? []
      : patternsOf(form.spec).flatMap(([keys, pattern]) =>
          unmeetable(pattern, numbers).map(({ path: at, message }): Problem => {
            return { path: [...path, name, ...keys, 'where', ...at], message };
          }),
        ),
  );
  return [...unmet, ...ratioProblems(declared, all, path)];
}

/** The patterns of events that a feature names, with their places in it. */
function patternsOf(spec: FeatureSpec): readonly (readonly [Path, EventPattern])[] {
  switch (spec.kind) {
    case 'sequence':
      return spec.steps.map((step, index) => [['sequence', 'steps', index], step]);
    case 'absence':
      return [
        [['absence', 'of'], spec.of],
        [['absence', 'without'], spec.without],
      ];
    case undefined:
    case 'lastSeen':
      return [[[], spec as EventPattern]];
    default:
      return [];
  }
}

/** Ratios of the declared forms whose parts are unknown, or that are made of themselves. */
function ratioProblems(declared: Forms, all: Forms, path: Path): Problem[] {
  return Object.entries(declared).flatMap(([name, form]): Problem[] => {
    if (!('ratio' in form)) return [];
    const unknown = form.ratio.flatMap((part, index): Problem[] =>
      Object.hasOwn(all, part)
        ? []
        : [
            {
              path: [...path, name, 'ratio', index],
              message: `no feature is called "${part}": there are ${Object.keys(all).join(', ')}`,
            },
          ],
    );
    const circle = unknown.length > 0 ? undefined : circleFrom(name, all, [name]);
    if (circle === undefined) return unknown;
    const message = `is worked out from itself: ${circle.join(' → ')}`;
    return [{ path: [...path, name, 'ratio'], message }];
  });
}

function circleFrom(name: string, all: Forms, before: readonly string[]): string[] | undefined {
  const form = all[name];
  if (form === undefined || !('ratio' in form)) return undefined;
  for (const part of form.ratio) {
    if (part === before[0]) return [...before, part];
    if (before.includes(part)) continue;
    const circle = circleFrom(part, all, [...before, part]);
    if (circle !== undefined) return circle;
  }
  return undefined;
}

function specOf(name: string, forms: Forms): FeatureSpec {
  const form = forms[name]!;
  if (!('ratio' in form)) return form.spec;
  const [part, whole] = form.ratio;
  return { kind: 'ratio', of: specOf(part, forms), to: specOf(whole, forms) };
}

function closure(names: readonly string[], forms: Forms): ReadonlySet<string> {
  const found = new Set<string>();
  const visit = (name: string): void => {
    if (found.has(name)) return;
    found.add(name);
    const form = forms[name]!;
    if ('ratio' in form) form.ratio.forEach(visit);
  };
  names.forEach(visit);
  return found;
}
