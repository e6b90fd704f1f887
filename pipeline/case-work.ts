/** What people decide about cases: proposals, appeals and their reviews, and the switches. */

import type { Command, CommandResult, Label } from './decide/account-action.ts';
import { actionOf } from './decide/freezing.ts';
import type { AccountAction } from './decide/account-action.ts';
import { openFor } from './earned-anew.ts';
import type { ObeyParts, Obeyed, SettleOrder } from './obey.ts';
import type { Grant, GrantState } from './reward/grant.ts';
import type { LedgerOp, ReserveOp } from './reward/ledger-op.ts';
import { proposalIdOf, type RewardProposal, type RewardProposals } from './reward/proposal.ts';

/** A person's order, as the ledger knows it again. */
export type Word = Pick<Command, 'id' | 'issuedAtMs'>;

export interface CaseWork {
  readonly proposals: RewardProposals;
  /** Whether what was given is taken back without a person. */
  readonly automatic: boolean;
  /**
   * What the payment that earned a reward, voided or taken back, would earn now, under the reward's id, and what rests
   * on it after it; undefined when it, or the campaign, would not earn it any more. Waits while the record is away.
   * @param word the command: the ledger gives by it once.
   */
  readonly earnAnew: (
    proposal: RewardProposal,
    word: Word,
  ) => Promise<readonly ReserveOp[] | undefined>;
}

type Of<K extends Command['kind']> = Extract<Command, { readonly kind: K }>;

const answered = (commandId: string, accepted: boolean, message: string): Obeyed => ({
  answer: Promise.resolve({ commandId, accepted, message }),
});

function refuse(command: Command, settle: SettleOrder, message: string): Obeyed {
  void settle({});
  return answered(command.id, false, message);
}

/** A person asks for a review of a freeze; nothing changes but, by setting, how the account's events are met. */
export function appeal(
  { engine: { freezing } }: ObeyParts,
  command: Of<'appeal'>,
  settle: SettleOrder,
): Obeyed {
  const { accountId } = command;
  const freeze = freezing.get(accountId);
  if (freeze === undefined) return refuse(command, settle, `account ${accountId} is not frozen`);
  if (freezing.cases.appealOf(accountId) !== undefined) {
    return refuse(command, settle, `account ${accountId} has an open appeal already`);
  }
  const facts = { accountId, decisionId: freeze.decisionId, answers: freeze.actionId };
  void settle({ actions: [freezing.take(actionOf(command, 'appeal', facts))] });
  const meanwhile =
    freezing.settings.duringAppeal === 'review'
      ? 'its events go to review meanwhile'
      : 'the freeze stands meanwhile';
  return answered(command.id, true, `an appeal for account ${accountId} is open: ${meanwhile}`);
}

/**
 * The outcome of a review, also of one that an appeal asked for whose freeze has ended meanwhile: the freeze
 * goes on, or ends and what it kept back is looked at again.
 */
export function review(parts: ObeyParts, command: Of<'review'>, settle: SettleOrder): Obeyed {
  const { engine, recorder, rewardsOfLabel } = parts;
  const { freezing, watermarkMs } = engine;
  const { accountId, outcome, forMs, id, actor, reason, issuedAtMs } = command;
  const freeze = freezing.get(accountId);
  const appealed = freezing.cases.appealOf(accountId);
  const reviewed = freeze ?? appealed;
  if (reviewed === undefined) {
    const message = `account ${accountId} is not frozen and has no open appeal`;
    return refuse(command, settle, message);
  }
  const { decisionId } = reviewed;
  const answers = appealed?.id ?? freeze!.actionId;
  const confirmed = outcome === 'confirmed';
  const expiresAtMs = confirmed && forMs !== undefined ? watermarkMs + forMs : undefined;
  const facts = { accountId, decisionId, answers, expiresAtMs };
  const action = freezing.take(actionOf(command, confirmed ? 'uphold' : 'clear', facts));
  let ops: readonly LedgerOp[] = [];
  if (decisionId !== '') {
    const label = confirmed ? 'confirmed' : 'false_positive';
    const word: Label = { id, decisionId, label, actor, reason, labelledAtMs: issuedAtMs };
    recorder.addLabel(word);
    ops = rewardsOfLabel(word);
  }
  void settle({ ops, actions: [action] }).then((settled) => closeTaken(parts, command, settled));
  const message = confirmed
    ? `account ${accountId} ${freeze === undefined ? 'is frozen again' : 'stays frozen'}`
    : `account ${accountId} is cleared; what the freeze kept back is released or proposed`;
  return answered(id, true, message);
}

/** Turns something automatic off, or on again, from the next event on. */
export function turn(
  { engine: { freezing } }: ObeyParts,
  command: Of<'switch'>,
  settle: SettleOrder,
): Obeyed {
  const { id, name, to } = command;
  const facts = { accountId: '', detail: `${name} ${to}` };
  void settle({ actions: [freezing.take(actionOf(command, 'switch', facts))] });
  return answered(id, true, TURNED[`${name} ${to}`]);
}

const TURNED = {
  'freezing off':
    'no account is frozen automatically from the next event on: freezes become proposals',
  'freezing on': 'accounts are frozen automatically again from the next event on',
  'blocking off':
    'no event is blocked automatically from the next one on: blocks become reviews, automatic freezes too',
  'blocking on': 'events are blocked automatically again from the next one on',
} as const;

