/** What an order does: to the frozen accounts, to the labels, to the campaigns, and to the rewards that waited. */

import type { AccountAction, Command, CommandResult, Label } from './decide/account-action.ts';
import { decisionIdOf, eventIdOf } from './decide/decision.ts';
import type { Engine } from './decide/engine.ts';
import type { History } from './record/history.ts';
import type { Recorder } from './record/recorder.ts';
import type { Grant } from './reward/grant.ts';
import type { LedgerOp } from './reward/ledger-op.ts';
import type { LiveCampaigns } from './reward/live-campaigns.ts';

export interface ObeyParts {
  readonly engine: Engine;
  readonly history: Pick<History, 'storedDecision'>;
  readonly recorder: Recorder;
  readonly campaigns: Pick<LiveCampaigns, 'change' | 'lowers'>;
  /** What is posted and reserved on each of these accounts; undefined while the ledger is away. */
  readonly spentOn: (
    accounts: readonly string[],
  ) => Promise<ReadonlyMap<string, number> | undefined>;
  readonly rewardsOfLabel: (label: Label) => readonly LedgerOp[];
}

/**
 * Queues what follows from an order, behind everything decided before it. Resolves with the grants that each
 * operation touched once they have taken effect.
 */
export type SettleOrder = (follows: {
  readonly ops?: readonly LedgerOp[];
  readonly actions?: readonly AccountAction[];
}) => Promise<readonly (readonly Grant[])[]>;

/** An order that was obeyed; its answer may wait for the ledger, which the path does not. */
export interface Obeyed {
  readonly answer: Promise<CommandResult>;
}

type Of<K extends Command['kind']> = Extract<Command, { readonly kind: K }>;

const NOTHING_SPENT: ReadonlyMap<string, number> = new Map();

/** Obeys between two batches; every order settles, also one that changes nothing, so that it is not read again. */
export async function obey(
  parts: ObeyParts,
  command: Command,
  settle: SettleOrder,
): Promise<Obeyed> {
  switch (command.kind) {
    case 'label':
      return answered(await label(parts, command, settle));
    case 'approve':
    case 'reject':
      return { answer: judge(parts, command, settle) };
    case 'campaign':
      return answered(await adjust(parts, command, settle));
    default:
      return answered(freeze(parts, command, settle));
  }
}

function answered(result: CommandResult): Obeyed {
  return { answer: Promise.resolve(result) };
}

function freeze(
  { engine: { freezing } }: ObeyParts,
  command: Of<'freeze' | 'unfreeze'>,
  settle: SettleOrder,
): CommandResult {
  const { accountId, kind } = command;
  const already = (freezing.get(accountId) !== undefined) === (kind === 'freeze');
  void settle({ actions: [freezing.onCommand(command)] });
  const done = kind === 'freeze' ? 'frozen' : 'not frozen';
  const message = already
    ? `account ${accountId} was ${done} already; your word is kept`
    : `account ${accountId} is ${done} from its next event on`;
  return { commandId: command.id, accepted: true, message };
}

async function label(
  { history, recorder, rewardsOfLabel }: ObeyParts,
  command: Of<'label'>,
  settle: SettleOrder,
): Promise<CommandResult> {
  const { id: commandId, actor, reason, issuedAtMs } = command;
  // The event's own id is taken for its decision's: people copy both.
  const eventId = eventIdOf(command.decisionId);
  const decisionId = decisionIdOf(eventId);
  const stored = await history.storedDecision(eventId);
  if (stored === undefined) {
    void settle({});
    return { commandId, accepted: false, message: `there is no decision ${decisionId}` };
  }
  const word: Label = {
    id: commandId,
    decisionId,
    label: command.label,
    actor,
    reason,
    labelledAtMs: issuedAtMs,
  };
  recorder.addLabel(word);
  void settle({ ops: rewardsOfLabel(word) });
  const { verdict } = stored.decision;
  const message = `decision ${decisionId} (${verdict}) is labelled ${command.label}`;
  return { commandId, accepted: true, message, verdict };
}

/** A reward that waits for a person: approved it is posted, rejected every leg of it returns. */
async function judge(
  { recorder }: ObeyParts,
  command: Of<'approve' | 'reject'>,
  settle: SettleOrder,
): Promise<CommandResult> {
  const { id: commandId, grantId, kind, actor, reason: why, issuedAtMs } = command;
  // Whose word it was is on record before it takes effect, also when it comes to nothing.
  const change = { campaignId: '', kind, grantId } as const;
  recorder.addCampaignAction({ id: commandId, change, actor, reason: why, issuedAtMs });
  const [to, reason] =
    kind === 'approve'
      ? (['posted', 'approved'] as const)
      : (['voided', 'review_rejected'] as const);
  const [grants = []] = await settle({
    ops: [
      { kind: 'settle', id: `${kind}_${commandId}`, grantId, to, reason, occurredAtMs: issuedAtMs },
    ],
  });
  const grant = grants.find(({ id }) => id === grantId);
  if (grant === undefined) {
    return { commandId, accepted: false, message: `there is no reward ${grantId}` };
  }
  const accepted = grant.reason === reason;
  const message = accepted
    ? `reward ${grantId} is ${grant.state}`
    : `reward ${grantId} does not wait for a review: it is ${grant.state} (${grant.reason})`;
  return { commandId, accepted, message };
}

async function adjust(
  { campaigns, recorder, spentOn }: ObeyParts,
  command: Of<'campaign'>,
  settle: SettleOrder,
): Promise<CommandResult> {
  const { id, change, actor, reason, issuedAtMs } = command;
  const action = { id, change, actor, reason, issuedAtMs };
  const lowered = campaigns.lowers(change);
  const spent = lowered.length === 0 ? NOTHING_SPENT : await spentOn(lowered);
  const problem =
    spent === undefined
      ? 'the reward ledger is away, and only it knows what is left to give: try again'
      : campaigns.change(action, spent);
  if (problem === undefined) recorder.addCampaignAction(action);
  void settle({});
  if (problem !== undefined) return { commandId: id, accepted: false, message: problem };
  const message = `campaign ${change.campaignId}: ${change.kind} is in force from the next event on`;
  return { commandId: id, accepted: true, message };
}
