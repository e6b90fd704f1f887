/**
 * A rule of config/rules as a detector: one measure with its bands, features of its own, and a condition. What can
 * be said of a single feature and a number is compared as such, without the expression: most events end there.
 */

import { z } from 'zod';
import type { Event, EventType } from '../event.ts';
import { pathOf } from '../expression.ts';
import {
  MeasureError,
  type Bands,
  type Detector,
  type DetectorExample,
  type FeatureBound,
  type FeatureValues,
  type Measure,
  type Mode,
  type NamedDetector,
  type SubjectField,
} from './detector.ts';
import { isWindowed, operandsOf, reachOf, type FeatureSpec } from './feature.ts';
import type { RuleAnswer, RuleExpression, RuleLanguage } from './rule-language.ts';
import { boundsOf, conjunctsOf, type Known } from './rule-range.ts';
import { countedOver } from './shared-value.ts';

export interface Rule {
  readonly name: string;
  readonly summary: string;
  readonly cannotSee: string;
  readonly on: readonly EventType[];
  readonly mode: Mode;
  readonly subject: SubjectField;
  readonly about: string;
  readonly unit: string;
  readonly direction: Measure['direction'];
  readonly bands: Bands;
  /** What analysts are told beside the numbers. */
  readonly reason: string;
  /** The rule's own and those of its file. */
  readonly features: Readonly<Record<string, FeatureSpec>>;
  readonly examples: readonly DetectorExample[];
}

/** A rule's expressions, found sound. */
export interface RuleExpressions {
  readonly language: RuleLanguage;
  readonly when: RuleExpression | undefined;
  readonly measure: RuleExpression;
  /** What the names can be, parameters among them. */
  readonly known: Known;
  /** The largest value that the measure can take where the condition holds. */
  readonly largest: number;
}

/** The name of the one measure of a rule. */
export const RULE_MEASURE = 'measure';

/** Makes a rule ready; what it declares has been checked. */
export function compileRule(rule: Rule, expressions: RuleExpressions): NamedDetector {
  const { name, summary, cannotSee, on, mode, examples } = rule;
  const { when, measure } = expressions;
  const named = [...new Set([...measure.reads, ...(when?.reads ?? [])])];
  const specs = Object.fromEntries(named.map((feature) => [feature, rule.features[feature]!]));
  const detector: Detector = {
    summary,
    cannotSee,
    on,
    mode,
    config: z.strictObject({}),
    features: () => specs,
    measures: { [RULE_MEASURE]: measureOf(rule, expressions) },
    evidence: (_event, features) => ({
      reason: rule.reason,
      ...Object.fromEntries(named.map((feature) => [feature, features[feature]!])),
    }),
    examples,
  };
  return { name, detector };
}

function measureOf(rule: Rule, expressions: RuleExpressions): Measure {
  const { when, measure, largest } = expressions;
  const { features, direction } = rule;
  const reads = [...measure.reads, ...(when?.reads ?? [])];
  const windowMs = Math.max(0, ...reads.map((name) => lookBackOf(features[name]!)));
  const plain = plainFeature(measure);
  const { conditions, complete } = conditionsOf(expressions);
  const answer =
    plain !== undefined && complete
      ? (_event: Event, values: FeatureValues<string>) => values[plain]!
      : answering(expressions, complete);
  return {
    about: rule.about,
    unit: rule.unit,
    direction,
    subject: rule.subject,
    over: countedOver(measure.reads.map((name) => features[name]!)),
    bands: rule.bands,
    windowMs: () => windowMs,
    largest: () => largest,
    ...(plain === undefined ? {} : { ceiling: plain }),
    requires: conditions,
    of: holding(conditions, answer),
  };
}

/** The measure where all conditions hold, absent elsewhere. */
function holding(conditions: readonly FeatureBound[], answer: Measure['of']): Measure['of'] {
  return (event, features, config) => {
    for (const { feature, sign, limit } of conditions) {
      // NaN is below every limit.
      if (!(sign * features[feature]! >= limit)) return NaN;
    }
    return answer(event, features, config);
  };
}

/** What is left to the expressions once the conditions hold. */
function answering({ language, when, measure }: RuleExpressions, complete: boolean): Measure['of'] {
  const holds = when === undefined || complete ? undefined : language.compile(when);
  const read = language.compile(measure);
  return (event, features) => {
    if (holds !== undefined && !isTrue(holds(event, features))) return NaN;
    return numberOf(read(event, features));
  };
}

function isTrue(answer: ReturnType<RuleAnswer>): boolean {
  if (typeof answer === 'boolean') return answer;
  throw new MeasureError(`the condition came to ${nameOf(answer)}, not to true or false`);
}

function numberOf(answer: ReturnType<RuleAnswer>): number {
  if (typeof answer !== 'number') {
    throw new MeasureError(`the measure came to ${nameOf(answer)}, not to a number`);
  }
  if (!Number.isFinite(answer)) throw new MeasureError('the measure came to no finite number');
  return answer;
}

function nameOf(value: unknown): string {
  return value === null ? 'null' : typeof value;
}

/** What the condition says of single features, exactly. Every feature that is needed stands among them. */
function conditionsOf({ when, measure, known }: RuleExpressions): {
  readonly conditions: readonly FeatureBound[];
  /** They are all that the condition says. */
  readonly complete: boolean;
} {
  const conditions: FeatureBound[] = [];
  const needs = new Set([...measure.needs, ...(when?.needs ?? [])]);
  let complete = true;
  for (const node of when === undefined ? [] : conjunctsOf(when.ast)) {
    const bounds = boundsOf(node, known) ?? [];
    const feature = bounds[0]?.path.replace(/^features\./, '');
    if (feature === undefined || !needs.has(feature)) complete = false;
    else for (const { sign, limit } of bounds) conditions.push({ feature, sign, limit });
  }
  for (const feature of needs) {
    if (conditions.some((each) => each.feature === feature)) continue;
    conditions.push({ feature, sign: 1, limit: -Infinity });
  }
  return { conditions, complete };
}

function plainFeature({ ast }: RuleExpression): string | undefined {
  const path = pathOf(ast);
  return path?.startsWith('features.') === true ? path.slice('features.'.length) : undefined;
}

/** How far back a feature of a rule looks, in milliseconds. */
function lookBackOf(spec: FeatureSpec): number {
  if (isWindowed(spec)) return reachOf(spec);
  if (spec.kind === 'lastSeen') return spec.horizonMs;
  return Math.max(0, ...operandsOf(spec).map(lookBackOf));
}
