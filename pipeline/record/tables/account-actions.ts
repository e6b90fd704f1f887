/** `account_actions`: every transition of an account's freeze, with who, why and which decision. */

import type { AccountAction } from '../../decide/account-action.ts';
import type { RowWriter } from '../row-writer.ts';
import { arrival, code, defineTable, instant, nullable, text } from '../table.ts';
import type { RowStamp } from './events.ts';

export const accountActions = defineTable('account_actions', {
  action_id: text,
  account_id: text,
  kind: code({
    propose: 0,
    freeze: 1,
    unfreeze: 2,
    expire: 3,
    dismiss: 4,
    request: 5,
    confirm: 6,
    withdraw: 7,
    lapse: 8,
    appeal: 9,
    uphold: 10,
    clear: 11,
    switch: 12,
  }),
  actor: text,
  reason: text,
  decision_id: text,
  occurred_at: instant,
  expires_at: nullable(instant),
  answers: text,
  detail: text,
  arrival,
  recorded_at: instant,
});

export function encodeAccountAction(out: RowWriter, action: AccountAction, stamp: RowStamp): void {
  accountActions.encode(out, {
    action_id: action.id,
    account_id: action.accountId,
    kind: action.kind,
    actor: action.actor,
    reason: action.reason,
    decision_id: action.decisionId,
    occurred_at: action.occurredAtMs,
    expires_at: action.expiresAtMs,
    answers: action.answers ?? '',
    detail: action.detail ?? '',
    arrival: stamp,
    recorded_at: stamp.recordedAtMs,
  });
}
