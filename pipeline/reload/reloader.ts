/**
 * Takes up a changed configuration while the worker runs, all of it or nothing: loaded, checked and compiled
 * beside the running one, its new features filled from history, then exchanged between two batches.
 */

import { setImmediate as nextTurn } from 'node:timers/promises';
import { runnable, withJudging } from '../../config/config-parts.ts';
import {
  pacedFiles,
  recordedFiles,
  storedFiles,
  type ConfigFiles,
} from '../../config/config-files.ts';
import { readFolderTexts } from '../../config/folder-texts.ts';
import { loadConfig, type LoadedConfig } from '../../config/load.ts';
import { changeBetween } from '../../config/text-diff.ts';
import { refuseUnpublishable } from '../../config/publishing-check.ts';
import { ConfigFailure, type YamlFile } from '../../config/yaml-file.ts';
import type { SystemConfig } from '../../config/schema.ts';
import type { Clock } from '../clock.ts';
import type { Engine } from '../decide/engine.ts';
import { Rollout } from '../decide/rollout.ts';
import type { NamedDetector } from '../detect/detector.ts';
import type { FeatureLayer, FeatureLayers } from '../detect/feature-layers.ts';
import { Failure, messageOf } from '../failure.ts';
import type { Decoder } from '../ingest/decode.ts';
import type { Cause } from './config-status.ts';
import type { LiveConfig } from './live-config.ts';
import type { Pipeline } from '../pipeline.ts';
import { AnalyticsError } from '../record/analytics.ts';
import { filesOfVersion } from '../record/config-history.ts';
import { fillLayer, NOTHING_FILLED, warmingOf, type FillParts } from './fill.ts';
import { prepare, type Rulings } from './prepare.ts';
import type { Logger } from '../telemetry.ts';

export interface ReloaderParts extends Omit<FillParts, 'decoder' | 'pipeline' | 'layers'> {
  readonly directory: string;
  /** Coded detectors. */
  readonly catalogue: readonly NamedDetector[];
  readonly live: LiveConfig;
  readonly engine: Engine;
  readonly layers: FeatureLayers;
  readonly pipeline: Pipeline;
  /** Of the configuration that the process was started with: what stands fast follows from it. */
  readonly system: SystemConfig;
  readonly decoderOf: (config: LoadedConfig) => Decoder;
  readonly historyDecoderOf: (config: LoadedConfig) => Decoder;
  readonly clock: Clock;
  readonly log: Logger;
}

/** What is to judge: everybody by `stable`, a share by `trial`. */
interface Target {
  /** What judged when this was made out: where that has changed since, it is made out again. */
  readonly against: LoadedConfig;
  readonly stable: LoadedConfig;
  readonly trial: LoadedConfig | undefined;
  readonly rollout: SystemConfig['rollout'];
}

const FILL_AGAIN_MS = 5000;

export class Reloader {
  readonly #parts: ReloaderParts;
  #seen: string;
  /** As many as the folder has files. */
  readonly #parsed = new Map<string, YamlFile>();
  #attempt = new AbortController();
  #turn: Promise<unknown> = Promise.resolve();

  /** @param seen hash of the content that the process was started with. */
  constructor(parts: ReloaderParts, seen: string) {
    this.#parts = parts;
    this.#seen = seen;
    parts.live.goBack = (version, cause) => void this.#inTurn(() => this.#goBack(version, cause));
  }