/** A person's word on a proposal of the policy: to freeze an account, or on a reward. */
export async function judgeProposal(
  parts: ObeyParts,
  command: Of<'proposal'>,
  settle: SettleOrder,
): Promise<Obeyed> {
  const { proposalId, word } = command;
  const { engine, caseWork } = parts;
  const found = engine.freezing.cases.find(proposalId);
  if (found?.kind === 'freeze') return judgeFreeze(parts, found.opened, command, settle);
  const proposal = caseWork.proposals.get(proposalId);
  if (proposal === undefined) {
    const before = caseWork.proposals.stateOf(proposalId);
    const why = before === undefined ? 'there is no' : `it was ${before} before: no open`;
    return refuse(command, settle, `${why} proposal ${proposalId}`);
  }
  if (word === 'dismiss') {
    step(parts, proposal, command, 'dismissed');
    void settle({});
    return answered(command.id, true, `proposal ${proposalId} is dismissed`);
  }
  if (proposal.kind === 'clawback') {
    step(parts, proposal, command, 'approved');
    const ops = [clawbackOf(proposal.grantId, command)];
    return { answer: outcomeOf(command, proposal, settle({ ops })) };
  }
  return await makeGood(parts, proposal, command, settle);
}

async function makeGood(
  parts: ObeyParts,
  proposal: RewardProposal,
  command: Of<'proposal'>,
  settle: SettleOrder,
): Promise<Obeyed> {
  const { caseWork } = parts;
  const { id: proposalId } = proposal;
  const ops = await caseWork.earnAnew(proposal, command);
  if (ops === undefined) {
    return refuse(
      command,
      settle,
      `proposal ${proposalId}: its payment, or the campaign, does not earn reward ${proposal.grantId} any more; it stays open until it is dismissed`,
    );
  }
  const [own, ...resting] = ops;
  const [base] = openFor(caseWork.proposals, own?.needs ?? []);
  if (base !== undefined) {
    return refuse(
      command,
      settle,
      `proposal ${proposalId}: reward ${proposal.grantId} rests on reward ${base.grantId}, and comes with it: approve ${base.id}; it stays open`,
    );
  }
  const ids = resting.map(({ grantId }) => grantId);
  for (const each of [proposal, ...openFor(caseWork.proposals, ids)]) {
    step(parts, each, command, 'approved');
  }
  return { answer: outcomeOf(command, proposal, settle({ ops })) };
}

function judgeFreeze(
  { engine: { freezing, watermarkMs } }: ObeyParts,
  { id: answers, accountId, decisionId }: AccountAction,
  command: Of<'proposal'>,
  settle: SettleOrder,
): Obeyed {
  const approved = command.word === 'approve';
  const { expiresAfterMs } = freezing.settings;
  const expiresAtMs =
    approved && expiresAfterMs !== undefined ? watermarkMs + expiresAfterMs : undefined;
  const facts = { accountId, decisionId, answers, expiresAtMs };
  const action = freezing.take(actionOf(command, approved ? 'freeze' : 'dismiss', facts));
  void settle({ actions: [action] });
  const done = approved ? 'is frozen from its next event on' : 'is not frozen';
  return answered(command.id, true, `account ${accountId} ${done}`);
}

/** All of it that has not gone back yet; what waits is voided. */
export function clawbackOf(grantId: string, { id, issuedAtMs }: Command): LedgerOp {
  const said = { to: 'voided', reason: 'late_truth', occurredAtMs: issuedAtMs } as const;
  return { kind: 'settle', id: `late_${id}_${grantId}`, grantId, ...said };
}

const GONE: ReadonlySet<GrantState> = new Set(['voided', 'clawed_back', 'forfeited']);

/** What a person's word on a decision took back by itself needs no second one: its proposals are over. */
export function closeTaken(
  parts: Pick<ObeyParts, 'recorder' | 'caseWork'>,
  command: Command,
  settled: readonly (readonly Grant[])[],
): void {
  const { proposals } = parts.caseWork;
  for (const { id, state } of settled.flat()) {
    const open = GONE.has(state) ? proposals.get(proposalIdOf('clawback', id)) : undefined;
    if (open !== undefined) step(parts, open, command, 'done');
  }
}

function step(
  { recorder, caseWork: { proposals } }: Pick<ObeyParts, 'recorder' | 'caseWork'>,
  proposal: RewardProposal,
  { id: actionId, actor, reason, issuedAtMs: occurredAtMs }: Command,
  state: 'approved' | 'dismissed' | 'done',
): void {
  const next: RewardProposal = { ...proposal, actionId, state, actor, reason, occurredAtMs };
  proposals.apply(next);
  recorder.addRewardProposal(next);
}

async function outcomeOf(
  { id: commandId }: Command,
  { id, grantId }: RewardProposal,
  settled: Promise<readonly (readonly Grant[])[]>,
): Promise<CommandResult> {
  // What is given in place of what was taken back has an id of its own.
  const [grant] = (await settled).flat();
  const message =
    grant === undefined
      ? `proposal ${id} is approved; there is no reward ${grantId}`
      : `proposal ${id} is approved: reward ${grant.id} is ${grant.state} (${grant.reason})`;
  return { commandId, accepted: true, message };
}
