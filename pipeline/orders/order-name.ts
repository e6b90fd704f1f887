/** What an order is called, and how it is told in one line to whoever has to confirm it. */

import type { Command, LabelValue } from '../decide/account-action.ts';
import type { SwitchName } from '../decide/freeze-cases.ts';
import { bandsText } from '../detect/own-bands.ts';
import type { CampaignChange } from '../reward/adjustments.ts';

type Of<K extends Command['kind']> = Extract<Command, { readonly kind: K }>;

/** Kinds of orders that are told apart by nothing else. */
type Plain = 'freeze' | 'unfreeze' | 'appeal' | 'approve' | 'reject' | 'rescore' | 'labels';

/** Every order that can be given. */
export type OrderName =
  | Plain
  | `label ${LabelValue}`
  | `proposal ${Of<'proposal'>['word']}`
  | `review ${Of<'review'>['outcome']}`
  | `switch ${SwitchName} ${Of<'switch'>['to']}`
  | `list ${Of<'list'>['order']['op']}`
  | `exclusion ${Of<'exclusion'>['op']}`
  | `config ${Of<'config'>['to']}`
  | `campaign ${CampaignChange['kind']}`;

export function orderName(command: Command): OrderName {
  switch (command.kind) {
    case 'label':
      return `label ${command.label}`;
    case 'proposal':
      return `proposal ${command.word}`;
    case 'review':
      return `review ${command.outcome}`;
    case 'switch':
      return `switch ${command.name} ${command.to}`;
    case 'list':
      return `list ${command.order.op}`;
    case 'exclusion':
      return `exclusion ${command.op}`;
    case 'config':
      return `config ${command.to}`;
    case 'campaign':
      return `campaign ${command.change.kind}`;
    default:
      return command.kind;
  }
}

/** Items of one order that are named. */
const MAX_NAMED = 5;

/** `freeze a-1`, `list add block: cards 4…1111, ips 203.0.113.0/24`: the order and whom or what it names. */
export function orderText(command: Command): string {
  const name = orderName(command);
  switch (command.kind) {
    case 'list': {
      const { list, entries } = command.order;
      return `${name} ${list}: ${some(entries.map(({ kind, value }) => `${kind} ${value}`))}`;
    }
    case 'labels':
      return `${name}: ${some(command.labels.map((each) => `${each.decisionId} ${each.label}`))}`;
    case 'exclusion': {
      const limits = command.bands === undefined ? '' : ` with ${bandsText(command.bands)}`;
      return `${name} ${command.of} ${command.value}${limits}`;
    }
    case 'config':
      return `${name} ${command.version ?? ''}`;
    case 'label':
      return `${name} ${command.decisionId}`;
    case 'proposal':
      return `${name} ${command.proposalId}`;
    case 'campaign': {
      const { kind: _, campaignId, ...what } = command.change;
      const facts = Object.entries(what).map(([key, value]) => `${key} ${String(value)}`);
      return [name, campaignId, ...facts].join(' ');
    }
    case 'approve':
    case 'reject':
      return `${name} ${command.grantId}`;
    default:
      return 'accountId' in command ? `${name} ${command.accountId}` : name;
  }
}

function some(items: readonly string[]): string {
  const more = items.length - MAX_NAMED;
  const named = items.slice(0, MAX_NAMED).join(', ');
  return more > 0 ? `${named} and ${more} more` : named;
}
