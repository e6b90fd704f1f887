/** Reads the campaigns of a configuration folder: each file alone, then what its parts mean to each other. */

import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { campaignProblems } from './campaign-checks.ts';
import { parseList, readListFiles } from './campaign-lists.ts';
import type { Problem } from './campaign-places.ts';
import { campaignSchema, type Campaign } from './campaign-schema.ts';
import { cardsInText } from './card-numbers.ts';
import { check, type YamlFile } from './yaml-file.ts';

/** A campaign with the file it was read from. */
export interface CampaignSource {
  readonly campaign: Campaign;
  readonly file: YamlFile;
}

export interface ReadCampaigns {
  readonly sources: readonly CampaignSource[];
  /** The text of every file that a list names, by its path inside the folder. */
  readonly listTexts: ReadonlyMap<string, string>;
}

/** @param read reads one file below the folder; problems of every kind are added to `problems`. */
export async function readCampaigns(
  directory: string,
  read: (...path: string[]) => Promise<YamlFile>,
  problems: string[],
): Promise<ReadCampaigns> {
  const names = await readdir(join(directory, 'campaigns')).catch(() => []);
  const sources: CampaignSource[] = [];
  const listTexts = new Map<string, string>();
  const places = new Map<string, string>();
  for (const name of names.filter((each) => /\.ya?ml$/.test(each)).sort()) {
    const file = await read('campaigns', name);
    const shaped = check(file, campaignSchema, problems);
    if (shaped === undefined) continue;
    const before = places.get(shaped.id);
    if (before !== undefined) {
      problems.push(`${file.locate(['id'])}: id "${shaped.id}" stands in ${before} already`);
    }
    places.set(shaped.id, file.path);
    const texts = await readListFiles(directory, shaped.listFiles, file, problems);
    for (const [path, text] of texts) {
      listTexts.set(path, text);
      problems.push(...cardsInText(join(directory, path), text));
    }
    const campaign = withLists(shaped, texts);
    problems.push(...campaignProblems(campaign, file.content).map((each) => told(file, each)));
    sources.push({ campaign, file });
  }
  return { sources, listTexts };
}

function withLists(campaign: Campaign, texts: ReadonlyMap<string, string>): Campaign {
  const read = Object.entries(campaign.listFiles).map(
    ([name, path]) => [name, parseList(texts.get(path) ?? '')] as const,
  );
  return { ...campaign, lists: { ...campaign.lists, ...Object.fromEntries(read) } };
}

/** A problem as `file:line:column: key: message`. */
export function told(file: YamlFile, { path, message, offset }: Problem): string {
  const place = offset === undefined ? file.locate(path) : file.locateInside(path, offset);
  return `${place}: ${path.join('.')}: ${message}`;
}
