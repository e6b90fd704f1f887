/** `vouchers`: every voucher as the journal's latest entry left it. */

import type { Voucher } from '../../reward/voucher.ts';
import type { RowWriter } from '../row-writer.ts';
import { defineTable, instant, int64, nullable, text, texts, uint64 } from '../table.ts';

export const vouchers = defineTable('vouchers', {
  voucher_id: text,
  grant_id: text,
  campaign_id: text,
  offer_id: text,
  customer_id: text,
  voucher: text,
  face_minor: int64,
  min_spend_minor: int64,
  cost_minor: int64,
  scope: texts,
  state: text,
  issued_at: instant,
  expires_at: instant,
  redeemed_by: text,
  redeemed_at: nullable(instant),
  extended_by: texts,
  revision: uint64,
  recorded_at: instant,
});

export function encodeVoucher(out: RowWriter, voucher: Voucher, recordedAtMs: number): void {
  vouchers.encode(out, {
    voucher_id: voucher.id,
    grant_id: voucher.grantId,
    campaign_id: voucher.campaignId,
    offer_id: voucher.offerId,
    customer_id: voucher.customerId,
    voucher: voucher.voucher,
    face_minor: voucher.faceMinor,
    min_spend_minor: voucher.minSpendMinor,
    cost_minor: voucher.costMinor,
    scope: voucher.scope,
    state: voucher.state,
    issued_at: voucher.issuedAtMs,
    expires_at: voucher.expiresAtMs,
    redeemed_by: voucher.redeemedBy,
    redeemed_at: voucher.redeemedAtMs,
    extended_by: voucher.extendedBy,
    revision: voucher.revision,
    recorded_at: recordedAtMs,
  });
}
