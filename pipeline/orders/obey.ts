/** What an order does: to the frozen accounts, to the labels, to the campaigns, and to the rewards that waited. */

import type { Clock } from '../clock.ts';
import type { AccountAction, Command, CommandResult, Label } from '../decide/account-action.ts';
import { appeal, closeGone, judgeProposal, review, turn, type CaseWork } from './case-work.ts';
import { changeInWords } from './change-in-words.ts';
import { causesOfLabel, causesOfLabels, type Cause } from '../decide/cause.ts';
import { decisionIdOf, eventIdOf } from '../decide/decision.ts';
import type { Engine } from '../decide/engine.ts';
import type { KeyOf } from '../decide/live-lists.ts';
import { confirmedOrder, underControl } from './dual-control.ts';
import type { LiveConfig } from '../reload/live-config.ts';
import { obeyExclusion } from './obey-exclusion.ts';
import { judgedReward } from './judged-reward.ts';
import { labelledEvents, readLabels } from './obey-labels.ts';
import { obeyList } from './obey-list.ts';
import { rescore } from './obey-rescore.ts';
import type { History } from '../record/history.ts';
import type { LabelStanding } from '../record/label-history.ts';
import type { Recorder } from '../record/recorder.ts';
import type { CompiledCampaigns } from '../reward/campaign.ts';
import type { Grant } from '../reward/grant.ts';
import type { LedgerOp } from '../reward/ledger-op.ts';
import type { LiveCampaigns } from '../reward/live-campaigns.ts';
import type { Metrics } from '../telemetry.ts';

export interface ObeyParts {
  readonly engine: Engine;
  readonly history: Pick<History, 'storedDecision' | 'labelStanding' | 'knowsAccount'>;
  readonly recorder: Recorder;
  readonly campaigns: Pick<LiveCampaigns, 'change' | 'lowers' | 'named'> & {
    readonly compiled: Pick<CompiledCampaigns, 'accounts'>;
  };
  /** What is posted and reserved on each of these accounts; undefined while the ledger is away. */
  readonly spentOn: (
    accounts: readonly string[],
  ) => Promise<ReadonlyMap<string, number> | undefined>;
  readonly config: Pick<
    LiveConfig,
    'active' | 'order' | 'ended' | 'subject' | 'isJudging' | 'onTrial' | 'takeDisowned'
  >;
  readonly caseWork: CaseWork;
  readonly metrics: Pick<Metrics, 'rescored'>;
  /** Runs something short between two batches; rows that it adds are on record by themselves. */
  readonly change: (work: () => void) => Promise<void>;
  readonly clock: Clock;
  /** `toldAtMs`: when it was told, if that is another time than the label's. */
  readonly rewardsOfLabel: (label: Label, toldAtMs?: number) => readonly LedgerOp[];
  /** Gives texts the keys that events have. */
  readonly keys: KeyOf;
}

/**
 * Queues what follows from an order, behind everything decided before it. Resolves with the grants that each
 * operation touched once they have taken effect.
 */
export type SettleOrder = (follows: {
  readonly ops?: readonly LedgerOp[];
  readonly actions?: readonly AccountAction[];
  readonly causes?: readonly Cause[];
}) => Promise<readonly (readonly Grant[])[]>;

/** An order that was obeyed; its answer may wait for the ledger, which the path does not. */
export interface Obeyed {
  readonly answer: Promise<CommandResult>;
}

type Of<K extends Command['kind']> = Extract<Command, { readonly kind: K }>;

const NOTHING_SPENT: ReadonlyMap<string, number> = new Map();

const NO_LABELS: LabelStanding = { decided: new Set(), known: new Set() };

/** What an order needs to know of the record; asked for beforehand, because the path does not wait for it. */
export async function prepare(
  { engine, recorder, history }: Pick<ObeyParts, 'engine' | 'recorder' | 'history'>,
  given: Command,
): Promise<LabelStanding | undefined> {
  const command = confirmedOrder(engine.freezing, given) ?? given;
  if (command.kind === 'list') await recorder.room();
  if (command.kind !== 'labels') return undefined;
  // The labels of the order before this one must be seen, and room be made for these.
  await recorder.flush();
  return await history.labelStanding(labelledEvents(command));
}

/** Obeys between two batches; every order settles, also one that changes nothing, so that it is not read again. */
export async function obey(
  parts: ObeyParts,
  command: Command,
  settle: SettleOrder,
  standing?: LabelStanding,
): Promise<Obeyed> {
  return await underControl(parts, command, settle, (order, settleIt) =>
    execute(parts, order, settleIt, standing),
  );
}

async function execute(
  parts: ObeyParts,
  command: Command,
  settle: SettleOrder,
  standing?: LabelStanding,
): Promise<Obeyed> {
  switch (command.kind) {
    case 'proposal':
      return await judgeProposal(parts, command, settle);
    case 'appeal':
      return appeal(parts, command, settle);
    case 'review':
      return review(parts, command, settle);
    case 'switch':
      return turn(parts, command, settle);
    case 'rescore':
      return rescore(parts, command, settle);
    case 'label':
      return answered(await label(parts, command, settle));
    case 'approve':
    case 'reject':
      return { answer: judge(parts, command, settle) };
    case 'config': {
      const result = parts.config.order(command);
      void settle({ actions: parts.engine.dismissals() });
      return answered(result);
    }
    case 'exclusion': {
      const result = obeyExclusion(parts, command);
      void settle({});
      return answered(result);
    }
    case 'list':
      return answered(list(parts, command, settle));
    case 'labels':
      return answered(labels(parts, command, settle, standing ?? NO_LABELS));
    case 'campaign':
      return answered(await adjust(parts, command, settle));
    default:
      return freeze(parts, command, settle);
  }
}

