/**
 * What came to be known later, as an order of the worker to itself: what still waits is kept waiting or given up,
 * and what was given is proposed to be taken back. Nothing goes back without a person unless the setting says so.
 */

import type { Command } from '../decide/account-action.ts';
import type { Cause, CausedGrant } from '../decide/cause.ts';
import { clawbackOf, closeGone, type CaseWork } from './case-work.ts';
import type { ObeyParts, Obeyed, SettleOrder } from './obey.ts';
import type { LedgerOp, SettleOp } from '../reward/ledger-op.ts';
import {
  proposalIdOf,
  proposalOf,
  type ProposalKind,
  type ProposalState,
} from '../reward/proposal.ts';

type Rescore = Extract<Command, { readonly kind: 'rescore' }>;

interface Step {
  readonly kind: ProposalKind;
  readonly state: ProposalState;
  readonly reason: string;
  readonly op?: LedgerOp;
}

export function rescore(parts: ObeyParts, command: Rescore, settle: SettleOrder): Obeyed {
  const { caseWork, recorder, metrics, config } = parts;
  const { id: actionId, cause, grants, actor, issuedAtMs: occurredAtMs } = command;
  const { proposals } = caseWork;
  const ops: LedgerOp[] = [];
  if (cause.trial !== undefined && !config.isJudging(cause.trial)) {
    void settle({});
    const message = `${cause.id}: the trial that it came from was taken back`;
    return { answer: Promise.resolve({ commandId: actionId, accepted: false, message }) };
  }
  let steps = 0;
  for (const grant of grants) {
    const about = { ...command, cause: causeOf(cause, grant) };
    const step = stepOf(caseWork, about, grant);
    if (!proposals.isNews(step.kind, grant.grantId, cause)) continue;
    // One that takes the place of an open one, which a trial proposed, needs no room.
    const isOpen = proposals.get(proposalIdOf(step.kind, grant.grantId)) !== undefined;
    if (step.state === 'open' && proposals.isFull && !isOpen) {
      metrics.rescored.inc({ cause: cause.kind, outcome: 'no_room' });
      continue;
    }
    const { kind, state, reason } = step;
    const taken = { actionId, kind, state, actor, reason, occurredAtMs };
    const proposal = proposalOf(taken, about.cause, grant);
    proposals.apply(proposal);
    recorder.addRewardProposal(proposal);
    metrics.rescored.inc({ cause: cause.kind, outcome: `${kind}_${state}` });
    if (step.op !== undefined) ops.push(step.op);
    steps++;
  }
  void settle({ ops }).then((settled) => closeGone(parts, command, settled));
  const message = `${cause.id}: ${steps} of ${grants.length} rewards were news`;
  return { answer: Promise.resolve({ commandId: actionId, accepted: true, message }) };
}

/** The one decision that speaks against the reward, where the cause is about several. */
function causeOf(cause: Cause, { because }: CausedGrant): Cause {
  if (because === undefined) return cause;
  const { decisionId, evidence } = because;
  return { ...cause, id: `${cause.id}_${decisionId}`, decisionId, evidence };
}

function stepOf({ automatic }: CaseWork, command: Rescore, grant: CausedGrant): Step {
  const { cause } = command;
  const { grantId, standing } = grant;
  const why = `${cause.kind}: ${cause.evidence}`;
  if (cause.kind === 'cleared') {
    return standing === 'held'
      ? step('hold', 'done', `released: ${why}`, settleOf(command, grantId, 'posted', 'released'))
      : step('compensation', 'open', why);
  }
  // What a trial would keep waiting would wait on when the trial is taken back: it only proposes.
  if (standing !== 'held' || cause.trial !== undefined) {
    // A review is a question, and a trial may be taken back: nobody loses a reward by them without a person.
    return automatic && cause.kind !== 'late_review' && cause.trial === undefined
      ? step('clawback', 'done', why, clawbackOf(grantId, command))
      : step('clawback', 'open', why);
  }
  // Only what still waits is given up here: these words leave what was given meanwhile as it is.
  return cause.byPerson
    ? step(
        'hold',
        'done',
        `given up: ${why}`,
        settleOf(command, grantId, 'voided', 'review_rejected'),
      )
    : step('hold', 'done', `kept: ${why}`, settleOf(command, grantId, 'held', 'held_for_review'));
}

function step(kind: ProposalKind, state: ProposalState, reason: string, op?: LedgerOp): Step {
  return op === undefined ? { kind, state, reason } : { kind, state, reason, op };
}

function settleOf(
  { id, issuedAtMs }: Rescore,
  grantId: string,
  to: SettleOp['to'],
  reason: SettleOp['reason'],
): SettleOp {
  return {
    kind: 'settle',
    id: `late_${id}_${grantId}`,
    grantId,
    to,
    reason,
    occurredAtMs: issuedAtMs,
  };
}
