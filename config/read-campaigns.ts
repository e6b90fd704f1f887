/** Reads the campaigns of a configuration folder: each file alone, then what its parts mean to each other. */

import { campaignProblems } from './campaign-checks.ts';
import { parseList, readListFiles } from './campaign-lists.ts';
import type { Problem } from './campaign-places.ts';
import { campaignSchema, type Campaign } from './campaign-schema.ts';
import { cardsInText } from './card-numbers.ts';
import type { ConfigReading } from './config-files.ts';
import { check, type YamlFile } from './yaml-file.ts';

/** A campaign with the file it was read from. */
export interface CampaignSource {
  readonly campaign: Campaign;
  readonly file: YamlFile;
}

/** Problems of every kind are added to the reading's. */
export async function readCampaigns(reading: ConfigReading): Promise<readonly CampaignSource[]> {
  const { problems } = reading;
  const sources: CampaignSource[] = [];
  const places = new Map<string, string>();
  for (const name of await reading.namesIn('campaigns', /\.ya?ml$/)) {
    const file = await reading.yaml('campaigns', name);
    const shaped = check(file, campaignSchema, problems);
    if (shaped === undefined) continue;
    const before = places.get(shaped.id);
    if (before !== undefined) {
      problems.push(`${file.locate(['id'])}: id "${shaped.id}" stands in ${before} already`);
    }
    places.set(shaped.id, file.path);
    const texts = await readListFiles(reading, shaped.listFiles, file);
    for (const [path, text] of texts) problems.push(...cardsInText(reading.nameOf(path), text));
    await reading.files.pause?.();
    const campaign = withLists(shaped, texts);
    problems.push(...campaignProblems(campaign, file.content).map((each) => told(file, each)));
    sources.push({ campaign, file });
  }
  return sources;
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
