/** `campaign_actions`: every change that people made to a running campaign, every word on a reward, with who and why. */

import type { AuditedAction } from '../../reward/adjustments.ts';
import type { RowWriter } from '../row-writer.ts';
import { arrival, defineTable, instant, text } from '../table.ts';
import type { RowStamp } from './events.ts';

export const campaignActions = defineTable('campaign_actions', {
  action_id: text,
  campaign_id: text,
  offer_id: text,
  kind: text,
  value: text,
  actor: text,
  reason: text,
  issued_at: instant,
  arrival,
  recorded_at: instant,
});

export function encodeCampaignAction(out: RowWriter, action: AuditedAction, stamp: RowStamp): void {
  const { change } = action;
  campaignActions.encode(out, {
    action_id: action.id,
    campaign_id: change.campaignId,
    offer_id: 'offerId' in change ? (change.offerId ?? '') : '',
    kind: change.kind,
    value: JSON.stringify(change),
    actor: action.actor,
    reason: action.reason,
    issued_at: action.issuedAtMs,
    arrival: stamp,
    recorded_at: stamp.recordedAtMs,
  });
}
