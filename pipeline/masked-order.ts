/**
 * An analyst's order as the record has its subjects: events carry masked card numbers, so an order that
 * names a full one would reach nobody, and the number would stand in the command log for ever.
 */

import type { NewCommand } from './act/commands.ts';
import { decisionIdOf, eventIdOf } from './decide/decision.ts';
import type { CardMask } from './ingest/card-number.ts';

/** The order with every full card number masked, in what it names, who gives it and why. */
export function maskOrder(order: NewCommand, cards: CardMask): NewCommand {
  const said = { actor: cards.text(order.actor), reason: cards.text(order.reason) };
  if (order.kind === 'freeze' || order.kind === 'unfreeze') {
    return { ...order, ...said, accountId: cards.text(order.accountId) };
  }
  if (order.kind !== 'label') return { ...order, ...said };
  // The prefix of a decision's id is no part of the event's id that was masked.
  const eventId = cards.text(eventIdOf(order.decisionId));
  return { ...order, ...said, decisionId: decisionIdOf(eventId) };
}