  /**
   * Looks at the folder; a content that it has seen is left alone unless it is told to look again. One look at a
   * time: a later one cuts short what the one before it waits for.
   */
  async look(cause: Cause, again = false): Promise<void> {
    const { directory, log } = this.#parts;
    const found = await readFolderTexts(directory).catch((error: unknown) => {
      // A file that went while it was read comes with another look; a folder that is gone changes nothing.
      log.debug({ error: messageOf(error) }, 'the configuration folder cannot be read now');
      return undefined;
    });
    if (found === undefined || (found.hash === this.#seen && !again)) return;
    this.#seen = found.hash;
    this.#attempt.abort();
    await this.#inTurn(() =>
      found.hash === this.#seen ? this.#takeUp(found.texts, cause) : Promise.resolve(),
    );
  }

  /** Resolves when nothing is being taken up. */
  async idle(): Promise<void> {
    await this.#turn;
  }

  /** Cuts short what is being taken up, for the way down. */
  stop(): void {
    this.#attempt.abort();
  }

  async #takeUp(texts: Readonly<Record<string, string>>, cause: Cause): Promise<void> {
    const { live, directory } = this.#parts;
    this.#attempt = new AbortController();
    try {
      const folder = await this.#load(storedFiles(directory, texts));
      refuseUnpublishable(folder);
      const wanted = await this.#runnable(folder);
      let done = false;
      while (!done) {
        const target = await this.#targetOf(wanted, folder.system.rollout);
        if (target === undefined) live.unchanged();
        done = target === undefined || (await this.#activate(target, cause));
      }
    } catch (error) {
      this.#refuse(error);
    } finally {
      live.warming = undefined;
    }
  }

  async #goBack(version: string, cause: Cause): Promise<void> {
    const { analytics, live, recorder } = this.#parts;
    this.#parsed.clear();
    this.#attempt = new AbortController();
    try {
      // It may have judged for less than a flush.
      await recorder.flush();
      const files = await filesOfVersion(analytics, version);
      if (files === undefined)
        throw new Failure(`the files of version ${version} are not on record`);
      const config = await this.#load(recordedFiles(`version ${version}`, files));
      const { active: against } = live;
      const { rollout } = against.system;
      await this.#activate({ against, stable: config, trial: undefined, rollout }, cause);
    } catch (error) {
      this.#refuse(error);
    } finally {
      live.warming = undefined;
    }
  }

  #refuse(error: unknown): void {
    const { live, log } = this.#parts;
    if (this.#attempt.signal.aborted) return;
    if (!(error instanceof Failure)) log.error({ err: error }, 'taking up a configuration failed');
    live.refuse(error instanceof ConfigFailure ? error.problems : [messageOf(error)]);
  }

