/**
 * An analyst's order as the record has its subjects: events carry masked card numbers, so an order that
 * names a full one would reach nobody, and the number would stand in the command log for ever.
 */

import type { NewCommand } from '../act/commands.ts';
import type { NewLabel } from '../decide/account-action.ts';
import { decisionIdOf, eventIdOf } from '../decide/decision.ts';
import type { ListOrder } from '../decide/list-entry.ts';
import type { CardMask } from '../ingest/card-number.ts';

/** The order with every full card number masked, in what it names, who gives it and why. */
export function maskOrder(order: NewCommand, cards: CardMask): NewCommand {
  const said = { actor: cards.text(order.actor), reason: cards.text(order.reason) };
  if ('accountId' in order) {
    return { ...order, ...said, accountId: cards.text(order.accountId) };
  }
  if (order.kind === 'exclusion') return { ...order, ...said, value: cards.text(order.value) };
  if (order.kind === 'list') return { ...order, ...said, order: maskList(order.order, cards) };
  if (order.kind === 'labels')
    return { ...order, ...said, labels: maskLabels(order.labels, cards) };
  if (order.kind !== 'label') return { ...order, ...said };
  // The prefix of a decision's id is no part of the event's id that was masked.
  const eventId = cards.text(eventIdOf(order.decisionId));
  return { ...order, ...said, decisionId: decisionIdOf(eventId) };
}

function maskList(order: ListOrder, cards: CardMask): ListOrder {
  if (order.op === 'remove') {
    const entries = order.entries.map((each) => ({ ...each, value: cards.text(each.value) }));
    return { ...order, entries };
  }
  const entries = order.entries.map((each) => ({
    ...each,
    value: cards.text(each.value),
    reason: each.reason && cards.text(each.reason),
    author: each.author && cards.text(each.author),
  }));
  return { ...order, entries };
}

function maskLabels(labels: readonly NewLabel[], cards: CardMask): readonly NewLabel[] {
  return labels.map((each) => ({
    ...each,
    decisionId: decisionIdOf(cards.text(eventIdOf(each.decisionId))),
    reason: each.reason && cards.text(each.reason),
    actor: each.actor && cards.text(each.actor),
  }));
}
