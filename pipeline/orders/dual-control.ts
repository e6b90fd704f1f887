/**
 * Two persons for what hurts or pays: an order of one takes effect when another, different one confirms it. The
 * order itself waits as a row; it lapses when nobody came, which the next order of anybody finds out.
 */

import type { AccountAction, Command } from '../decide/account-action.ts';
import type { LiveConfig } from '../reload/live-config.ts';
import type { ObeyParts, Obeyed, SettleOrder } from './obey.ts';
import { actionOf, type DualControl, type FreezeState } from '../decide/freezing.ts';
import { orderName, type OrderName } from './order-name.ts';

/**
 * From which mode on an order wants a second person. Asking never does, nor what stops something at once and can
 * be taken back: a switch, a campaign's pause, and the withdrawal of an order that waits.
 */
const SECOND_PERSON: Readonly<Record<OrderName, Exclude<DualControl, 'none'> | 'never'>> = {
  freeze: 'manual',
  unfreeze: 'manual',
  appeal: 'never',
  'review confirmed': 'all',
  'review cleared': 'all',
  'proposal approve': 'all',
  'proposal dismiss': 'all',
  approve: 'all',
  reject: 'all',
  'label confirmed': 'all',
  'label false_positive': 'all',
  labels: 'all',
  'list add': 'all',
  'list remove': 'all',
  'exclusion add': 'all',
  'exclusion remove': 'all',
  'exclusion dismiss': 'all',
  'config promoted': 'all',
  'config rolled_back': 'all',
  'campaign pause': 'never',
  'campaign restrict_instrument': 'never',
  'campaign resume': 'all',
  'campaign close': 'all',
  'campaign allow_instrument': 'all',
  'campaign add_quota': 'all',
  'campaign add_budget': 'all',
  'campaign merchant_list': 'all',
  'switch freezing off': 'never',
  'switch freezing on': 'never',
  'switch blocking off': 'never',
  'switch blocking on': 'never',
  // The worker's own.
  rescore: 'never',
};

/** Characters of the orders that wait, together: a list's part of an import is large. */
export const MAX_WAITING_CHARACTERS = 64_000_000;

export function wantsSecond(command: Command, mode: DualControl): boolean {
  const from = SECOND_PERSON[orderName(command)];
  return from !== 'never' && (mode === 'all' || mode === from);
}

/** The order that a command lets happen when it is a second person's word on one that waits. */
export function confirmedOrder(freezing: FreezeState, command: Command): Command | undefined {
  if (command.kind !== 'proposal' || command.word !== 'approve') return undefined;
  const waiting = freezing.cases.find(command.proposalId);
  return waiting?.kind === 'order' ? orderOf(waiting.opened) : undefined;
}

/** The order that waits. */
export function orderOf({ detail = '{}' }: AccountAction): Command {
  return JSON.parse(detail) as Command;
}

export interface ControlParts {
  readonly engine: Pick<ObeyParts['engine'], 'freezing'>;
  readonly config: Pick<LiveConfig, 'subject'>;
}

/**
 * Holds an order that wants a second person, lets one happen that has found it, and ends those whose time is
 * over; any other order passes.
 */
export async function underControl(
  { engine: { freezing }, config }: ControlParts,
  command: Command,
  settle: SettleOrder,
  execute: (command: Command, settle: SettleOrder) => Promise<Obeyed>,
): Promise<Obeyed> {
  const actions: AccountAction[] = freezing.lapse(command.issuedAtMs);
  const withThese: SettleOrder = (follows) =>
    settle({ ...follows, actions: [...actions.splice(0), ...(follows.actions ?? [])] });
  const answered = (accepted: boolean, message: string, waitsAs?: string): Obeyed => {
    void withThese({});
    const result = { commandId: command.id, accepted, message };
    return { answer: Promise.resolve(waitsAs === undefined ? result : { ...result, waitsAs }) };
  };
  const waiting = command.kind === 'proposal' ? freezing.cases.find(command.proposalId) : undefined;
  if (command.kind === 'proposal' && waiting?.kind === 'order') {
    const word = secondWord(freezing, waiting.opened, command);
    if (word.kind === 'refused') return answered(false, word.message);
    actions.push(word.action);
    if (word.kind === 'withdrawn') return answered(true, `order ${waiting.opened.id} is withdrawn`);
    return await execute(word.command, withThese);
  }
  if (!wantsSecond(command, freezing.settings.dualControl ?? 'none')) {
    return await execute(command, withThese);
  }
  // What is on trial may be another one by the time the second person comes.
  const meant = command.kind === 'config' ? { ...command, version: config.subject } : command;
  const text = JSON.stringify(meant);
  const { open, waitingCharacters } = freezing.cases;
  if (waitingCharacters + text.length > MAX_WAITING_CHARACTERS) {
    const message = `${open.order} orders wait already, and no more fit: approve or dismiss some first`;
    return answered(false, message);
  }
  const request = freezing.request(command, text);
  actions.push(request);
  const { actor } = command;
  return answered(
    true,
    `waits for a second person: \`proposals approve ${request.id}\` by anybody but ${actor}`,
    request.id,
  );
}

/** Nobody becomes a second person by writing the own name otherwise. */
function personOf(actor: string): string {
  return actor.normalize('NFKC').trim().replace(/\s+/g, ' ').toLowerCase();
}

/** What a second person's word makes of an order that waited. */
export type SecondWord =
  | { readonly kind: 'confirmed'; readonly action: AccountAction; readonly command: Command }
  | { readonly kind: 'withdrawn'; readonly action: AccountAction }
  | { readonly kind: 'refused'; readonly message: string };

/** @param request the order that waits. */
export function secondWord(
  freezing: FreezeState,
  request: AccountAction,
  command: Extract<Command, { kind: 'proposal' }>,
): SecondWord {
  const facts = { accountId: request.accountId, answers: request.id };
  if (command.word === 'dismiss') {
    return { kind: 'withdrawn', action: freezing.take(actionOf(command, 'withdraw', facts)) };
  }
  if (personOf(command.actor) === personOf(request.actor)) {
    const message = `${request.actor} gave this order: somebody else has to confirm it`;
    return { kind: 'refused', message };
  }
  const order = orderOf(request);
  const { id, actor, reason, issuedAtMs } = command;
  const said = `${order.reason} (confirmed by ${actor}: ${reason})`;
  return {
    kind: 'confirmed',
    action: freezing.take(actionOf(command, 'confirm', facts)),
    // Its place in the log is that of the word that lets it happen.
    command: { ...order, id, reason: said, issuedAtMs },
  };
}
