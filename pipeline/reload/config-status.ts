/** What is told of the configurations that judge: to people, by the log, `config show` and GET /v1/config. */

import type { Warming as FeatureWarming } from '../detect/feature-layout.ts';

/** Who or what made a change. */
export interface Cause {
  readonly actor: string;
  readonly reason: string;
}

/** A change that was not taken, for people. */
export interface Refusal {
  readonly at: string;
  readonly problems: readonly string[];
}

/** What is being filled from history before it may judge. */
export interface Warming {
  readonly version: string;
  /** Features that no detector measured until now, and how far each is filled. */
  readonly features: readonly FeatureWarming[];
  /** Recorded events taken in so far. */
  readonly events: number;
}

/** What `config show` and GET /v1/config tell. */
export interface ConfigStatus {
  readonly version: string;
  readonly since: string;
  readonly actor: string;
  readonly reason: string;
  readonly canary?: Readonly<Record<string, unknown>>;
  readonly warming?: Warming;
  /** Features that are measured, and do not know all they need yet; left out: none. */
  readonly warmingUp?: readonly FeatureWarming[];
  readonly refused?: Refusal;
  /** Parts of the folder's configuration that the running worker does not take up. */
  readonly needsRestart: readonly string[];
}
