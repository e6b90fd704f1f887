/** What an analyst's order does: to the frozen accounts, to the labels, and to the rewards that waited. */

import type { AccountAction, Command, CommandResult, Label } from './decide/account-action.ts';
import { decisionIdOf, eventIdOf } from './decide/decision.ts';
import type { Engine } from './decide/engine.ts';
import type { History } from './record/history.ts';
import type { Recorder } from './record/recorder.ts';
import type { LedgerOp } from './reward/ledger-op.ts';

export interface ObeyParts {
  readonly engine: Engine;
  readonly history: Pick<History, 'storedDecision'>;
  readonly recorder: Recorder;
  readonly rewardsOfLabel: (label: Label) => readonly LedgerOp[];
}

/** Queues what follows from an order, behind everything decided before it. */
export type SettleOrder = (follows: {
  readonly ops?: readonly LedgerOp[];
  readonly actions?: readonly AccountAction[];
}) => void;

/** Obeys between two batches; every order settles, also one that changes nothing, so that it is not read again. */
export async function obey(
  parts: ObeyParts,
  command: Command,
  settle: SettleOrder,
): Promise<CommandResult> {
  if (command.kind === 'label') return await label(parts, command, settle);
  const { accountId, kind } = command;
  const { freezing } = parts.engine;
  const already = (freezing.get(accountId) !== undefined) === (kind === 'freeze');
  settle({ actions: [freezing.onCommand(command)] });
  const done = kind === 'freeze' ? 'frozen' : 'not frozen';
  const message = already
    ? `account ${accountId} was ${done} already; your word is kept`
    : `account ${accountId} is ${done} from its next event on`;
  return { commandId: command.id, accepted: true, message };
}

async function label(
  { history, recorder, rewardsOfLabel }: ObeyParts,
  command: Extract<Command, { kind: 'label' }>,
  settle: SettleOrder,
): Promise<CommandResult> {
  const { id: commandId, actor, reason, issuedAtMs } = command;
  // The event's own id is taken for its decision's: people copy both.
  const eventId = eventIdOf(command.decisionId);
  const decisionId = decisionIdOf(eventId);
  const stored = await history.storedDecision(eventId);
  if (stored === undefined) {
    settle({});
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
  settle({ ops: rewardsOfLabel(word) });
  const { verdict } = stored.decision;
  const message = `decision ${decisionId} (${verdict}) is labelled ${command.label}`;
  return { commandId, accepted: true, message, verdict };
}
