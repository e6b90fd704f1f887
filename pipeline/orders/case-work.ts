/** What people decide about cases: proposals, appeals and their reviews, and the switches. */

import type { Command, CommandResult, Label } from '../decide/account-action.ts';
import { actionOf } from '../decide/freezing.ts';
import type { AccountAction } from '../decide/account-action.ts';
import { askedToo, openCompensations } from './earned-anew.ts';
import type { ObeyParts, Obeyed, SettleOrder } from './obey.ts';
import { earnedIdOf } from '../reward/grant-id.ts';
import type { Grant } from '../reward/grant.ts';
import type { LedgerOp, ReserveOp } from '../reward/ledger-op.ts';
import { proposalIdOf, type RewardProposal, type RewardProposals } from '../reward/proposal.ts';

/** A person's order, as the ledger knows it again. */
export type Word = Pick<Command, 'id' | 'issuedAtMs'>;

export interface CaseWork {
  readonly proposals: RewardProposals;
  /** Whether what was given is taken back without a person. */
  readonly automatic: boolean;
  /**
   * What the payment that earned a reward, voided or taken back, would earn now, under the reward's id, and what rests
   * on it after it, to be given along; undefined when it, or the campaign, would not earn it any more. Waits while the
   * record is away.
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
  void settle({ ops, actions: [action] }).then((settled) => closeGone(parts, command, settled));
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
    const settled = settle({ ops: [clawbackOf(proposal.grantId, command)] });
    void settled.then((grants) => closeGone(parts, command, grants));
    return { answer: outcomeOf(command, proposal, settled) };
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
  const [base] = openCompensations(caseWork.proposals, own?.needs ?? []);
  if (base !== undefined) {
    return refuse(
      command,
      settle,
      `proposal ${proposalId}: reward ${proposal.grantId} rests on reward ${base.grantId}, and comes with it: approve ${base.id}; it stays open`,
    );
  }
  step(parts, proposal, command, 'approved');
  const openToo = openCompensations(
    caseWork.proposals,
    resting.map(({ grantId }) => grantId),
  );
  const proposed = new Set(openToo.map(({ grantId }) => earnedIdOf(grantId)));
  const along = resting.map((op) => (proposed.has(op.grantId) ? askedToo(op) : op));
  const settled = settle({ ops: [own!, ...along] });
  void settled.then(([, ...answers]) => {
    // What did not go along, or was turned down, is still to be decided.
    const came = along.filter((_, index) =>
      answers[index]?.some(({ state }) => state !== 'rejected'),
    );
    const given = new Set(came.map(({ grantId }) => grantId));
    const over = openToo.filter(({ grantId }) => given.has(earnedIdOf(grantId)));
    return close(parts, command, over, 'approved');
  });
  return { answer: outcomeOf(command, proposal, settled) };
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

type CloseParts = Pick<ObeyParts, 'recorder' | 'caseWork' | 'change'>;

/** Whether nothing gives it any more but a proposal: an answer or a payment that was in time may come late. */
function isGone({ state, reason }: Grant): boolean {
  return state === 'clawed_back' || (state === 'voided' && reason !== 'authorisation_expired');
}

/** What is gone for good after an order needs no word to take it back: the proposals to do so are over. */
export async function closeGone(
  parts: CloseParts,
  command: Command,
  settled: readonly (readonly Grant[])[],
): Promise<void> {
  const { proposals } = parts.caseWork;
  const gone = settled.flat().filter(isGone);
  const open = gone.map(({ id }) => proposals.get(proposalIdOf('clawback', id)));
  await close(
    parts,
    command,
    open.filter((each) => each !== undefined),
    'done',
  );
}

/** What became known only from the ledger is on record in a batch of its own: the order's has ended. */
async function close(
  parts: CloseParts,
  command: Command,
  open: readonly RewardProposal[],
  state: 'approved' | 'done',
): Promise<void> {
  if (open.length === 0) return;
  await parts.change(() => {
    for (const each of new Set(open)) {
      // Unless somebody has judged it meanwhile.
      if (parts.caseWork.proposals.get(each.id) === each) step(parts, each, command, state);
    }
  });
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
