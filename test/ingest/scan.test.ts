/** The scanner against its authority: whatever the bytes, both paths give the same row or the same failure. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EVENT_TYPES, EventBatch, KEY_FIELDS, TEXT_FIELDS } from '../../pipeline/event.ts';
import type { DecodeFailure, Decoder } from '../../pipeline/ingest/decode.ts';
import { at, paymentOf, START_MS, testDecoder } from '../support/events.ts';

const RECEIVED_MS = START_MS + 86_400_000;

/** Everything a row holds, text by value and not by where it lies. */
function rowOf(batch: EventBatch, row: number): Record<string, unknown> {
  const text = Object.fromEntries(TEXT_FIELDS.map((field) => [field, batch.text(field, row)]));
  const keys = KEY_FIELDS.map((_, key) => [
    batch.keyLo[key * batch.capacity + row],
    batch.keyHi[key * batch.capacity + row],
  ]);
  return {
    text,
    keys,
    type: batch.typeCode[row],
    numbers: [
      batch.occurredAtMs[row],
      batch.receivedAtMs[row],
      batch.amountMinor[row],
      batch.terms[row],
      batch.latitude[row],
      batch.longitude[row],
    ],
    id: [batch.idLo[row], batch.idHi[row]],
    body: batch.bodyHash[row],
    late: batch.late[row],
  };
}

type Outcome = DecodeFailure | Record<string, unknown>;

function outcome(decode: (batch: EventBatch) => DecodeFailure | undefined): Outcome {
  const batch = new EventBatch(2);
  const failure = decode(batch);
  expect(batch.length).toBe(failure === undefined ? 1 : 0);
  return failure ?? rowOf(batch, 0);
}

/** Decodes by both paths, in memory that ends with the record and in memory that goes on with other events. */
function expectEqualPaths(decoder: Decoder, bytes: Buffer): Outcome {
  const general = outcome((batch) => decoder.decodeGenerally(bytes, RECEIVED_MS, batch));
  const alone = Buffer.from(new Uint8Array(bytes).buffer);
  const neighbour = Buffer.from('"}}"acc-1","x":{"amount":12}}');
  const amid = Buffer.concat([neighbour, bytes, neighbour]).subarray(
    neighbour.length,
    neighbour.length + bytes.length,
  );
  expect(outcome((batch) => decoder.decode(alone, RECEIVED_MS, batch))).toEqual(general);
  expect(outcome((batch) => decoder.decode(amid, RECEIVED_MS, batch))).toEqual(general);
  return general;
}

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

