/** Reads config/rules: every rule checked whole, compiled once, every error located and told at once. */

import { setImmediate } from 'node:timers/promises';
import { z } from 'zod';
import type { NamedDetector } from '../pipeline/detect/detector.ts';
import { numbersUpTo, type Numbers } from '../pipeline/detect/rule-known.ts';
import { listsNamed, RuleSurroundings } from '../pipeline/detect/rule-language.ts';
import type { Section, Sections } from '../pipeline/detect/section.ts';
import { LocalTime } from '../pipeline/reward/local-time.ts';
import { parseList } from './campaign-lists.ts';
import type { Problem } from './campaign-places.ts';
import { cardsInText } from './card-numbers.ts';
import type { ConfigReading } from './config-files.ts';
import { told } from './read-campaigns.ts';
import { checkRule, formProblems } from './rule-checks.ts';
import { rulesFrame, ruleSchema, type RulesFrame, type WrittenRule } from './rule-schema.ts';
import { check, type YamlFile } from './yaml-file.ts';

/** A rule with where it stands. */
export interface RuleSource {
  readonly named: NamedDetector;
  /** As file:line:column, of a place inside the rule. */
  readonly placeOf: (path: readonly PropertyKey[]) => string;
}

export interface ReadRules {
  /** In the order of their files and places. */
  readonly rules: readonly NamedDetector[];
  readonly sources: readonly RuleSource[];
  readonly sections: Sections;
  /** What can change an answer: the rules as they were written, without examples, and the lists they name. */
  readonly content: unknown;
}

/**
 * @param coded the detectors that are files of detectors/: a rule has a name of its own.
 * @param maxAmountMinor no event has a larger amount.
 */
export async function readRules(
  reading: ConfigReading,
  coded: readonly NamedDetector[],
  maxAmountMinor: number,
): Promise<ReadRules> {
  const { problems } = reading;
  const numbers = numbersUpTo(maxAmountMinor);
  const taken = new Map(coded.map(({ name }) => [name, 'the coded detectors']));
  const lists = new Map<string, ReadonlySet<string>>();
  const sources: RuleSource[] = [];
  const sections: Record<string, Section> = {};
  const contents: unknown[] = [];
  for (const name of await reading.namesIn('rules', /\.ya?ml$/)) {
    const file = await reading.yaml('rules', name);
    const written = shapedRules(file, problems);
    for (const { rule, part } of written) {
      problems.push(...nameProblems(rule.name, part, taken));
      await readLists(reading, rule, lists);
    }
    const frame = soundFrame(file, numbers, problems);
    if (frame === undefined) continue;
    const surroundings = new RuleSurroundings(new LocalTime(frame.zone), lists);
    const ground = { shared: frame.features, surroundings, numbers };
    const read = new Set<string>();
    for (const { rule, part } of written) {
      // Events go on being judged while a changed configuration is read.
      await setImmediate();
      const found: Problem[] = [];
      const sound = checkRule(rule, ground, [rule.name], found);
      problems.push(...found.map((problem) => told(part, problem)));
      if (sound === undefined) continue;
      sound.reads.forEach((feature) => read.add(feature));
      const { named } = sound;
      sources.push({ named, placeOf: (path) => part.locate([named.name, ...path]) });
      sections[named.name] = sound.section;
    }
    // A rule that was refused might have read them.
    if (problems.length === 0) {
      problems.push(...unreadByAll(frame, read).map((problem) => told(file, problem)));
    }
    contents.push(answering(frame, written));
  }
  const rules = sources.map(({ named }) => named);
  const content = [contents, [...lists].map(([key, set]) => [key, ...set])];
  return { rules, sources, sections, content };
}

/** One schema for all: zod compiles each that it meets. */
const byName = z.record(z.string(), ruleSchema);

interface ShapedRule {
  readonly rule: WrittenRule;
  /** The file as the rule sees it: every path begins with the rule's name. */
  readonly part: YamlFile;
}

/** The rules that have the shape of one; every other is told, under its name where it has one. */
function shapedRules(file: YamlFile, problems: string[]): ShapedRule[] {
  const all = (file.content as { readonly rules?: unknown } | null | undefined)?.rules;
  if (!Array.isArray(all)) return [];
  return all.flatMap((content: unknown, index): ShapedRule[] => {
    const named = (content as { readonly name?: unknown } | null)?.name;
    const key = typeof named === 'string' ? named : `rules.${index}`;
    const inFile = ([, ...path]: readonly PropertyKey[]): PropertyKey[] => [
      'rules',
      index,
      ...path,
    ];
    const part: YamlFile = {
      ...file,
      content: { [key]: content },
      locate: (path, want) => file.locate(inFile(path), want),
      locateInside: (path, offset) => file.locateInside(inFile(path), offset),
    };
    const rule = check(part, byName, problems)?.[key];
    return rule === undefined ? [] : [{ rule, part }];
  });
}

/** What stands around the rules, or undefined after adding every problem. */
function soundFrame(file: YamlFile, numbers: Numbers, problems: string[]): RulesFrame | undefined {
  const frame = check(file, rulesFrame, problems);
  if (frame === undefined) return undefined;
  const found = formProblems(frame.features, frame.features, numbers, ['features']);
  problems.push(...found.map((problem) => told(file, problem)));
  return found.length === 0 ? frame : undefined;
}

function nameProblems(name: string, part: YamlFile, taken: Map<string, string>): string[] {
  const place = part.locate([name, 'name']);
  const before = taken.get(name);
  if (before !== undefined) {
    return [`${place}: ${name}: a rule has a name of its own: this one stands in ${before}`];
  }
  taken.set(name, place.replace(/:\d+$/, ''));
  return [];
}

/** The text lists that the rule's expressions name; one that is not there is told by its expression. */
async function readLists(
  reading: ConfigReading,
  { when = '', measure }: WrittenRule,
  lists: Map<string, ReadonlySet<string>>,
): Promise<void> {
  for (const name of [when, measure].flatMap((source) => listsNamed(source))) {
    if (lists.has(name) || !/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(name)) continue;
    const text = await reading.optionalText('lists', `${name}.txt`);
    if (text === undefined) continue;
    lists.set(name, new Set(parseList(text)));
    reading.problems.push(...cardsInText(reading.nameOf('lists', `${name}.txt`), text));
  }
}

function unreadByAll({ features }: RulesFrame, read: ReadonlySet<string>): Problem[] {
  return Object.keys(features)
    .filter((name) => !read.has(name))
    .map((name) => ({ path: ['features', name], message: 'is read by no rule of the file' }));
}

function answering({ zone, features }: RulesFrame, written: readonly ShapedRule[]): unknown {
  const rules = written.map(({ rule: { examples: _examples, ...rule } }) => rule);
  return { zone, features, rules };
}
