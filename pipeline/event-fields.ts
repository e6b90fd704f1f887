/**
 * The fields of an event that have columns of their own in a batch: texts, keys of windows, and numbers. The place
 * of a text or a key in its list is its column.
 */

/**
 * Known text fields, in the order of their columns. `label` is the ground truth that labelled history
 * carries: it is recorded and judged against, and `Event` does not offer it, so no detector can read it.
 */
export const TEXT_FIELDS = [
  'id',
  'accountId',
  'customerId',
  'cardId',
  'deviceId',
  'ip',
  'merchantId',
  'category',
  'channel',
  'instrument',
  'currency',
  'refundOf',
  'city',
  'attributes',
  'label',
] as const;
export type TextField = (typeof TEXT_FIELDS)[number];

/**
 * Key fields whose hash every event carries as soon as it is decoded. `ipPrefix` is derived: the /24 of an
 * IPv4 address, the /64 of an IPv6 one, absent for a token.
 */
export const DECODED_KEYS = [
  'accountId',
  'customerId',
  'cardId',
  'deviceId',
  'ip',
  'ipPrefix',
  'merchantId',
] as const;

/** Keys that events carry among their attributes, as text or as an integer. */
export const ATTRIBUTE_KEYS = ['payeeId', 'phoneHash', 'inviterId', 'campaignId'] as const;
export type AttributeKey = (typeof ATTRIBUTE_KEYS)[number];

/**
 * Fields whose value can be the key of a window, or the member a window counts distinctly. Those behind
 * the decoded ones are hashed when somebody asks for them (`EventBatch.requireKey`). `amount` is the
 * amount in minor units as a key: a window keyed by merchant and amount holds the payments of the same amount.
 */
export const KEY_FIELDS = [
  ...DECODED_KEYS,
  'city',
  'category',
  'channel',
  'instrument',
  ...ATTRIBUTE_KEYS,
  'amount',
] as const;
export type KeyField = (typeof KEY_FIELDS)[number];

/**
 * Numeric fields an aggregate can be taken of. `place` is derived: latitude and longitude in one number
 * (see place.ts), so that a window remembers both for the cost of one.
 */
export const NUMBER_FIELDS = [
  'amountMinor',
  'terms',
  'latitude',
  'longitude',
  'place',
  'occurredAtMs',
] as const;
export type NumberField = (typeof NUMBER_FIELDS)[number];

const TEXT_INDEX = Object.fromEntries(TEXT_FIELDS.map((name, index) => [name, index])) as Record<
  TextField,
  number
>;
const KEY_INDEX = Object.fromEntries(KEY_FIELDS.map((name, index) => [name, index])) as Record<
  KeyField,
  number
>;

/** The column of a text field in `EventBatch.spanStart` and `spanLength`. */
export function textColumn(field: TextField): number {
  return TEXT_INDEX[field];
}

/** The column of a key field in `EventBatch.keyLo` and `keyHi`; call `requireKey` before reading one. */
export function keyColumn(field: KeyField): number {
  return KEY_INDEX[field];
}