const event = fc.record(
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
    currency: fc.constantFrom('CNY', 'USD', 'cny', 'CN', '', null),
    terms: fc.oneof(fc.constantFrom(0, 12, 1000, 1001, -1, 1.5, '3'), fc.nat(2000)),
    geo: fc.record({ lat: degrees, lon: degrees, city: text }, { requiredKeys: [] }),
    attributes: fc.constantFrom({}, null, { a: 1 }, { n: 6228480402564890 }, []),
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
const soundEvent = fc
  .record({
    fields: event,
    lat: fc.integer({ min: -900, max: 900 }),
    short: fc.string({ maxLength: 30 }),
  })
  .map(({ fields, lat, short }) => ({
    ...fields,
    ...paymentOf({ ip: fields.ip, deviceId: short }),
    attributes: fields.attributes === null ? null : {},
    terms: fields.terms === undefined ? undefined : 12,
    refundOf: short,
    geo: fields.geo === undefined ? undefined : { lat: lat / 10, lon: lat / 7, city: short },
  }));

const layout = fc.constantFrom<(value: unknown) => string>(
  (value) => JSON.stringify(value),
  (value) => JSON.stringify(value, null, 1),
  (value) => ` \t${JSON.stringify(value)}\r\n`,
  (value) => JSON.stringify(value).replaceAll(',"', ', "').replaceAll('":', '": '),
);

function shuffled(
  fields: Record<string, unknown>,
  order: readonly number[],
): Record<string, unknown> {
  const entries = Object.entries(fields).map((entry, i) => ({ entry, rank: order[i] ?? 0 }));
  return Object.fromEntries(entries.sort((a, b) => a.rank - b.rank).map(({ entry }) => entry));
}

const order = fc.array(fc.nat(1000), { minLength: 20, maxLength: 20 });

/** A cut, a copied stretch, a changed byte, or a word put in where it does not belong. */
const mutation = fc.record({
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

describe('the scanner and the general path', { timeout: 60_000 }, () => {
  it('agree on every event, in every order and layout of its keys', () => {
    const decoder = testDecoder();
    let accepted = 0;
    fc.assert(
      fc.property(fc.oneof(event, soundEvent), layout, order, (fields, write, ranks) => {
        const result = expectEqualPaths(decoder, Buffer.from(write(shuffled(fields, ranks))));
        if ('keys' in result) accepted++;
      }),
      { numRuns: 700 },
    );
    expect(accepted).toBeGreaterThan(250);
  });

  it('agree on events with bytes cut out, put in and changed', () => {
    const decoder = testDecoder();
    const mutations = fc.array(mutation, { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(soundEvent, layout, mutations, (fields, write, changes) => {
        let bytes: Buffer = Buffer.from(write(fields));
        for (const change of changes) {
          const from = Math.floor(change.at * bytes.length);
          const rest = bytes.subarray(from + change.length);
          bytes = Buffer.concat([bytes.subarray(0, from), change.put, rest]);
        }
        expectEqualPaths(decoder, bytes);
      }),
      { numRuns: 2000 },
    );
  });

  it('agree on every truncation of an event', () => {
    const decoder = testDecoder();
    const bytes = Buffer.from(
      JSON.stringify(paymentOf({ geo: { lat: 31.23, lon: -121.5, city: '上海' }, terms: 12 })),
    );
    for (let length = 0; length <= bytes.length; length++) {
      expectEqualPaths(decoder, bytes.subarray(0, length));
    }
  });

  it('agree on every single byte changed into one that means something', () => {
    const decoder = testDecoder();
    const json = JSON.stringify(
      paymentOf({ geo: { lat: 31.23, lon: -121.5, city: '上海' }, terms: 12, deviceId: null }),
    );
    for (const byte of [0xff, 0x80, 0xc3, 0x22, 0x5c, 0x1f, 0x20, 0x30, 0x2c, 0x7d]) {
      for (let at = 0; at < Buffer.byteLength(json); at++) {
        const bytes = Buffer.from(json);
        bytes[at] = byte;
        expectEqualPaths(decoder, bytes);
      }
    }
  });

  it('agree on decimals of every length, to the last bit', () => {
    const decoder = testDecoder();
    const decimal = fc.stringMatching(/^-?(0|[1-9][0-9]{0,2})(\.[0-9]{1,17})?(e-?[0-9])?$/);
    fc.assert(
      fc.property(decimal, decimal, (lat, lon) => {
        const json = JSON.stringify(paymentOf({ geo: { lat: 'LAT', lon: 'LON' } }))
          .replace('"LAT"', lat)
          .replace('"LON"', lon);
        expectEqualPaths(decoder, Buffer.from(json));
      }),
      { numRuns: 1000 },
    );
  });

  it('agree under limits so small that a plain event breaks them', () => {
    const bytes = Buffer.from(JSON.stringify(paymentOf({ geo: { lat: 1, lon: 2 } })));
    for (const limits of [
      { maxDepth: 1 },
      { maxRecordBytes: 100 },
      { maxAmountMinor: 2499 },
      { earliestMs: START_MS + 1 },
      { maxFutureMs: -86_400_001 },
    ]) {
      const result = expectEqualPaths(testDecoder(limits), bytes);
      expect(result).toHaveProperty('reason');
    }
  });

  it('leaves plain events to the scanner: their text is not copied', () => {
    const plain = [
      paymentOf({ geo: { lat: 31.2, lon: 121.4, city: '上海' } }),
      paymentOf({ deviceId: null, ip: '2001:db8::1', label: 'fraud', attributes: {} }),
      paymentOf({ cardId: '****1234', refundOf: '', terms: 3, deviceId: 'unknown' }),
      paymentOf({ id: '1234567890123' }),
    ];
    for (const fields of plain) {
      for (const json of [JSON.stringify(fields), JSON.stringify(fields, null, 2)]) {
        const bytes = Buffer.from(json);
        const batch = new EventBatch(1);
        expect(testDecoder().decode(bytes, RECEIVED_MS, batch)).toBeUndefined();
        expect(batch.source[0]).toBe(bytes);
      }
    }
  });
});
