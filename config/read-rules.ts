/** Reads config/rules: every rule checked whole, compiled once, every error located and told at once. */

import type { NamedDetector } from '../pipeline/detect/detector.ts';
import { listsNamed } from '../pipeline/detect/rule-language.ts';
import type { Section, Sections } from '../pipeline/detect/section.ts';
import { LocalTime } from '../pipeline/reward/local-time.ts';
import { parseList } from './campaign-lists.ts';
import type { Problem } from './campaign-places.ts';
import { cardsInText } from './card-numbers.ts';
import type { ConfigReading } from './config-files.ts';
import { told } from './read-campaigns.ts';
import { checkRule, ratioProblems } from './rule-checks.ts';
import { rulesSchema, type RulesFile } from './rule-schema.ts';
import { check, type YamlFile } from './yaml-file.ts';

export interface ReadRules {
  /** In the order of their files and places. */
  readonly rules: readonly NamedDetector[];
  readonly sections: Sections;
  /** What can change an answer: the rules as they were written, without examples, and the lists they name. */
  readonly content: unknown;
}

/** @param coded the detectors that are files of detectors/: a rule has a name of its own. */
export async function readRules(
  reading: ConfigReading,
  coded: readonly NamedDetector[],
): Promise<ReadRules> {
  const { problems } = reading;
  const taken = new Map(coded.map(({ name }) => [name, 'the coded detectors']));
  const lists = new Map<string, ReadonlySet<string>>();
  const rules: NamedDetector[] = [];
  const sections: Record<string, Section> = {};
  const contents: unknown[] = [];
  for (const name of await reading.namesIn('rules', /\.ya?ml$/)) {
    const file = await reading.yaml('rules', name);
    const shaped = check(file, rulesSchema, problems);
    if (shaped === undefined) continue;
    await readLists(reading, shaped, lists);
    const found: Problem[] = [];
    const surroundings = { local: new LocalTime(shaped.zone), lists };
    found.push(...ratioProblems(shaped.features, shaped.features, ['features']));
    const read = new Set<string>();
    for (const [index, written] of shaped.rules.entries()) {
      const path = ['rules', index];
      found.push(...nameProblems(written.name, file, path, taken));
      if (found.some((problem) => problem.path[0] === 'features')) continue;
      const sound = checkRule(written, shaped.features, surroundings, path, found);
      if (sound === undefined) continue;
      sound.reads.forEach((feature) => read.add(feature));
      rules.push(sound.named);
      sections[sound.named.name] = sound.section;
    }
    if (found.length === 0) found.push(...unreadByAll(shaped, read));
    problems.push(...found.map((problem) => told(file, problem)));
    contents.push(answering(shaped));
  }
  return { rules, sections, content: [contents, [...lists].map(([key, set]) => [key, ...set])] };
}

function nameProblems(
  name: string,
  file: YamlFile,
  path: Problem['path'],
  taken: Map<string, string>,
): Problem[] {
  const at = [...path, 'name'];
  const before = taken.get(name);
  if (before !== undefined) {
    return [{ path: at, message: `"${name}" stands in ${before} already` }];
  }
  taken.set(name, file.locate(at).replace(/:\d+$/, ''));
  return [];
}

/** The text lists that the file's expressions name; one that is not there is told by its expression. */
async function readLists(
  reading: ConfigReading,
  { rules }: RulesFile,
  lists: Map<string, ReadonlySet<string>>,
): Promise<void> {
  const named = rules.flatMap(({ when, measure }) =>
    [when ?? '', measure].flatMap((source) => listsNamed(source)),
  );
  for (const name of named) {
    if (lists.has(name) || !/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(name)) continue;
    const text = await reading.optionalText('lists', `${name}.txt`);
    if (text === undefined) continue;
    lists.set(name, new Set(parseList(text)));
    reading.problems.push(...cardsInText(reading.nameOf('lists', `${name}.txt`), text));
  }
}

function unreadByAll({ features }: RulesFile, read: ReadonlySet<string>): Problem[] {
  return Object.keys(features)
    .filter((name) => !read.has(name))
    .map((name) => ({ path: ['features', name], message: 'is read by no rule of the file' }));
}

function answering({ zone, rules, features }: RulesFile): unknown {
  return {
    zone,
    features,
    rules: rules.map(({ examples: _examples, ...rule }) => rule),
  };
}
