/**
 * Which configurations judge after a start: the folder's, unless history says that its change was on trial, was
 * rolled back, or has yet to be tried. The one for everybody then comes from its stored files.
 */

import { withJudging } from '../../config/config-parts.ts';
import { recordedFiles } from '../../config/config-files.ts';
import { loadConfig, type LoadedConfig } from '../../config/load.ts';
import { ConfigFailure } from '../../config/yaml-file.ts';
import type { RolloutSettings } from '../decide/rollout.ts';
import type { NamedDetector } from '../detect/detector.ts';
import type { Analytics } from '../record/analytics.ts';
import {
  filesOfVersion,
  latestConfigChanges,
  type RecordedConfigChange,
} from '../record/config-history.ts';
import type { History } from '../record/history.ts';
import type { Logger } from '../telemetry.ts';

export interface ConfigAtStart {
  readonly active: LoadedConfig;
  /** What judged at the last stop. */
  readonly before: { readonly version: string; readonly files: LoadedConfig['files'] };
  readonly trial:
    | {
        readonly config: LoadedConfig;
        readonly settings: RolloutSettings;
        /** The row that began it; undefined: it begins now. */
        readonly since: RecordedConfigChange | undefined;
      }
    | undefined;
  /** A trial of before that does not go on. */
  readonly dropped: RecordedConfigChange | undefined;
  readonly rolledBack: string | undefined;
}

export interface ConfigAtStartParts {
  readonly catalogue: readonly NamedDetector[];
  readonly analytics: Analytics;
  readonly history: Pick<History, 'condition'>;
  readonly log: Logger;
}

/** @param folder the configuration of the folder, which judges everybody unless history says otherwise. */
export async function configAtStart(
  folder: LoadedConfig,
  parts: ConfigAtStartParts,
): Promise<ConfigAtStart> {
  const { analytics, history, catalogue, log } = parts;
  const rows = await latestConfigChanges(analytics, history.condition);
  const { stable, canary, rolledBack } = standingOf(rows.reverse());
  const files = stable === undefined ? undefined : await filesOfVersion(analytics, stable);
  const before = { version: stable ?? '', files: files ?? {} };
  const wanted = folder.judging;
  const settings = folder.system.rollout;
  const none = { trial: undefined, dropped: canary, rolledBack: undefined };
  const all = { ...none, active: folder, before };
  if (files === undefined) return all;
  const refused = wanted === rolledBack;
  if (settings.share === 1 && !refused) return all;
  const source = recordedFiles(`version ${before.version}`, withJudging(folder.files, files));
  let active: LoadedConfig;
  try {
    active = await loadConfig(source, catalogue);
  } catch (error) {
    if (!(error instanceof ConfigFailure)) throw error;
    // A release that no longer takes the stored files has nothing else to judge by.
    log.warn(
      { problems: error.problems },
      'the stored configuration cannot be used: the folder’s judges',
    );
    return all;
  }
  if (active.judging === wanted) return all;
  if (refused) return { ...none, active, before, rolledBack };
  const since = canary?.judging === wanted ? canary : undefined;
  const dropped = since === undefined ? canary : undefined;
  return { ...none, active, before, dropped, trial: { config: folder, settings, since } };
}

interface Standing {
  stable: string | undefined;
  canary: RecordedConfigChange | undefined;
  rolledBack: string | undefined;
}

/** @param rows oldest first. */
function standingOf(rows: readonly RecordedConfigChange[]): Standing {
  const standing: Standing = { stable: undefined, canary: undefined, rolledBack: undefined };
  let judging = '';
  for (const row of rows) {
    switch (row.kind) {
      case 'start':
      case 'reload':
      case 'promoted':
        if (row.judging !== judging && row.kind !== 'start') standing.rolledBack = undefined;
        judging = row.judging;
        standing.stable = row.version;
        if (row.kind === 'promoted') standing.canary = undefined;
        break;
      case 'canary':
        standing.canary = row;
        standing.rolledBack = undefined;
        break;
      case 'withdrawn':
        standing.canary = undefined;
        break;
      case 'rolled_back':
        standing.rolledBack = row.judging;
        if (row.version === standing.canary?.version) standing.canary = undefined;
        else if (row.version === standing.stable) standing.stable = row.previousVersion;
        break;
    }
  }
  return standing;
}
