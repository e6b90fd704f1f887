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
    problems.push(...pointedProblems(file));
    // A hundredth of what was meant fits nothing else: that would only be told beside it.
    if (file.pointed.length > 0) continue;
    if (shaped === undefined) {
      problems.push(...problemsBeside(file).map((each) => told(file, each)));
      continue;
    }
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

/**
 * What the well-shaped offers of a file mean, when others have no shape. What names another offer, or something that
 * it gives, is not asked: it may be one of those.
 */
function problemsBeside(file: YamlFile): Problem[] {
  const content = file.content as { readonly offers?: unknown } | null | undefined;
  const offers: unknown = content?.offers;
  const { error } = campaignSchema.safeParse(content);
  if (error === undefined || !Array.isArray(offers)) return [];
  const misshapen = new Set(error.issues.map(({ path: [part, at] }) => part === 'offers' && at));
  const kept = [...offers.keys()].filter((index) => !misshapen.has(index));
  const rest = { ...content, offers: kept.map((index) => offers[index] as unknown) };
  // Something beside the offers has no shape either: nothing is known of what they refer to.
  const { data } = campaignSchema.safeParse(rest);
  if (data === undefined) return [];
  return campaignProblems(data, rest)
    .filter(({ path }) => !path.includes('excludedBy') && !path.includes('extend'))
    .map((each) => {
      const [part, index, ...keys] = each.path;
      return part === 'offers' ? { ...each, path: [part, kept[Number(index)]!, ...keys] } : each;
    });
}

/** `4000.00` is read as 4000 and may have meant yuan: who writes a point is asked which. */
function pointedProblems(file: YamlFile): string[] {
  return file.pointed.map(({ path, written }) => {
    const message = `${written} has a decimal point: amounts are whole fen (400000 for 4000.00 yuan), and all else whole numbers`;
    return `${file.locate(path)}: ${path.map(String).join('.')}: ${message}`;
  });
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
