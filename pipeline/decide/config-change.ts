/** A step in the life of configurations: one row each, from which a restart knows which one judges whom. */

export type ConfigChangeKind =
  | 'start'
  | 'reload'
  /** It judges a share of the accounts. */
  | 'canary'
  | 'promoted'
  | 'rolled_back'
  /** It was on trial when the folder's content changed again. */
  | 'withdrawn';

export interface ConfigChange {
  /** Epoch and number within it. */
  readonly id: string;
  readonly kind: ConfigChangeKind;
  readonly version: string;
  /** What judged until then, or judges the other accounts; '' at the first start. */
  readonly previousVersion: string;
  /** Hash of the part that can be tried on a share of the accounts. */
  readonly judging: string;
  /** `start`, `watch`, `signal`, `rollout`, or who gave the order. */
  readonly actor: string;
  readonly reason: string;
  readonly paths: readonly string[];
  /** Unified, bounded. */
  readonly diff: string;
  /** Of the accounts; 1: all. */
  readonly share: number;
  /** Event time; 0 before the first event. */
  readonly occurredAtMs: number;
}
