/** What waits for people, as a list: by HTTP, in the console, and for a command line beside the running worker. */

import type { AccountAction } from '../decide/account-action.ts';
import type { OpenCase } from '../decide/freeze-cases.ts';
import { SWITCHES, type SwitchName } from '../decide/freeze-cases.ts';
import type { FreezeState } from '../decide/freezing.ts';
import { orderOf } from './dual-control.ts';
import { orderText } from './order-name.ts';
import type { RewardProposal, RewardProposals } from '../reward/proposal.ts';

export const CASE_KINDS = ['freeze', 'order', 'appeal', 'clawback', 'compensation'] as const;
export type BoardKind = (typeof CASE_KINDS)[number];

/** One case; times are RFC 3339, amounts minor units, and what does not apply is left out. */
export interface BoardCase {
  readonly id: string;
  readonly kind: BoardKind;
  readonly accountId: string;
  readonly since: string;
  readonly actor: string;
  readonly reason: string;
  readonly decisionId?: string;
  readonly lapsesAt?: string;
  /** Of an order that wants a second person. */
  readonly order?: string;
  readonly grantId?: string;
  readonly campaignId?: string;
  readonly customerId?: string;
  readonly amountMinor?: number;
  readonly cause?: string;
  readonly evidence?: string;
}

export interface Board {
  /** Open cases by kind, also those beyond the list's length. */
  readonly open: Readonly<Record<BoardKind, number>>;
  readonly switches: Readonly<Record<SwitchName, 'on' | 'off'>>;
  /** The oldest of each kind first. */
  readonly proposals: readonly BoardCase[];
}

export interface BoardFilter {
  readonly kind?: BoardKind | undefined;
  readonly limit: number;
}

export function boardOf(
  { cases }: Pick<FreezeState, 'cases'>,
  proposals: RewardProposals,
  { kind, limit }: BoardFilter,
): Board {
  const listed: BoardCase[] = [];
  for (const each of cases.all()) {
    if (listed.length >= limit) break;
    if (kind === undefined || each.kind === kind) listed.push(ofAccount(each));
  }
  const reward: Record<'clawback' | 'compensation', number> = { clawback: 0, compensation: 0 };
  for (const proposal of proposals.all()) {
    if (proposal.kind === 'hold') continue;
    reward[proposal.kind]++;
    const isAsked = kind === undefined || kind === proposal.kind;
    if (isAsked && listed.length < limit) listed.push(ofReward(proposal, proposal.kind));
  }
  const states = SWITCHES.map((name) => [name, cases.isOn(name) ? 'on' : 'off'] as const);
  return {
    open: { ...cases.open, ...reward },
    switches: Object.fromEntries(states) as Board['switches'],
    proposals: listed,
  };
}

function ofAccount({ kind, opened }: OpenCase): BoardCase {
  const { id, accountId, actor, reason, decisionId, occurredAtMs, expiresAtMs } = opened;
  return {
    ...{ id, kind, accountId, actor, reason, since: new Date(occurredAtMs).toISOString() },
    ...(decisionId !== '' && { decisionId }),
    ...(expiresAtMs !== undefined && { lapsesAt: new Date(expiresAtMs).toISOString() }),
    ...(kind === 'order' && { order: toldOf(opened) }),
  };
}

/** Told once: an order of thousands of items is read for it, and the list is made every second. */
const TOLD = new WeakMap<AccountAction, string>();

function toldOf(request: AccountAction): string {
  const known = TOLD.get(request);
  if (known !== undefined) return known;
  const text = orderText(orderOf(request));
  TOLD.set(request, text);
  return text;
}

function ofReward(proposal: RewardProposal, kind: 'clawback' | 'compensation'): BoardCase {
  const { id, grantId, campaignId, accountId, customerId, amountMinor } = proposal;
  const { actor, reason, evidence, causeKind, causeId, occurredAtMs } = proposal;
  return {
    ...{ id, kind, accountId, customerId, grantId, campaignId, amountMinor, actor, reason },
    ...{ evidence, cause: `${causeKind} ${causeId}`, since: new Date(occurredAtMs).toISOString() },
  };
}
