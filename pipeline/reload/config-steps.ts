/** Every step of the configurations that judge, written down: a row, a log line and a count. */

import type { LoadedConfig } from '../../config/load.ts';
import { changeBetween } from '../../config/text-diff.ts';
import type { Clock } from '../clock.ts';
import type { ConfigChangeKind } from '../decide/config-change.ts';
import type { Engine } from '../decide/engine.ts';
import type { Rollout } from '../decide/rollout.ts';
import type { History } from '../record/history.ts';
import type { Recorder } from '../record/recorder.ts';
import type { Logger, Metrics } from '../telemetry.ts';
import type { ConfigAtStart } from './config-at-start.ts';
import type { Cause } from './config-status.ts';

export interface ConfigStepsParts {
  readonly engine: Pick<Engine, 'watermarkMs'>;
  readonly recorder: Pick<Recorder, 'addConfigChange' | 'addConfigVersion'>;
  readonly history: Pick<History, 'epoch'>;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
}

/** A configuration on trial, and how it does. */
export interface OnTrial {
  readonly config: LoadedConfig;
  readonly rollout: Rollout;
}

/** What a row says beside its kind and its cause. */
export interface ConfigStep {
  readonly config: LoadedConfig;
  /** Which version and files it is held against. */
  readonly before: Pick<LoadedConfig, 'version' | 'files'>;
  /** Of the accounts. */
  readonly share: number;
}

export class ConfigSteps {
  readonly #parts: ConfigStepsParts;
  #changes = 0;

  constructor(parts: ConfigStepsParts) {
    this.#parts = parts;
  }

  /** Adds the step's row, and its files where they begin to judge. */
  record(kind: ConfigChangeKind, { config, before, share }: ConfigStep, cause: Cause): void {
    const { recorder, clock, engine } = this.#parts;
    const { version, files, judging } = config;
    const { actor, reason } = cause;
    if (kind === 'start' || kind === 'reload' || kind === 'canary') {
      recorder.addConfigVersion({ version, files, activatedAtMs: clock.now() });
    }
    recorder.addConfigChange({
      id: this.#nextId(),
      ...{ kind, version, previousVersion: before.version, actor, reason, share },
      judging,
      ...changeBetween(before.files, files),
      occurredAtMs: Math.max(0, engine.watermarkMs),
    });
  }

  /** A trial of an earlier start does not go on. */
  recordDropped(dropped: NonNullable<ConfigAtStart['dropped']>): void {
    const change = { ...dropped, kind: 'withdrawn', paths: [], diff: '' } as const;
    this.#parts.recorder.addConfigChange({ ...change, id: this.#nextId() });
  }

  /** Says who judges now. */
  tell(kind: ConfigChangeKind, { actor, reason }: Cause, version: string, trial?: OnTrial): void {
    const { log, metrics } = this.#parts;
    const canary = trial?.config.version;
    log.info({ kind, version, canary, actor, reason }, 'configuration changed');
    if (kind !== 'start') metrics.configReloads.inc({ result: kind });
    metrics.configInfo.reset();
    metrics.configInfo.set({ version }, 1);
    metrics.configCanaryShare.set(trial?.rollout.settings.share ?? 0);
  }

  #nextId(): string {
    return `${this.#parts.history.epoch}-${++this.#changes}`;
  }
}
