/** A transition in an account's freeze lifecycle, or an analyst's word on a decision: one row each. */

import type { CampaignChange } from '../reward/adjustments.ts';
import type { Verdict } from './decision.ts';

export type AccountActionKind = 'propose' | 'freeze' | 'unfreeze' | 'expire';

export interface AccountAction {
  /** Deterministic: `freeze_` and the decision's id for automatic ones, the command's id for an analyst's. */
  readonly id: string;
  readonly kind: AccountActionKind;
  readonly accountId: string;
  /** `policy` for automatic actions, otherwise who ran the command. */
  readonly actor: string;
  readonly reason: string;
  /** The decision that caused it, or '' for an analyst's own. */
  readonly decisionId: string;
  /** Event time for automatic actions, the command's time otherwise. */
  readonly occurredAtMs: number;
  /** When a freeze ends by itself; undefined: never. */
  readonly expiresAtMs: number | undefined;
}

export type LabelValue = 'confirmed' | 'false_positive';

export interface Label {
  /** The command's id: a replay of the command says the same word, another command another one. */
  readonly id: string;
  readonly decisionId: string;
  readonly label: LabelValue;
  readonly actor: string;
  readonly reason: string;
  readonly labelledAtMs: number;
}

/** What an analyst or a campaign manager orders; it travels through one durable, ordered log so that a replay repeats it. */
export type Command = {
  /** The log's own id, ascending. */
  readonly id: string;
  readonly actor: string;
  readonly reason: string;
  readonly issuedAtMs: number;
} & (
  | { readonly kind: 'freeze' | 'unfreeze'; readonly accountId: string }
  | { readonly kind: 'label'; readonly decisionId: string; readonly label: LabelValue }
  /** A person's word on one reward that waits for it. */
  | { readonly kind: 'approve' | 'reject'; readonly grantId: string }
  | { readonly kind: 'campaign'; readonly change: CampaignChange }
  /** A person's word on the configuration that is on trial, or was the last to be adopted. */
  | { readonly kind: 'config'; readonly to: 'promoted' | 'rolled_back' }
);

/** The answer to a command, printed to whoever gave it. */
export interface CommandResult {
  readonly commandId: string;
  readonly accepted: boolean;
  readonly message: string;
  readonly verdict?: Verdict;
}
