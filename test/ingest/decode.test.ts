/** Bad input, each with its exact reason and field path, and what a good event becomes. */

import { describe, expect, it } from 'vitest';
import { EventBatch } from '../../pipeline/event.ts';
import type { DecodeFailure } from '../../pipeline/ingest/decode.ts';
import {
  at,
  batchFrom,
  paymentOf,
  START_MS,
  testDecoder,
  type PlainEvent,
} from '../support/events.ts';

const RECEIVED_MS = START_MS + 1000;

function refusal(input: string | Buffer | PlainEvent): DecodeFailure | undefined {
  const bytes = Buffer.isBuffer(input)
    ? input
    : Buffer.from(typeof input === 'string' ? input : JSON.stringify(input));
  const batch = new EventBatch(1);
  const failure = testDecoder().decode(bytes, RECEIVED_MS, batch);
  expect(batch.length).toBe(failure === undefined ? 1 : 0);
  return failure;
}

describe('a refused record', () => {
  const deep = (levels: number): string => `{"a":${'['.repeat(levels)}${']'.repeat(levels)}}`;
  const broken: [string, string | Buffer, string, string][] = [
    ['nothing', '', 'not_json', ''],
    ['blanks', ' \n', 'not_json', ''],
    ['cut off', '{"id":"p-1"', 'not_json', ''],
    ['a trailing comma', '{"id":"p-1",}', 'not_json', ''],
    ['two values', '{} {}', 'not_json', ''],
    ['a byte order mark', '\ufeff{}', 'not_json', ''],
    ['a bare NaN', '{"amount":NaN}', 'not_json', ''],
    ['a control character', '{"id":"a\nb"}', 'not_json', ''],
    ['an array', '[{}]', 'not_an_object', ''],
    ['a text', '"p-1"', 'not_an_object', ''],
    ['null', 'null', 'not_an_object', ''],
    ['an empty object', '{}', 'missing_field', 'id'],
    ['invalid UTF-8', Buffer.from('{"id":"\xff"}', 'latin1'), 'not_utf8', ''],
    ['UTF-8 cut off', Buffer.from('{"id":"上'), 'not_json', ''],
    ['half a character', Buffer.from('{"id":"上"}').subarray(0, 9), 'not_utf8', ''],
    ['a nested bomb', deep(100_000), 'too_deep', ''],
    ['an unclosed bomb', '['.repeat(900_000), 'too_deep', ''],
    ['nine levels', deep(8), 'too_deep', ''],
    ['ten megabytes', Buffer.alloc(10_000_000, 0x20), 'too_large', ''],
  ];
  it.each(broken)('%s', (_, input, reason, fieldPath) => {
    expect(refusal(input)).toMatchObject({ reason, fieldPath });
  });

  const fields: [string, PlainEvent, string, string][] = [
    ['no id', { id: undefined }, 'missing_field', 'id'],
    ['an empty id', { id: '' }, 'missing_field', 'id'],
    ['a numeric id', { id: 7 }, 'wrong_type', 'id'],
    ['an id longer than 256 bytes', { id: '上'.repeat(86) }, 'too_large', 'id'],
    ['half a surrogate pair', { id: 'a\ud800' }, 'not_utf8', 'id'],
    ['no type', { type: undefined }, 'missing_field', 'type'],
    ['an unknown type', { type: 'gift' }, 'unknown_type', 'type'],
    ['a type in capitals', { type: 'Payment' }, 'unknown_type', 'type'],
    ['a type that is a list', { type: ['payment'] }, 'wrong_type', 'type'],
    ['no account', { accountId: null }, 'missing_field', 'accountId'],
    ['no time', { occurredAt: undefined }, 'missing_field', 'occurredAt'],
    ['a time that is a number', { occurredAt: START_MS }, 'wrong_type', 'occurredAt'],
    ['a local time', { occurredAt: '2026-03-02T10:00:00' }, 'bad_time', 'occurredAt'],
    ['a date alone', { occurredAt: '2026-03-02' }, 'bad_time', 'occurredAt'],
    ['29 February 2025', { occurredAt: '2025-02-29T00:00:00Z' }, 'bad_time', 'occurredAt'],
    ['year 9999', { occurredAt: '9999-12-31T23:59:59Z' }, 'time_out_of_range', 'occurredAt'],
    ['year 10000', { occurredAt: '10000-01-01T00:00:00Z' }, 'bad_time', 'occurredAt'],
    ['1969', { occurredAt: '1969-12-31T23:59:59Z' }, 'time_out_of_range', 'occurredAt'],
    ['year 0', { occurredAt: '0000-01-01T00:00:00Z' }, 'time_out_of_range', 'occurredAt'],
    [
      'the day before the earliest',
      { occurredAt: '1999-12-31T23:59:59.999Z' },
      'time_out_of_range',
      'occurredAt',
    ],
    [
      'an hour and a bit ahead',
      { occurredAt: at(1000 + 3_600_001) },
      'time_out_of_range',
      'occurredAt',
    ],
    ['a negative amount', { amount: -1 }, 'bad_amount', 'amount'],
    ['a fractional amount', { amount: 10.5 }, 'bad_amount', 'amount'],
    ['a huge amount', { amount: 100_000_000_001 }, 'bad_amount', 'amount'],
    ['an amount beyond exact integers', { amount: 1e300 }, 'bad_amount', 'amount'],
    ['an amount in text', { amount: '2500' }, 'wrong_type', 'amount'],
    ['an amount that is true', { amount: true }, 'wrong_type', 'amount'],
    ['an amount without currency', { currency: undefined }, 'missing_field', 'currency'],
    ['a currency that ISO 4217 does not have', { currency: 'XQZ' }, 'wrong_type', 'currency'],
    ['a currency in small letters', { currency: 'cny' }, 'wrong_type', 'currency'],
    ['a device that is a number', { deviceId: 5 }, 'wrong_type', 'deviceId'],
    ['an ip that is an object', { ip: {} }, 'wrong_type', 'ip'],
    ['fractional instalments', { terms: 1.5 }, 'wrong_type', 'terms'],
    ['1001 instalments', { terms: 1001 }, 'wrong_type', 'terms'],
    ['a place in text', { geo: '31,121' }, 'wrong_type', 'geo'],
    ['a latitude of 91', { geo: { lat: 91, lon: 0 } }, 'bad_geo', 'geo.lat'],
    ['a longitude of −181', { geo: { lat: 0, lon: -181 } }, 'bad_geo', 'geo.lon'],
    ['a latitude alone', { geo: { lat: 1 } }, 'bad_geo', 'geo.lon'],
    ['a latitude in text', { geo: { lat: '1', lon: 1 } }, 'wrong_type', 'geo.lat'],
    ['a city that is a list', { geo: { city: [] } }, 'wrong_type', 'geo.city'],
    ['attributes in a list', { attributes: [] }, 'wrong_type', 'attributes'],
    ['a label that is an object', { label: {} }, 'wrong_type', 'label'],
  ];
  it.each(fields)('%s', (_, overrides, reason, fieldPath) => {
    expect(refusal(paymentOf(overrides))).toMatchObject({ reason, fieldPath });
  });

  const forbidden: [string, string][] = [
    ['"__proto__":{"admin":true}', '__proto__'],
    ['"constructor":1', 'constructor'],
    ['"attributes":{"a":[{"prototype":0}]}', 'attributes.a.0.prototype'],
    ['"geo":{"__proto__":{}}', 'geo.__proto__'],
    ['"\\u005f_proto__":1', '__proto__'],
  ];
  it.each(forbidden)('with the key in %s', (member, fieldPath) => {
    const json = JSON.stringify(paymentOf()).replace(/}$/, `,${member}}`);
    expect(refusal(json)).toMatchObject({ reason: 'forbidden_key', fieldPath });
    expect(({} as Record<string, unknown>)['admin']).toBeUndefined();
  });

  it('says what to write instead', () => {
    const told = (overrides: Parameters<typeof paymentOf>[0]): string =>
      refusal(paymentOf(overrides))!.message;
    expect(told({ type: 'paymnt' })).toMatch(
      /^"paymnt" is no type of event: the types are payment, payment\.authorising, /,
    );
    expect(told({ occurredAt: at(1000 + 3_600_001) })).toBe(
      "more than 1 hour after its arrival (ingest.maxFutureMs): look at the sender's clock and offset",
    );
    expect(told({ currency: 'XQZ' })).toBe('must be a code of ISO 4217 such as CNY, not this text');
    expect(told({ amount: 10.5 })).toContain('12.50 is 1250');
  });

  it('never repeats a card number in its message or path', () => {
    const told = [
      refusal(paymentOf({ type: '4111111111111111' })),
      refusal(`{"4111111111111111":{"__proto__":1}}`),
      refusal('{"id":4111111111111111'),
    ];
    expect(JSON.stringify(told)).not.toContain('4111111111111111');
    expect(told.map((failure) => failure?.reason)).toEqual([
      'unknown_type',
      'forbidden_key',
      'not_json',
    ]);
  });
});

