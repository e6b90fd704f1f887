/** Loads the whole configuration: every file checked, every error told at once, and one version for all of it. */

import { createHash } from 'node:crypto';
import { dirname, relative } from 'node:path';
import { CardMask } from '../pipeline/ingest/card-number.ts';
import { parsePlaceholders } from '../pipeline/ingest/placeholders.ts';
import type { ListEntries, ListEntry } from '../pipeline/decide/lists.ts';
import type { NamedDetector } from '../pipeline/detect/detector.ts';
import type { ExclusionFile } from '../pipeline/detect/exclusion.ts';
import type { Sections } from '../pipeline/detect/section.ts';
import { messageOf } from '../pipeline/failure.ts';
import { asnProblems, operatorSets, unknownOperators } from './asn-needs.ts';
import { cardsInContent, cardsInText } from './card-numbers.ts';
import type { Campaign } from './campaign-schema.ts';
import { parseList } from './campaign-lists.ts';
import { isJudging } from './judging.ts';
import { ConfigReading, folderFiles, type ConfigFiles } from './config-files.ts';
import { readDetectorSections } from './detector-sections.ts';
import { readExclusions } from './exclusions.ts';
import { readCampaigns, type CampaignSource } from './read-campaigns.ts';
import { softenedBands } from './hub-bands.ts';
import { doubtfulNetworks } from './network-advice.ts';
import { readRules, type ReadRules, type RuleSource } from './read-rules.ts';
import { listSchema, type ListFile } from './list-schema.ts';
import { systemSchema, type SystemConfig } from './schema.ts';
import { check, ConfigFailure, type YamlFile } from './yaml-file.ts';

export interface LoadedConfig {
  /** Hash of everything that can change an answer: comments and layout do not. 12 hex digits. */
  readonly version: string;
  /** The files as they are written, by path inside the folder. */
  readonly files: Readonly<Record<string, string>>;
  /** Hash of how events are judged: detectors, rules, policy, hubs and freezing, whatever their layout. 12 hex digits. */
  readonly judging: string;
  readonly system: SystemConfig;
  /** Every detector there is, coded ones and rules alike. */
  readonly catalogue: readonly NamedDetector[];
  readonly sections: Sections;
  /** The rules with their files, for the places of what is said of them. */
  readonly ruleSources: readonly RuleSource[];
  readonly campaigns: readonly Campaign[];
  /** The campaigns with their files, for the places of what is said of them. */
  readonly campaignSources: readonly CampaignSource[];
  readonly placeholders: readonly string[];
  /** The categories that senders use, for the publishing check; none where lists/categories.txt is not there. */
  readonly categories: readonly string[];
  readonly blockList: ListEntries;
  readonly allowList: ListEntries;
  readonly watchList: ListEntries;
  readonly exclusions: ExclusionFile;
}

/** A problem may quote what stands in a file, and is printed. */
const UNKEYED = new CardMask();

/**
 * @param from the configuration folder, as a person would name it (problems are told under this name), or
 *   the stored files of a version.
 * @throws ConfigFailure with every problem as file:line:column.
 */
export async function loadConfig(
  from: string | ConfigFiles,
  detectors: readonly NamedDetector[],
): Promise<LoadedConfig> {
  const files = typeof from === 'string' ? folderFiles(from) : from;
  if (!(await files.exists())) {
    throw new ConfigFailure([
      `${files.name}: there is no such folder of configuration: look at --config and --against`,
    ]);
  }
  const reading = new ConfigReading(files);
  const { system, lists, coded, rules, exclusions, sources, texts } = await readParts(
    reading,
    detectors,
  );
  const { problems } = reading;
  const { blockList, allowList, watchList } = lists;
  if (
    problems.length > 0 ||
    system === undefined ||
    blockList === undefined ||
    allowList === undefined ||
    watchList === undefined ||
    coded === undefined
  ) {
    throw new ConfigFailure([...new Set(problems.map((problem) => UNKEYED.text(problem)))]);
  }
  const campaigns = sources.map(({ campaign }) => campaign);
  const placeholders = parsePlaceholders(texts.placeholders);
  const sections = { ...coded, ...rules.sections };
  return {
    version: versionOf([
      answering(system),
      sections,
      rules.content,
      campaigns,
      blockList,
      allowList,
      watchList,
      exclusions,
      placeholders,
    ]),
    files: reading.texts,
    judging: versionOf([system.policy, system.hubs, system.freezing, judgingContents(reading)]),
    system,
    catalogue: [...detectors, ...rules.rules].sort((a, b) => (a.name < b.name ? -1 : 1)),
    sections,
    ruleSources: rules.sources,
    campaigns,
    campaignSources: sources,
    placeholders,
    categories: parseList(texts.categories),
    blockList: entriesOf(blockList),
    allowList: entriesOf(allowList),
    watchList: entriesOf(watchList),
    exclusions,
  };
}

