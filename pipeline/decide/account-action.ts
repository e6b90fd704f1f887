/** A transition in an account's freeze lifecycle, or an analyst's word on a decision: one row each. */

import type { ExclusionKind } from '../detect/exclusion.ts';
import type { OwnBands } from '../detect/own-bands.ts';
import type { CampaignChange } from '../reward/adjustments.ts';
import type { Cause, CausedGrant } from './cause.ts';
import type { Verdict } from './decision.ts';
import type { ListOrder } from './list-entry.ts';
import type { SwitchName } from './freeze-cases.ts';

/**
 * `propose` waits for a person, who freezes or `dismiss`es. `request` waits for a second person, who lets it
 * happen (`confirm`) or not (`withdraw`), or it `lapse`s. `appeal` asks for a review of a freeze; `uphold` and
 * `clear` are its outcomes. `switch` turns something automatic off or on.
 */
export const ACCOUNT_ACTION_KINDS = [
  'propose',
  'freeze',
  'unfreeze',
  'expire',
  'dismiss',
  'request',
  'confirm',
  'withdraw',
  'lapse',
  'appeal',
  'uphold',
  'clear',
  'switch',
] as const;
export type AccountActionKind = (typeof ACCOUNT_ACTION_KINDS)[number];

export interface AccountAction {
  /** Deterministic: `freeze_` and the decision's id for automatic ones, the command's id for an analyst's. */
  readonly id: string;
  readonly kind: AccountActionKind;
  /** '' for a switch, and for a request that is about no account. */
  readonly accountId: string;
  /** `policy` for automatic actions, otherwise who ran the command. */
  readonly actor: string;
  readonly reason: string;
  /** The decision that caused it, or '' for an analyst's own. */
  readonly decisionId: string;
  /** Event time for automatic actions, the command's time otherwise. */
  readonly occurredAtMs: number;
  /** When a freeze ends or a request lapses by itself; undefined: never. */
  readonly expiresAtMs: number | undefined;
  /** Id of the proposal, request or appeal that it is the answer to; left out: none. */
  readonly answers?: string;
  /**
   * Of a request the order as JSON, of a switch its name and `on` or `off`, of a proposal the judging on trial
   * that made it; left out otherwise.
   */
  readonly detail?: string;
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

/** A label of a file: said when the file says, by whom and why it says, else as the order does. */
export interface NewLabel {
  /** The decision's id, or its event's. */
  readonly decisionId: string;
  readonly label: LabelValue;
  readonly labelledAtMs: number;
  readonly actor?: string | undefined;
  readonly reason?: string | undefined;
}

/** The most labels of one order: each order's are looked up in the whole record at once. */
export const MAX_LABELS_AN_ORDER = 5000;

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
  /** The same on an open proposal, or on an order that wants a second person. */
  | { readonly kind: 'proposal'; readonly proposalId: string; readonly word: 'approve' | 'dismiss' }
  | { readonly kind: 'appeal'; readonly accountId: string }
  | {
      readonly kind: 'review';
      readonly accountId: string;
      readonly outcome: 'confirmed' | 'cleared';
      /** How long the freeze goes on from now, in event time; left out: until somebody ends it. */
      readonly forMs?: number;
    }
  | { readonly kind: 'switch'; readonly name: SwitchName; readonly to: 'on' | 'off' }
  /** What came to be known of rewards that were decided before; given by the worker itself. */
  | { readonly kind: 'rescore'; readonly cause: Cause; readonly grants: readonly CausedGrant[] }
  /** A person's word on one reward that waits for it. */
  | { readonly kind: 'approve' | 'reject'; readonly grantId: string }
  | { readonly kind: 'campaign'; readonly change: CampaignChange }
  | { readonly kind: 'list'; readonly order: ListOrder }
  /** A person's word on a value that joins strangers; `of` is the kind of value. */
  | {
      readonly kind: 'exclusion';
      readonly op: 'add' | 'remove' | 'dismiss';
      readonly of: ExclusionKind;
      readonly value: string;
      /** Of an added one its end, in event time; left out: none. */
      readonly expiresAtMs?: number | undefined;
      /** Of an added one its own limits; left out: findings about it reach no band. */
      readonly bands?: OwnBands | undefined;
    }
  | { readonly kind: 'labels'; readonly labels: readonly NewLabel[] }
  /** A person's word on the configuration that is on trial, or was the last to be adopted. */
  | {
      readonly kind: 'config';
      readonly to: 'promoted' | 'rolled_back';
      /** The version that it is about; left out: whichever is on trial, or judges, when it is obeyed. */
      readonly version?: string | undefined;
    }
);

/** The answer to a command, printed to whoever gave it. */
export interface CommandResult {
  readonly commandId: string;
  readonly accepted: boolean;
  readonly message: string;
  readonly verdict?: Verdict;
  /** Id of the proposal that a second person approves for it to happen; left out: it happened, or never will. */
  readonly waitsAs?: string;
  /** What became of an order's many items. */
  readonly items?: {
    readonly done: number;
    /** Items that changed nothing, because all they say stands already. */
    readonly same: number;
    readonly refused: readonly RefusedItem[];
  };
}

export interface RefusedItem {
  /** Its place in the order, from 0. */
  readonly index: number;
  readonly why: string;
}