describe('an accepted event', () => {
  it('gives its fields as they were sent', () => {
    const batch = batchFrom([
      paymentOf({ terms: 12, geo: { lat: 31.2304, lon: 121.4737, city: '上海' }, refundOf: 'p-0' }),
    ]);
    expect(batch.view(0)).toMatchObject({
      id: 'p-1',
      type: 'payment',
      occurredAtMs: START_MS,
      accountId: 'acc-1',
      ip: '203.0.113.7',
      amountMinor: 2500,
      currency: 'CNY',
      terms: 12,
      latitude: 31.2304,
      longitude: 121.4737,
      city: '上海',
      refundOf: 'p-0',
      attributes: {},
    });
  });

  it('keeps what the product does not know under attributes, in one canonical text', () => {
    const one =
      '{"z":1,"a":{"y":[1.0,2],"x":"é"},"geo":{"lat":1,"lon":2,"accuracy":30},"attributes":{"m":null}';
    const other =
      '{"attributes":{"m":null},"a":{"x":"\\u00e9","y":[1,2e0]},"geo":{"accuracy":30,"lon":2,"lat":1},"z":1.0';
    const rest = JSON.stringify(paymentOf()).slice(1);
    const batch = new EventBatch(2);
    const decoder = testDecoder();
    for (const head of [one, other]) {
      expect(decoder.decode(Buffer.from(`${head},${rest}`), RECEIVED_MS, batch)).toBeUndefined();
    }
    const canonical = '{"a":{"x":"é","y":[1,2]},"geo":{"accuracy":30},"m":null,"z":1}';
    expect(batch.text('attributes', 0)).toBe(canonical);
    expect(batch.text('attributes', 1)).toBe(canonical);
    expect(batch.bodyHash[0]).toBe(batch.bodyHash[1]);
  });

  it('takes the last of repeated keys, as JSON.parse does', () => {
    const batch = new EventBatch(1);
    const json = JSON.stringify(paymentOf()).replace('{', '{"amount":1,"id":"p-0",');
    expect(testDecoder().decode(Buffer.from(json), RECEIVED_MS, batch)).toBeUndefined();
    expect(batch.view(0)).toMatchObject({ id: 'p-1', amountMinor: 2500 });
  });

  it('has one body hash whatever its layout, and another when anything in it changes', () => {
    const base = paymentOf({ geo: { lat: 1.5, lon: 2.5, city: 'X' }, terms: 3, label: 'fraud' });
    const reversed = Object.fromEntries(Object.entries(base).reverse());
    const inOtherZone = { ...base, occurredAt: '2026-03-02T10:00:00.000+08:00' };
    const changed = [
      { ...base, amount: 2501 },
      { ...base, accountId: 'acc-2' },
      { ...base, category: 'grocerieS' },
      { ...base, deviceId: 'unknown' },
      { ...base, deviceId: undefined },
      { ...base, occurredAt: at(1) },
      { ...base, terms: undefined },
      { ...base, type: 'refund' },
      { ...base, geo: { lat: 1.5, lon: 2.5, city: 'Y' } },
      { ...base, geo: { lat: 1.6, lon: 2.5, city: 'X' } },
      { ...base, label: 'honest' },
      { ...base, note: '' },
    ];
    const batch = batchFrom([base, reversed, inOtherZone, ...changed]);
    const [first, second, third, ...others] = batch.bodyHash;
    expect([second, third]).toEqual([first, first]);
    expect(new Set([first, ...others]).size).toBe(changed.length + 1);
    expect(new Set(batch.idLo).size).toBe(1);
  });

  it('reads ground truth as fraud or honest where it is yes or no, and keeps other words', () => {
    const given = [true, 1, '1', 'true', false, 0, '0', 'false', 'fraud', 'ring', 2, '', null];
    const batch = batchFrom(given.map((label) => paymentOf({ label })));
    expect(given.map((_, row) => batch.text('label', row))).toEqual([
      ...['fraud', 'fraud', 'fraud', 'fraud', 'honest', 'honest', 'honest', 'honest'],
      ...['fraud', 'ring', '2', undefined, undefined],
    ]);
    expect(Object.keys(batch.view(0))).not.toContain('label');
  });
});
