/**
 * The configurations that judge now: the one for everybody and, while a change is on trial, the one for a share
 * of the accounts. Every step is a row, a log line and a count; what the last reload was refused for stays
 * visible until one succeeds.
 */

import type { LoadedConfig } from '../../config/load.ts';
import type { Cause, ConfigStatus, Refusal, Warming } from './config-status.ts';
import type { ConfigAtStart } from './config-at-start.ts';
import type { Command, CommandResult } from '../decide/account-action.ts';
import type { ConfigChangeKind } from '../decide/config-change.ts';
import type { Engine } from '../decide/engine.ts';
import type { Rollout } from '../decide/rollout.ts';
import type { EndedTrial, Ruling } from '../decide/ruling.ts';
import type { Warming as FeatureWarming } from '../detect/feature-layout.ts';
import { ConfigSteps, type ConfigStepsParts, type OnTrial } from './config-steps.ts';

export interface LiveConfigParts extends ConfigStepsParts {
  readonly engine: Engine;
}

const NONE: readonly string[] = [];

export class LiveConfig {
  readonly #parts: LiveConfigParts;
  readonly #steps: ConfigSteps;
  #active: LoadedConfig;
  #since: Cause & { readonly atMs: number };
  #trial: OnTrial | undefined;
  /** Judging that was rolled back: the same content is not tried again. */
  #rolledBack: string | undefined;
  #previous: string | undefined;
  /** Judgings whose trial was taken back: what they proposed is yet to be. */
  readonly #disowned = new Set<string>();
  #refused: Refusal | undefined;
  warming: Warming | undefined;
  needsRestart: readonly string[] = [];
  /** Measured features whose history is shorter than they need; set by who measures them. */
  unready: () => readonly FeatureWarming[] = () => [];
  /** Told after every change; what it does must not throw. */
  onChange: () => void = () => undefined;
  /** Brings a version of the past back to judge everybody; set by what can load it. */
  goBack: (version: string, cause: Cause) => void = () => undefined;

  constructor(parts: LiveConfigParts, active: LoadedConfig) {
    this.#parts = parts;
    this.#steps = new ConfigSteps(parts);
    this.#active = active;
    this.#since = { actor: 'start', reason: '', atMs: parts.clock.now() };
  }

  get active(): LoadedConfig {
    return this.#active;
  }

  get trial(): OnTrial | undefined {
    return this.#trial;
  }

