/** Events of every kind, sound and not, as senders write them and as transport breaks them. */

import fc from 'fast-check';
import { EVENT_TYPES } from '../../pipeline/event.ts';
import { at, paymentOf } from '../support/events.ts';

const text = fc.oneof(
  fc.constantFrom(
    '',
    'unknown',
    'N/A',
    '0.0.0.0',
    'a',
    'acc-1',
    'ffffffffffff',
    ' x ',
    '未知',
    '上海',
  ),
  fc.constantFrom(
    '4111111111111111',
    '4111 1111 1111 1111',
    'id-4111111111111112',
    'x'.repeat(257),
  ),
  fc.string({ maxLength: 20 }),
  fc.string({ unit: 'binary', maxLength: 8 }),
  fc.stringMatching(/^[a-z]{0,4}-?[0-9]{0,20}$/),
);
const address = fc.oneof(
  fc.ipV4(),
  fc.ipV6(),
  fc.constantFrom(
    '::1',
    '::',
    '::ffff:1.2.3.4',
    '2001:DB8::1',
    '2001:db8:0:0:0:0:0:1',
    'token',
    'a:b',
    '1.2.3',
  ),
  fc.constantFrom('1.2.3.4:443', ' 1.2.3.4', '[1.2.3.4]', '[2001:db8::1]:443', '1.2.3.4 ', ' ::1'),
  fc.constantFrom(
    '1.2.3.4, 10.0.0.1',
    'unknown, 1.2.3.4',
    '3fa9.b2c1',
    '1.2.3.4:443 ',
    '[1.2]',
    ' ',
  ),
  fc.constantFrom('01.2.3.4', '1.2.3.4.5', '256.1.1.1', 'fe80::1%eth0', '1.2.3.', '0.0.0.0'),
);
const amount = fc.oneof(
  fc.nat(),
  fc.constantFrom(0, -0, -1, 1.5, 1e11, 1e11 + 1, 1e21, 123456789012345, 1234567890123456),
  fc.constantFrom('12', true, null),
);
const degrees = fc.oneof(
  fc.double({ min: -200, max: 200, noNaN: true }),
  fc.constantFrom(-0, 0, 90, -180, 31.2304, 1e-7, '31', null),
);
const time = fc.oneof(
  fc
    .date({ min: new Date('1999-12-01'), max: new Date('2030-01-01'), noInvalidDate: true })
    .map((d) => d.toISOString()),
  fc.constantFrom(
    at(0).replace('Z', '+08:00'),
    '2026-03-01T00:00:00.123456789-03:30',
    '2026-03-01T00:00:00',
    '2026-02-29T00:00:00Z',
    '2016-12-31T23:59:60Z',
    '9999-12-31T23:59:59Z',
    '1969-12-31T23:59:59Z',
    '2026-03-01t00:00:00z',
    '',
  ),
);

/** What the scanner takes of attributes, and what lies just beyond it. */
const attributes = fc.oneof(
  fc.constantFrom(
    ...[{}, null, { a: 1 }, { n: 6228480402564890 }, [], { b: 1, a: 'x', ab: '上', 'a b': 0 }],
    ...[{ 上: 'x' }, { a: '6228480402564890018' }, { 'id-6228480402564890018': 1 }, { a: null }],
    ...[{ a: -1 }, { a: 1.5 }, { a: true }, { a: { b: 1 } }, { a: 123456789012, b: 1234567890123 }],
    ...[{ payeeId: 'inside' }, { constructor: 1 }, { a: 'q"' }, { 'q"': 'a' }],
  ),
  fc.dictionary(fc.string({ maxLength: 4 }), fc.oneof(fc.nat(), fc.string({ maxLength: 6 })), {
    maxKeys: 20,
  }),
);
const attribute = fc.oneof(text, fc.constantFrom<unknown>(null, 7, true, { a: 1 }));

export const event = fc.record(
  {
    id: text,
    type: fc.oneof(fc.constantFrom(...EVENT_TYPES), fc.constantFrom('gift', 'payment ', '')),
    occurredAt: time,
    accountId: text,
    customerId: text,
    cardId: text,
    deviceId: text,
    ip: address,
    merchantId: text,
    category: text,
    channel: fc.oneof(text, fc.constant(null)),
    instrument: text,
    refundOf: text,
    amount,
    currency: fc.constantFrom('CNY', 'USD', 'XQZ', 'cny', 'CN', '', null),
    terms: fc.oneof(fc.constantFrom(0, 12, 1000, 1001, -1, 1.5, '3'), fc.nat(2000)),
    geo: fc.record({ lat: degrees, lon: degrees, city: text }, { requiredKeys: [] }),
    attributes,
    payeeId: attribute,
    campaignId: attribute,
    option: attribute,
    label: fc.constantFrom(
      'fraud',
      'honest',
      'true',
      'false',
      '0',
      '1',
      '',
      true,
      false,
      0,
      1,
      2,
      'ring',
    ),
    extra: fc.constantFrom(1, { deep: [1, '4111111111111111'] }),
  },
  { requiredKeys: ['id', 'type', 'occurredAt', 'accountId'] },
);

/** Sound where it counts, so that most of the generated events are accepted. */
export const soundEvent = fc
  .record({
    fields: event,
    lat: fc.integer({ min: -900, max: 900 }),
    short: fc.string({ maxLength: 30 }),
  })
  .map(({ fields, lat, short }) => ({
    ...fields,
    ...paymentOf({ ip: fields.ip, deviceId: short }),
    attributes: Array.isArray(fields.attributes) ? {} : fields.attributes,
    payeeId: fields.payeeId === undefined ? undefined : short,
    campaignId: undefined,
    option: fields.option === undefined ? undefined : 'cup',
    extra: undefined,
    terms: fields.terms === undefined ? undefined : 12,
    refundOf: short,
    geo: fields.geo === undefined ? undefined : { lat: lat / 10, lon: lat / 7, city: short },
  }));

export const layout = fc.constantFrom<(value: unknown) => string>(
  (value) => JSON.stringify(value),
  (value) => JSON.stringify(value, null, 1),
  (value) => ` \t${JSON.stringify(value)}\r\n`,
  (value) => JSON.stringify(value).replaceAll(',"', ', "').replaceAll('":', '": '),
);

export function shuffled(
  fields: Record<string, unknown>,
  order: readonly number[],
): Record<string, unknown> {
  const entries = Object.entries(fields).map((entry, i) => ({ entry, rank: order[i] ?? 0 }));
  return Object.fromEntries(entries.sort((a, b) => a.rank - b.rank).map(({ entry }) => entry));
}

export const order = fc.array(fc.nat(1000), { minLength: 20, maxLength: 20 });

/** A cut, a copied stretch, a changed byte, or a word put in where it does not belong. */
export const mutation = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  length: fc.oneof(fc.constant(0), fc.nat(12)),
  put: fc.oneof(
    fc.uint8Array({ maxLength: 3 }).map((bytes) => Buffer.from(bytes)),
    fc
      .constantFrom(
        ...[
          '"',
          '\\',
          '\\u0041',
          '{',
          '}',
          ',',
          ':',
          '1',
          '.',
          'e5',
          '-',
          ' ',
          'null',
          '\u00e9',
          '"id":"y",',
        ],
        ...['__proto__', 'constructor', ',"amount":5', ',"x":1', '00', '\u0000', '上', 'true'],
      )
      .map((word) => Buffer.from(word)),
  ),
});