/** Reads and checks every file, in the order in which problems are told; a part that is unsound is undefined. */
async function readParts(reading: ConfigReading, detectors: readonly NamedDetector[]) {
  const { problems } = reading;
  const system = check(await reading.yaml('sheepdog.yaml'), systemSchema, problems);
  const lists = {
    blockList: check(await reading.yaml('lists', 'block.yaml'), listSchema, problems),
    allowList: check(await reading.yaml('lists', 'allow.yaml'), listSchema, problems),
    watchList: await readWatchList(reading),
  };
  const coded = await readDetectorSections(reading, detectors);
  const rules = await readRules(
    reading,
    detectors,
    system?.ingest.maxAmountMinor ?? Number.MAX_SAFE_INTEGER,
  );
  const exclusions = await readExclusions(reading, {
    catalogue: [...detectors, ...rules.rules],
    sections: { ...coded, ...rules.sections },
  });
  if (system !== undefined && system.networks.asnDatabase === undefined) {
    problems.push(...asnNeeds(reading, coded === undefined ? [] : detectors, { ...coded }, rules));
  }
  if (reading.files.areRecorded !== true) {
    problems.push(...doubtfulNetworks(reading, detectors));
    if (system !== undefined) {
      problems.push(...softenedBands(reading, detectors, { ...coded }, rules, system.hubs));
    }
  }
  await checkOperators(reading, system, { ...coded });
  const sources = await readCampaigns(reading);
  const texts = await readTexts(reading);
  return { system, lists, coded, rules, exclusions, sources, texts };
}

/** What asks for a file of autonomous systems, which is not configured. */
function asnNeeds(
  reading: ConfigReading,
  detectors: readonly NamedDetector[],
  coded: Sections,
  rules: ReadRules,
): string[] {
  const written = reading.yamls.find(({ path }) => path === reading.nameOf('detectors.yaml'));
  return [
    ...asnProblems(detectors, coded, (name) => written!.locate([name])),
    ...rules.sources.flatMap(({ named, placeOf }) =>
      asnProblems([named], rules.sections, () => placeOf([])),
    ),
  ];
}

/** The lists of plain lines; and card numbers, which no file may hold. */
async function readTexts(reading: ConfigReading): Promise<{
  readonly placeholders: string;
  readonly categories: string;
}> {
  const { problems } = reading;
  const placeholderPath = reading.nameOf('lists', 'placeholders.txt');
  const placeholders = await reading.text('lists', 'placeholders.txt').catch((error: unknown) => {
    problems.push(`${placeholderPath}: cannot be read: ${messageOf(error)}`);
    return '';
  });
  const categories = (await reading.optionalText('lists', 'categories.txt')) ?? '';
  problems.push(
    ...cardProblems(reading.files.name, reading.yamls),
    ...cardsInText(reading.nameOf('lists', 'categories.txt'), categories),
    ...cardsInText(placeholderPath, placeholders),
  );
  return { placeholders, categories };
}

/** Tells of shared networks that name operators where no file says which addresses are whose. */
async function checkOperators(
  reading: ConfigReading,
  system: SystemConfig | undefined,
  sections: Sections,
): Promise<void> {
  if (system === undefined || system.networks.asnDatabase !== undefined) return;
  const [list] = await reading.namesIn('lists', /^shared-networks\.yaml$/);
  const unknown = list === undefined ? [] : unknownOperators(await reading.yaml('lists', list));
  const inline = `${reading.nameOf('detectors.yaml')}: sharedNetworks: asn: name a file of autonomous systems in sheepdog.yaml, networks.asnDatabase`;
  const isInline = unknown.length === 0 && operatorSets(sections).length > 0;
  reading.problems.push(...(isInline ? [inline] : unknown));
}

/** A folder without the file watches nobody. */
async function readWatchList(reading: ConfigReading): Promise<ListFile | undefined> {
  const [name] = await reading.namesIn('lists', /^watch\.yaml$/);
  if (name === undefined) return listSchema.parse({});
  return check(await reading.yaml('lists', name), listSchema, reading.problems);
}

/** Numbers in the other files are amounts and limits: long ones are no cards there. */
function cardProblems(directory: string, files: readonly YamlFile[]): string[] {
  return files.flatMap((file) => {
    const folder = relative(directory, dirname(file.path));
    if (folder === 'campaigns') return cardsInContent(file);
    if (folder !== 'lists') return [];
    const written = cardsInText(file.path, file.text);
    return written.length > 0 ? written : cardsInContent(file);
  });
}

function entriesOf(file: ListFile): ListEntries {
  const entries = (list: ListFile['accounts']): ListEntry[] =>
    list.map(({ value, reason, author, expires }) => ({
      value,
      reason,
      author,
      expiresAtMs: expires === undefined ? undefined : Date.parse(expires),
    }));
  return {
    accounts: entries(file.accounts),
    cards: entries(file.cards),
    devices: entries(file.devices),
    ips: entries(file.ips),
    merchants: entries(file.merchants),
    phones: entries(file.phones),
  };
}

/** The part of the running's settings that can change an answer. */
function answering({
  ingest,
  windows,
  bursts,
  networks,
  policy,
  hubs,
  freezing,
  lists,
}: SystemConfig): unknown {
  return { ingest, windows, bursts, networks, policy, hubs, freezing, lists };
}

function judgingContents({ files, yamls }: ConfigReading): readonly unknown[] {
  return yamls
    .filter(({ path }) => isJudging(relative(files.name, path)))
    .map(({ content }) => content);
}

/** The same parsed content has the same version, in whatever order its keys are written. */
function versionOf(content: unknown): string {
  const canonical = JSON.stringify(content, (_key, value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  );
  return createHash('sha256').update(canonical).digest('hex').slice(0, 12);
}