  /** The version that an order now would be about. */
  get subject(): string {
    return (this.#trial?.config ?? this.#active).version;
  }

  get rolledBack(): string | undefined {
    return this.#rolledBack;
  }

  /** The judging of a version that is on trial; undefined: it judges everybody. */
  onTrial(version: string): string | undefined {
    return this.#trial?.config.version === version ? this.#trial.config.judging : undefined;
  }

  /** Whether this judging judges anybody now. */
  isJudging(judging: string): boolean {
    return judging === this.#active.judging || judging === this.#trial?.config.judging;
  }

  /** Judgings that were taken back since the last call and have not come again by now. */
  takeDisowned(): readonly string[] {
    if (this.#disowned.size === 0) return NONE;
    const taken = [...this.#disowned].filter((judging) => !this.isJudging(judging));
    this.#disowned.clear();
    return taken;
  }

  /** The worker begins to judge by the active configuration. */
  begin({ before, dropped, rolledBack }: ConfigAtStart): void {
    const { version } = this.#active;
    this.#previous =
      before.version === '' || before.version === version ? undefined : before.version;
    this.#rolledBack = rolledBack;
    if (rolledBack !== undefined) {
      const at = new Date(this.#since.atMs).toISOString();
      this.#refused = { at, problems: ["the folder's judging was rolled back: it judges nobody"] };
    }
    this.#steps.record('start', { config: this.#active, before, share: 1 }, this.#since);
    if (rolledBack !== undefined) this.#disown(rolledBack);
    if (dropped !== undefined) {
      this.#disown(dropped.judging);
      this.#steps.recordDropped(dropped);
    }
    this.#tell('start', this.#since);
  }

  /** Everybody is judged by another configuration from the next event on. */
  adopt(config: LoadedConfig, ruling: Ruling, cause: Cause): void {
    const { engine } = this.#parts;
    this.#withdraw(config.version, cause);
    engine.adopt(ruling);
    this.#steps.record('reload', { config, before: this.#active, share: 1 }, cause);
    this.#take(config, cause);
    this.#tell('reload', cause);
  }

  /** The active configuration's other parts changed (lists); the trial's judging and its counts go on. */
  tryOut(config: LoadedConfig, ruling: Ruling, rollout: Rollout, cause: Cause): void {
    const { engine } = this.#parts;
    engine.tryOut({ ruling, rollout });
    this.#trial = { config, rollout };
    const { share } = rollout.settings;
    this.#steps.record('canary', { config, before: this.#active, share }, cause);
    this.#rolledBack = undefined;
    this.#refused = undefined;
    this.#tell('canary', cause);
  }

  /** Goes on with a trial that a restart interrupted; its row stands. */
  resume(config: LoadedConfig, ruling: Ruling, rollout: Rollout): void {
    this.#parts.engine.tryOut({ ruling, rollout });
    this.#trial = { config, rollout };
    this.#tell('canary', { actor: 'start', reason: `goes on: ${rollout.figures()}` });
  }

  /** Ends the trial without a verdict, where one runs. */
  withdraw(cause: Cause): void {
    if (this.#trial === undefined) return;
    this.#withdraw('', cause);
    this.#parts.engine.endTrial('rolled_back');
    this.onChange();
  }

  /** The engine ended the trial at an event; called in the pipeline's turn. */
  ended({ outcome, reason, trial }: EndedTrial): void {
    if (this.#trial?.config.version !== trial.ruling.version) return;
    this.#conclude(outcome, { actor: 'rollout', reason });
  }

  /** Nothing of a change is taken: what judged goes on judging. */
  refuse(problems: readonly string[]): void {
    const { log, metrics, clock } = this.#parts;
    const atMs = clock.now();
    this.#refused = { at: new Date(atMs).toISOString(), problems };
    for (const problem of problems) {
      log.error({ problem, active: this.#active.version }, 'configuration refused');
    }
    metrics.configReloads.inc({ result: 'refused' });
    metrics.configRefused.set(atMs / 1000);
    this.onChange();
  }

  /** The folder's content is what judges, or differs in nothing that matters: an earlier refusal is over. */
  unchanged(): void {
    this.#parts.metrics.configReloads.inc({ result: 'unchanged' });
    this.#settled();
    this.onChange();
  }

  /** An analyst's word, between two batches. */
  order(command: Extract<Command, { kind: 'config' }>): CommandResult {
    const { id, to, actor, reason, version: meant = this.subject } = command;
    const cause = { actor, reason };
    const answer = (accepted: boolean, message: string): CommandResult => ({
      ...{ commandId: id, accepted, message },
    });
    if (meant !== this.subject) {
      return answer(false, `the order was about ${meant}; meanwhile it is ${this.subject}'s turn`);
    }
    if (this.#trial !== undefined) {
      const { version } = this.#trial.config;
      this.#parts.engine.endTrial(to);
      this.#conclude(to, cause);
      return answer(
        true,
        `configuration ${version} is ${to === 'promoted' ? 'promoted' : 'rolled back'}`,
      );
    }
    if (to === 'promoted') return answer(false, 'no configuration is on trial');
    const previous = this.#previous;
    if (previous === undefined) return answer(false, 'there is no version to go back to');
    const { version } = this.#active;
    this.#rolledBack = this.#active.judging;
    const before = { version: previous, files: this.#active.files };
    this.#steps.record('rolled_back', { config: this.#active, before, share: 1 }, cause);
    this.goBack(previous, cause);
    return answer(true, `${version} is rolled back: ${previous} judges once it is loaded`);
  }

  /** Features that do not know all they need yet. */
  get warmingUp(): readonly FeatureWarming[] {
    return [...(this.warming?.features ?? []), ...this.unready()];
  }

  get status(): ConfigStatus {
    const { actor, reason, atMs } = this.#since;
    const canary = this.#canary();
    const warmingUp = this.unready();
    return {
      ...{ version: this.#active.version, since: new Date(atMs).toISOString(), actor, reason },
      ...(canary && { canary }),
      ...(this.warming && { warming: this.warming }),
      ...(warmingUp.length > 0 && { warmingUp }),
      ...(this.#refused && { refused: this.#refused }),
      needsRestart: this.needsRestart,
    };
  }

  #canary(): ConfigStatus['canary'] {
    if (this.#trial === undefined) return undefined;
    const { config, rollout } = this.#trial;
    const { share, durationMs, minimumEvents } = rollout.settings;
    const began = Number.isFinite(rollout.startedMs);
    return {
      ...{ version: config.version, share, minimumEvents },
      ...(began && {
        since: new Date(rollout.startedMs).toISOString(),
        until: new Date(rollout.startedMs + durationMs).toISOString(),
      }),
      ...{ onTrial: { ...rollout.canary }, beside: { ...rollout.stable } },
    };
  }

  /** The engine has ended the trial already: it is told, and written down. */
  #conclude(outcome: 'promoted' | 'rolled_back', cause: Cause): void {
    const { config, rollout } = this.#trial!;
    this.#trial = undefined;
    const { share } = rollout.settings;
    this.#steps.record(outcome, { config, before: this.#active, share }, cause);
    if (outcome === 'promoted') this.#take(config, cause);
    else {
      this.#disowned.add(config.judging);
      this.#rolledBack = config.judging;
      const at = new Date(this.#parts.clock.now()).toISOString();
      this.#refused = { at, problems: [`${config.version} was rolled back: ${cause.reason}`] };
    }
    this.#tell(outcome, cause);
  }

  #disown(judging: string): void {
    this.#parts.engine.disown(judging);
    this.#disowned.add(judging);
  }

  #withdraw(successor: string, cause: Cause): void {
    if (this.#trial === undefined) return;
    const { config, rollout } = this.#trial;
    this.#trial = undefined;
    this.#disowned.add(config.judging);
    // Without a successor the row's version stands alone.
    const reason = successor === '' ? cause.reason : `${successor} came: ${cause.reason}`;
    const { share } = rollout.settings;
    const step = { config, before: this.#active, share };
    this.#steps.record('withdrawn', step, { ...cause, reason });
  }

  #take(config: LoadedConfig, cause: Cause): void {
    this.#previous =
      this.#active.version === config.version ? this.#previous : this.#active.version;
    if (config.judging !== this.#active.judging) this.#rolledBack = undefined;
    this.#active = config;
    this.#since = { ...cause, atMs: this.#parts.clock.now() };
    this.#settled();
  }

  #settled(): void {
    // What was rolled back stays refused as long as it stands in the folder.
    if (this.#rolledBack === undefined) this.#refused = undefined;
  }

  #tell(kind: ConfigChangeKind, cause: Cause): void {
    this.#steps.tell(kind, cause, this.#active.version, this.#trial);
    this.onChange();
  }
}
