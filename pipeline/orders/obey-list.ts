/** What an order does to the lists: entries that are put on or taken off, in force from the next event on. */

import type { CommandResult, RefusedItem } from '../decide/account-action.ts';
import type { Engine } from '../decide/engine.ts';
import {
  canonicalValue,
  FIELD_OF_KIND,
  namesRange,
  valueProblem,
  type ListChange,
  type ListOrder,
  type NewListEntry,
} from '../decide/list-entry.ts';
import type { KeyOf } from '../decide/live-lists.ts';
import type { Recorder } from '../record/recorder.ts';

export interface ObeyListParts {
  readonly engine: Pick<Engine, 'lists' | 'watermarkMs'>;
  readonly recorder: Pick<Recorder, 'addListChange'>;
  readonly keys: KeyOf;
}

/** Who ordered it, when and why. */
export interface ListCommand {
  readonly id: string;
  readonly actor: string;
  readonly reason: string;
  readonly issuedAtMs: number;
  readonly order: ListOrder;
}

type Item = NewListEntry;

/**
 * Obeys what can be obeyed of the order and says why of the rest. An entry that stands as it is ordered is
 * left alone, so the same file imported twice changes nothing.
 */
export function obeyList(parts: ObeyListParts, command: ListCommand): CommandResult {
  const { id: commandId, order } = command;
  const refused: RefusedItem[] = [];
  let done = 0;
  let same = 0;
  order.entries.forEach((item: Item, index) => {
    const result = take(parts, command, item, index);
    if (result === 'done') done++;
    else if (result === 'same') same++;
    else refused.push({ index, why: result.why });
  });
  const accepted = done + same > 0 || order.entries.length === 0;
  const message = told(order, { done, same, refused });
  return { commandId, accepted, message, items: { done, same, refused } };
}

function take(
  { engine, recorder, keys }: ObeyListParts,
  command: ListCommand,
  item: Item,
  index: number,
): 'done' | 'same' | { readonly why: string } {
  const change = changeOf(command, item, index);
  const why = problem(command, item, change, keys);
  if (why !== undefined) return { why };
  const { live } = engine.lists;
  const result = live.apply(change, keys, engine.watermarkMs);
  if (result === 'full') {
    return { why: `the lists hold ${live.size} entries, as many as lists.maxEntries allows` };
  }
  if (result === 'done') recorder.addListChange(change);
  else if (change.op === 'remove') return { why: notThere(engine, change) };
  return result;
}

function changeOf(command: ListCommand, item: Item, index: number): ListChange {
  const { id, order, actor, reason, issuedAtMs } = command;
  return {
    id: `${id}.${index}`,
    op: order.op,
    list: order.list,
    kind: item.kind,
    value: canonicalValue(item.kind, item.value),
    reason: item.reason ?? reason,
    author: item.author ?? actor,
    actor,
    decisionId: '',
    occurredAtMs: issuedAtMs,
    expiresAtMs: item.expiresAtMs,
    detail: '',
  };
}

function problem(
  { order, issuedAtMs }: ListCommand,
  item: Item,
  change: ListChange,
  keys: KeyOf,
): string | undefined {
  const { kind, value } = change;
  const wrong = valueProblem(kind, item.value);
  if (wrong !== undefined) return wrong;
  if (!namesRange(kind, value)) {
    const { lo, hi } = keys.keyOf(FIELD_OF_KIND[kind], value);
    if ((lo | hi) === 0) {
      return kind === 'ips'
        ? 'the value is no address, or a placeholder that stands for many people'
        : 'the value is a placeholder: it stands for many people';
    }
  }
  if (order.op === 'add' && item.expiresAtMs !== undefined && item.expiresAtMs <= issuedAtMs) {
    return `it ended already, at ${new Date(item.expiresAtMs).toISOString()}`;
  }
  return undefined;
}

function notThere({ lists }: Pick<Engine, 'lists'>, { list, kind, value }: ListChange): string {
  for (const entry of lists.files[list].entries()) {
    if (entry.kind === kind && canonicalValue(kind, entry.value) === value) {
      return `it stands in lists/${list}.yaml of the configuration: take it out there`;
    }
  }
  return `it is not on the ${list} list`;
}

function told(
  { op, list, entries }: ListOrder,
  { done, same, refused }: NonNullable<CommandResult['items']>,
): string {
  const [only] = entries;
  if (entries.length === 1 && only !== undefined) {
    const name = `${only.kind} ${canonicalValue(only.kind, only.value)}`;
    const [no] = refused;
    if (no !== undefined) return `${name}: ${no.why}`;
    if (same > 0) return `${name} is on the ${list} list already, with the same words`;
    return op === 'add'
      ? `${name} is on the ${list} list from the next event on`
      : `${name} is off the ${list} list from the next event on`;
  }
  const what = op === 'add' ? 'put on' : 'taken off';
  return `${list} list: ${done} entries ${what}, ${same} stood already, ${refused.length} refused`;
}
