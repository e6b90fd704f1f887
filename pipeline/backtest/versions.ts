/** The configurations that decided the events on record, loaded from the files stored under their versions. */

import { recordedFiles } from '../../config/config-files.ts';
import { loadConfig, type LoadedConfig } from '../../config/load.ts';
import { ConfigFailure } from '../../config/yaml-file.ts';
import type { NamedDetector } from '../detect/detector.ts';
import { Failure } from '../failure.ts';
import type { Analytics } from '../record/analytics.ts';
import { filesOfVersion } from '../record/config-history.ts';

export interface LoadedVersions {
  /** In the order in which they first decided. */
  readonly configs: ReadonlyMap<string, LoadedConfig>;
  /** Why a version cannot be loaded any more. */
  readonly lost: Readonly<Record<string, string>>;
  readonly notes: readonly string[];
}

/** Sections that change how an engine is built and what it measures. */
const BUILT_IN = ['windows', 'bursts', 'networks'] as const;

/** @throws Failure when nothing was decided, or no version can be loaded. */
export async function loadVersions(
  analytics: Analytics,
  isHistory: string,
  catalogue: readonly NamedDetector[],
): Promise<LoadedVersions> {
  const rows = await analytics.query<{ version: string }>(
    `SELECT config_version AS version FROM decisions WHERE ${isHistory}
     GROUP BY version ORDER BY min(arrival)`,
  );
  if (rows.length === 0) throw new Failure(`${analytics.place}: nothing is on record`);
  const configs = new Map<string, LoadedConfig>();
  const lost: Record<string, string> = {};
  const notes: string[] = [];
  for (const { version } of rows) {
    const config = await loadVersion(analytics, version, catalogue);
    if (typeof config === 'string') {
      lost[version] = config;
      continue;
    }
    const first = configs.values().next().value;
    configs.set(version, config);
    notes.push(...notesOn(version, config, first));
  }
  if (configs.size > 0) return { configs, lost, notes };
  const [[version, why]] = Object.entries(lost) as [[string, string]];
  throw new Failure(`no version that decided can be loaded any more: ${version}: ${why}`);
}

/** @returns the configuration, or why there is none. */
async function loadVersion(
  analytics: Analytics,
  version: string,
  catalogue: readonly NamedDetector[],
): Promise<LoadedConfig | string> {
  const files = await filesOfVersion(analytics, version);
  if (files === undefined) return 'its files were never stored';
  try {
    return await loadConfig(recordedFiles(`version ${version}`, files), catalogue);
  } catch (error) {
    if (!(error instanceof ConfigFailure)) throw error;
    return error.problems[0] ?? error.message;
  }
}

function notesOn(version: string, config: LoadedConfig, first: LoadedConfig | undefined): string[] {
  const builtIn = BUILT_IN.filter(
    (section) =>
      first !== undefined &&
      JSON.stringify(first.system[section]) !== JSON.stringify(config.system[section]),
  );
  return [
    ...(config.version === version
      ? []
      : [
          `version ${version} reads as ${config.version} under this release: a default or a detector has changed since`,
        ]),
    ...(builtIn.length === 0
      ? []
      : [
          `version ${version} differs in ${builtIn.join(', ')} from the first one, whose windows measure all events here`,
        ]),
  ];
}
