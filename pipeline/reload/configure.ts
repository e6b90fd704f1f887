/** The configuration of a running worker: which ones judge at the start, and what takes up the next ones. */

import { readFolderTexts } from '../../config/folder-texts.ts';
import {
  assembleDecoder,
  assembleEngine,
  assembleHistoryDecoder,
  type AssembledEngine,
} from '../assemble.ts';
import { configAtStart, type ConfigAtStart } from './config-at-start.ts';
import { Rollout } from '../decide/rollout.ts';
import { messageOf } from '../failure.ts';
import type { Keys } from '../keys.ts';
import { LiveConfig } from './live-config.ts';
import { trialSoFar } from '../record/config-history.ts';
import type { History } from '../record/history.ts';
import type { Recorder } from '../record/recorder.ts';
import type { Pipeline } from '../pipeline.ts';
import { Reloader } from './reloader.ts';
import { watchConfig } from './watch.ts';
import type { Stores } from '../stores.ts';
import type { WorkerOptions } from '../worker.ts';

/** Where the running worker says which configuration judges. */
export const CONFIG_KEY = '{sheepdog}:config';
const PUBLISH_EVERY_MS = 5000;

export interface Configured {
  readonly start: ConfigAtStart;
  readonly assembled: AssembledEngine;
  readonly live: LiveConfig;
}

/** Puts the engine together by the configurations that judge after this start; nothing is on record yet. */
export async function configure(
  options: WorkerOptions,
  { analytics }: Pick<Stores, 'analytics'>,
  history: History,
  recorder: Recorder,
): Promise<Configured> {
  const start = await configAtStart(options.config, { ...options, analytics, history });
  const assembled = assembleEngine(start.active, start.trial?.config);
  const live = new LiveConfig(
    { ...options, engine: assembled.engine, recorder, history },
    start.active,
  );
  const { engine, layers } = assembled;
  live.unready = () => layers.warming(engine.ruling.detectors.columns);
  return { start, assembled, live };
}

export interface BeginParts extends Configured {
  readonly stores: Stores;
  readonly keys: Keys;
  readonly history: History;
  readonly recorder: Recorder;
  readonly pipeline: Pipeline;
}

/** The restored engine begins to judge; from now on the folder is watched. */
export async function beginConfig(options: WorkerOptions, parts: BeginParts): Promise<void> {
  const { start, live, pipeline, stores } = parts;
  publish(options, parts);
  const rollout = await rolloutAtStart(parts);
  await pipeline.change(() => {
    live.begin(start);
    if (start.trial === undefined || rollout === undefined) return;
    const { config, since } = start.trial;
    const ruling = parts.assembled.trial!;
    if (since?.version === config.version) live.resume(config, ruling, rollout);
    else live.tryOut(config, ruling, rollout, { actor: 'start', reason: 'the files changed' });
  });
  const { configDirectory } = options;
  if (configDirectory === undefined) return;
  const found = await readFolderTexts(configDirectory);
  const { files } = options.config;
  const same = Object.keys(files).every((path) => files[path] === found.texts[path]);
  const reloader = new Reloader(
    {
      ...options,
      ...parts,
      ...{ directory: configDirectory, analytics: stores.analytics },
      ...{ engine: parts.assembled.engine, layers: parts.assembled.layers },
      system: options.config.system,
      allowedLatenessMs: options.config.system.windows.allowedLatenessMs,
      decoderOf: (config) => assembleDecoder(config, parts.keys),
      historyDecoderOf: (config) => assembleHistoryDecoder(config, parts.keys),
    },
    same ? found.hash : '',
  );
  await watchConfig({ ...options, directory: configDirectory, reloader, process });
}

/** A trial that a restart interrupted goes on with what was decided in it. */
async function rolloutAtStart({
  start: { trial },
  assembled: { engine },
  stores: { analytics },
  history,
}: BeginParts): Promise<Rollout | undefined> {
  if (trial === undefined) return undefined;
  const { since, settings } = trial;
  if (since === undefined) return new Rollout(settings, engine.watermarkMs);
  const startedMs = since.occurredAtMs > 0 ? since.occurredAtMs : -Infinity;
  const rollout = new Rollout(settings, startedMs);
  const soFar = await trialSoFar(analytics, history.condition, since.version, since.arrival);
  rollout.resume(soFar);
  return rollout;
}

/** For `config show`, which asks the worker's Redis. */
function publish({ clock, log, lifecycle }: WorkerOptions, { stores, live }: BeginParts): void {
  const redis = stores.redis.connect('effects');
  lifecycle.onClose('configuration status', () => redis.disconnect());
  let published = '';
  live.onChange = () => {
    const text = JSON.stringify(live.status);
    if (text === published) return;
    published = text;
    redis.set(CONFIG_KEY, text).catch((error: unknown) => {
      published = '';
      log.debug({ error: messageOf(error) }, 'the configuration status is not published');
    });
  };
  // What warms up gets on without a change.
  const stop = clock.every(PUBLISH_EVERY_MS, () => live.onChange());
  lifecycle.onClose('configuration status in turn', stop);
}