function answered(result: CommandResult): Obeyed {
  return { answer: Promise.resolve(result) };
}

function list(
  parts: ObeyParts,
  { id, actor, reason, issuedAtMs, order }: Of<'list'>,
  settle: SettleOrder,
): CommandResult {
  const result = obeyList(parts, { id, actor, reason, issuedAtMs, order });
  void settle({});
  return result;
}

function labels(
  parts: ObeyParts,
  command: Of<'labels'>,
  settle: SettleOrder,
  standing: LabelStanding,
): CommandResult {
  const { engine, recorder, rewardsOfLabel } = parts;
  const { words, result } = readLabels(command, standing);
  for (const word of words) recorder.addLabel(word);
  const causes = causesOfLabels(command.id, words, engine.watermarkMs);
  const ops = words.flatMap((word) => rewardsOfLabel(word, command.issuedAtMs));
  void settle({ ops, causes }).then((settled) => closeGone(parts, command, settled));
  return result;
}

function freeze(parts: ObeyParts, command: Of<'freeze' | 'unfreeze'>, settle: SettleOrder): Obeyed {
  const {
    engine: { freezing },
    recorder,
  } = parts;
  const { accountId, kind } = command;
  if (kind === 'unfreeze' && freezing.cases.appealOf(accountId) !== undefined) {
    void settle({});
    const message = `account ${accountId} has an open appeal: \`review ${accountId} cleared\` accepts it and makes good what the freeze kept back, \`review ${accountId} confirmed\` rejects it`;
    return answered({ commandId: command.id, accepted: false, message });
  }
  const already = (freezing.get(accountId) !== undefined) === (kind === 'freeze');
  void settle({ actions: [freezing.onCommand(command)] });
  const done = kind === 'freeze' ? 'frozen' : 'not frozen';
  const message = already
    ? `account ${accountId} was ${done}${kind === 'freeze' ? ' already' : ''}; your word is kept`
    : `account ${accountId} is ${done} from its next event on`;
  const told = { commandId: command.id, accepted: true, message };
  if (kind === 'unfreeze' || recorder.obstacle !== undefined) return answered(told);
  // It stands already: only the answer waits. A bank may freeze beforehand, and may have mistyped.
  const answer = isUnknown(parts, accountId).then((unknown) =>
    unknown ? { ...told, message: `${message}${UNKNOWN}` } : told,
  );
  return { answer };
}

/** Whether the record has no event of the account; false too when it does not say so in time. */
async function isUnknown(
  { recorder, history, clock }: ObeyParts,
  accountId: string,
): Promise<boolean> {
  const ask = (): Promise<boolean | undefined> => history.knowsAccount(accountId);
  // Written only where it makes a difference: the orders behind this one wait meanwhile.
  const asked = ask().then((known) => (known === false ? recorder.flush().then(ask) : known));
  const done = new AbortController();
  const late = clock.sleep(TOLD_WITHIN_MS, done.signal).then(() => undefined);
  const known = await Promise.race([asked, late]).finally(() => done.abort());
  return known === false;
}

/** Less than a command line waits for its answer. */
const TOLD_WITHIN_MS = 2000;
const UNKNOWN = '; no event of it is on record yet: check its id';

async function label(
  parts: ObeyParts,
  command: Of<'label'>,
  settle: SettleOrder,
): Promise<CommandResult> {
  const { engine, history, recorder, rewardsOfLabel } = parts;
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
  const causes = causesOfLabel(word, engine.watermarkMs);
  void settle({ ops: rewardsOfLabel(word), causes }).then((settled) =>
    closeGone(parts, command, settled),
  );
  const { verdict } = stored.decision;
  const message = `decision ${decisionId} (${verdict}) is labelled ${command.label}`;
  return { commandId, accepted: true, message, verdict };
}

/** A reward that waits for a person: approved it is posted, rejected every leg of it returns. */
async function judge(
  parts: ObeyParts,
  command: Of<'approve' | 'reject'>,
  settle: SettleOrder,
): Promise<CommandResult> {
  const { id: commandId, grantId, kind, actor, reason: why, issuedAtMs } = command;
  // Whose word it was is on record before it takes effect, also when it comes to nothing.
  const change = { campaignId: '', kind, grantId } as const;
  parts.recorder.addCampaignAction({ id: commandId, change, actor, reason: why, issuedAtMs });
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
  const result = judgedReward(command, grant, reason);
  if (result.accepted) await closeGone(parts, command, [grants]);
  return result;
}

async function adjust(
  { campaigns, recorder, spentOn }: ObeyParts,
  command: Of<'campaign'>,
  settle: SettleOrder,
): Promise<CommandResult> {
  const { id, actor, reason, issuedAtMs } = command;
  const change = campaigns.named(command.change);
  const action = { id, change, actor, reason, issuedAtMs };
  const before = campaigns.compiled.accounts;
  const lowered = campaigns.lowers(change);
  const spent = lowered.length === 0 ? NOTHING_SPENT : await spentOn(lowered);
  const problem =
    spent === undefined
      ? 'the reward ledger is away, and only it knows what is left to give: try again'
      : campaigns.change(action, spent);
  if (problem === undefined) recorder.addCampaignAction(action);
  void settle({});
  if (problem !== undefined) return { commandId: id, accepted: false, message: problem };
  const message = changeInWords(change, before, campaigns.compiled.accounts);
  return { commandId: id, accepted: true, message };
}