  /** Reads with pauses, so that what waits on the path gets its turn between two files. */
  #load(files: ConfigFiles): Promise<LoadedConfig> {
    return loadConfig(pacedFiles(files, nextTurn, this.#parsed), this.#parts.catalogue);
  }

  /** The folder's configuration, sound by itself, with what only a restart takes up as it runs now. */
  async #runnable(folder: LoadedConfig): Promise<LoadedConfig> {
    const { live, system, log, directory } = this.#parts;
    const { files, needsRestart } = runnable(folder, live.active, system);
    live.needsRestart = needsRestart;
    if (needsRestart.length > 0) {
      log.warn({ parts: needsRestart }, 'parts changed: restart the worker to take them up');
    }
    if (files === folder.files) return folder;
    return this.#load(recordedFiles(directory, files)).catch((error: unknown) => {
      if (!(error instanceof ConfigFailure)) throw error;
      const why = `${directory}: ${needsRestart.join(', ')} must wait for a restart, and the rest cannot go before: restart the worker`;
      throw new ConfigFailure([...error.problems, why]);
    });
  }

  /** @returns undefined when what judges is what is wanted. @throws Failure on content that was rolled back. */
  async #targetOf(
    wanted: LoadedConfig,
    rollout: SystemConfig['rollout'],
  ): Promise<Target | undefined> {
    const { live, directory } = this.#parts;
    const { active, trial } = live;
    const alike = wanted.judging === active.judging;
    if (alike && wanted.version === active.version && trial === undefined) return undefined;
    const refused = wanted.judging === live.rolledBack;
    if (!refused && (alike || rollout.share === 1))
      return { against: active, stable: wanted, trial: undefined, rollout };
    // Lists are everybody's at once; how events are judged stays as it is for the accounts beside the trial.
    const files = withJudging(wanted.files, active.files);
    const beside = await this.#load(recordedFiles(directory, files));
    const stable = beside.version === active.version ? active : beside;
    if (refused) {
      if (stable !== active)
        await this.#activate({ against: active, stable, trial: undefined, rollout }, LISTS);
      throw new Failure(
        `${wanted.version}: its judging was rolled back and is not taken up again until it changes`,
      );
    }
    if (trial?.config.version === wanted.version && stable === active) return undefined;
    return { against: active, stable, trial: wanted, rollout };
  }

  /** @returns false when a trial's end came before it: the target no longer holds. */
  async #activate(target: Target, cause: Cause): Promise<boolean> {
    const { live, layers, engine, pipeline } = this.#parts;
    const same = target.stable === live.active;
    const rulings = prepare(
      layers,
      { config: target.stable, ruling: same ? engine.ruling : undefined },
      target.trial,
      engine.ruling.exclusions.asnOf,
    );
    const layer = rulings.requests.length === 0 ? undefined : await this.#fill(target, rulings);
    // Worked out now: between two batches there is no time for it.
    for (const config of [target.stable, target.trial]) {
      if (config === undefined) continue;
      changeBetween(live.active.files, config.files);
    }
    const done = await pipeline.change(() => {
      const { against, trial } = target;
      const refused = trial !== undefined && trial.judging === live.rolledBack;
      const holds = live.active === against && !refused;
      if (holds) this.#exchange(target, rulings, layer, cause);
      else if (layer !== undefined) layers.abandon(layer);
      return holds;
    });
    await pipeline.between(() => this.tidy());
    return done;
  }

  #exchange(
    { stable, trial, rollout }: Target,
    rulings: Rulings,
    layer: FeatureLayer | undefined,
    cause: Cause,
  ): void {
    const { live, layers, engine, pipeline, decoderOf } = this.#parts;
    if (layer !== undefined && rulings.anew) layers.replaceAll(layer);
    else if (layer !== undefined) layers.complete(layer);
    const running = live.trial;
    const goesOn =
      trial !== undefined && running !== undefined && running.config.judging === trial.judging;
    if (running !== undefined && !goesOn && stable === live.active) live.withdraw(cause);
    if (stable !== live.active) {
      const unlike = String(stable.placeholders) !== String(live.active.placeholders);
      live.adopt(stable, rulings.stable, cause);
      if (unlike) pipeline.decodeBy(decoderOf(stable));
    } else if (rulings.anew) engine.adopt(rulings.stable);
    if (trial === undefined || rulings.trial === undefined) return;
    const counted = goesOn ? running.rollout : new Rollout(rollout, engine.watermarkMs);
    live.tryOut(trial, rulings.trial, counted, cause);
  }

  /** Forgets layers of which nothing is read any more; between two batches. */
  tidy(): void {
    const { engine, layers } = this.#parts;
    const read = [engine.ruling, engine.trial?.ruling].flatMap(
      (ruling) => ruling?.detectors.columns ?? [],
    );
    layers.drop((column) => read.some((columns) => columns.has(column)));
  }

  /** Lays and fills the new features; waits through an absence of the database. */
  async #fill(target: Target, { requests }: Rulings): Promise<FeatureLayer> {
    const { live, layers, pipeline, recorder, clock, log } = this.#parts;
    const { signal } = this.#attempt;
    const version = (target.trial ?? target.stable).version;
    const decoder = this.#parts.historyDecoderOf(target.stable);
    for (;;) {
      const { layer, sequence } = await pipeline.between(() => ({
        layer: layers.lay(requests),
        sequence: recorder.sequence,
      }));
      const tell = (filled = NOTHING_FILLED): void => {
        live.warming = warmingOf(version, requests, filled);
      };
      tell();
      live.onChange();
      log.info({ version, features: requests.length }, 'new features are warming up');
      try {
        await fillLayer({ ...this.#parts, decoder }, layer, sequence, signal, tell);
        return layer;
      } catch (error) {
        await pipeline.between(() => layers.abandon(layer));
        if (!(error instanceof AnalyticsError) || error.permanent || signal.aborted) throw error;
        log.warn({ error: messageOf(error) }, 'new features wait for the record');
        await clock.sleep(FILL_AGAIN_MS, signal);
      }
    }
  }

  async #inTurn(work: () => Promise<void>): Promise<void> {
    const turn = this.#turn.then(work);
    this.#turn = turn.catch(() => undefined);
    await turn;
  }
}

/** Lists of content whose judging was rolled back. */
const LISTS: Cause = { actor: 'watch', reason: 'lists changed' };
