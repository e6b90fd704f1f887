/**
 * Two persons for what hurts or pays: an order of one takes effect when another, different one confirms it. The
 * order itself waits as a row; it lapses when nobody came, which the next order of anybody finds out.
 */

import type { AccountAction, Command } from './decide/account-action.ts';
import type { ObeyParts, Obeyed, SettleOrder } from './obey.ts';
import { actionOf, type DualControl, type FreezeState } from './decide/freezing.ts';

/** Whether an order is given by one person alone. Stopping things never waits: neither a switch nor a dismissal. */
export function wantsSecond(command: Command, mode: DualControl): boolean {
  switch (command.kind) {
    case 'freeze':
    case 'unfreeze':
      return mode !== 'none';
    case 'review':
    case 'approve':
      return mode === 'all';
    case 'label':
      return mode === 'all' && command.label === 'false_positive';
    case 'proposal':
      return mode === 'all' && command.word === 'approve';
    default:
      return false;
  }
}

/**
 * Holds an order that wants a second person, lets one happen that has found it, and ends those whose time is
 * over; any other order passes.
 */
export async function underControl(
  { engine: { freezing } }: Pick<ObeyParts, 'engine'>,
  command: Command,
  settle: SettleOrder,
  execute: (command: Command, settle: SettleOrder) => Promise<Obeyed>,
): Promise<Obeyed> {
  const actions: AccountAction[] = freezing.lapse(command.issuedAtMs);
  const withThese: SettleOrder = (follows) =>
    settle({ ...follows, actions: [...actions.splice(0), ...(follows.actions ?? [])] });
  const answered = (accepted: boolean, message: string): Obeyed => {
    void withThese({});
    return { answer: Promise.resolve({ commandId: command.id, accepted, message }) };
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
  const request = freezing.request(command, JSON.stringify(command));
  actions.push(request);
  const { actor } = command;
  return answered(
    true,
    `waits for a second person: \`proposals approve ${request.id}\` by anybody but ${actor}`,
  );
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
  if (command.actor === request.actor) {
    const message = `${request.actor} gave this order: somebody else has to confirm it`;
    return { kind: 'refused', message };
  }
  const order = JSON.parse(request.detail ?? '{}') as Command;
  const { id, actor, reason, issuedAtMs } = command;
  const said = `${order.reason} (confirmed by ${actor}: ${reason})`;
  return {
    kind: 'confirmed',
    action: freezing.take(actionOf(command, 'confirm', facts)),
    // Its place in the log is that of the word that lets it happen.
    command: { ...order, id, reason: said, issuedAtMs },
  };
}
