/**
 * The parts of a configuration: how events are judged, which can be tried on a share of the accounts; lists and
 * campaigns, which are everybody's at once; and what stands fast while a worker runs. A part is exchanged in the
 * files' texts, so that what is stored under a version is what judged.
 */

import { parse, parseDocument } from 'yaml';
import { isJudging } from './judging.ts';
import type { LoadedConfig } from './load.ts';
import type { SystemConfig } from './schema.ts';

type Texts = Readonly<Record<string, string>>;

const SYSTEM = 'sheepdog.yaml';
const JUDGING_SECTIONS = [
  'policy',
  'hubs',
  'freezing',
] as const satisfies readonly (keyof SystemConfig)[];
/** Sections that can change an answer and are built into a running worker. */
const FAST_SECTIONS = [
  'ingest',
  'windows',
  'lists',
  'bursts',
  'networks',
] as const satisfies readonly (keyof SystemConfig)[];
/** Sections that a running worker takes up. */
const RELOADED: ReadonlySet<string> = new Set([...JUDGING_SECTIONS, 'rollout']);

/** The files with the judging of other ones, and with the lists of those that these lack. */
export function withJudging(files: Texts, of: Texts): Record<string, string> {
  const own = Object.entries(files).filter(([path]) => !isJudging(path));
  const theirs = Object.entries(of).filter(
    ([path]) => isJudging(path) || (path.startsWith('lists/') && !(path in files)),
  );
  return {
    ...Object.fromEntries([...own, ...theirs]),
    [SYSTEM]: withSections(files[SYSTEM]!, of[SYSTEM]!, JUDGING_SECTIONS),
  };
}

/**
 * The files that a running worker can take up: what only a restart takes up is as it runs now.
 * @param system of the start, by which the process was built.
 * @returns the folder's own files where they can be taken up whole, and the names of what waits for a restart.
 */
export function runnable(
  folder: LoadedConfig,
  running: LoadedConfig,
  system: SystemConfig,
): { readonly files: Texts; readonly needsRestart: readonly string[] } {
  const sections = needRestart(system, folder.system);
  const campaigns = JSON.stringify(folder.campaigns) !== JSON.stringify(running.campaigns);
  let { files } = folder;
  if (FAST_SECTIONS.some((section) => sections.includes(section))) {
    files = {
      ...files,
      [SYSTEM]: withSections(files[SYSTEM]!, running.files[SYSTEM]!, FAST_SECTIONS),
    };
  }
  if (campaigns) files = withCampaigns(files, running);
  return { files, needsRestart: [...sections, ...(campaigns ? ['campaigns'] : [])] };
}

/** The files with the campaigns of the running configuration, and the lists that those name. */
function withCampaigns(files: Texts, running: LoadedConfig): Texts {
  const isCampaign = (path: string): boolean => path.startsWith('campaigns/');
  const lists = new Set(running.campaigns.flatMap(({ listFiles }) => Object.values(listFiles)));
  return Object.fromEntries([
    ...Object.entries(files).filter(([path]) => !isCampaign(path)),
    ...Object.entries(running.files).filter(([path]) => isCampaign(path) || lists.has(path)),
  ]);
}

/** Names of the sections of sheepdog.yaml that differ and that only a restart takes up. */
function needRestart(running: SystemConfig, wanted: SystemConfig): string[] {
  return Object.keys(wanted)
    .filter((section) => !RELOADED.has(section))
    .filter((section) => {
      const key = section as keyof SystemConfig;
      return JSON.stringify(running[key], sorted) !== JSON.stringify(wanted[key], sorted);
    });
}

/** A text of sheepdog.yaml with some sections as another text has them; comments of the others stay. */
function withSections(text: string, from: string, sections: readonly string[]): string {
  const other = (parse(from) ?? {}) as Readonly<Record<string, unknown>>;
  const document = parseDocument(text);
  const own = (document.toJS() ?? {}) as Readonly<Record<string, unknown>>;
  const unlike = sections.filter(
    (section) => JSON.stringify(own[section], sorted) !== JSON.stringify(other[section], sorted),
  );
  if (unlike.length === 0) return text;
  for (const section of unlike) {
    if (other[section] === undefined) document.delete(section);
    else document.set(section, document.createNode(other[section]));
  }
  return document.toString();
}

/** For JSON.stringify: keys in one order. */
function sorted(_key: string, value: unknown): unknown {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
    : value;
}
