/** What joins events: the keys of their windows, and card numbers that are masked and yet told apart. */

import { describe, expect, it } from 'vitest';
import { EventBatch } from '../../pipeline/event.ts';
import { KEY_FIELDS, keyColumn, type KeyField } from '../../pipeline/event-fields.ts';
import { isMistakenAddress } from '../../pipeline/ingest/decode-address.ts';
import { batchFrom, paymentOf, START_MS, testDecoder, type PlainEvent } from '../support/events.ts';

const RECEIVED_MS = START_MS + 1000;

function keyOf(batch: EventBatch, field: KeyField, row: number): string {
  batch.requireKey(keyColumn(field));
  const cell = keyColumn(field) * batch.capacity + row;
  return `${batch.keyHi[cell]!}:${batch.keyLo[cell]!}`;
}

const ABSENT = '0:0';

describe('window keys', () => {
  it('are equal for equal values, different for others, and absent for placeholders', () => {
    const batch = batchFrom([
      paymentOf({ deviceId: 'dev-1' }),
      paymentOf({ deviceId: 'dev-1', ip: '203.0.113.200' }),
      paymentOf({ deviceId: 'Unknown', ip: '0.0.0.0', accountId: '00000000', merchantId: '' }),
      paymentOf({ deviceId: '02:00:00:00:00:00', ip: 'token-9', cardId: null }),
      paymentOf({ deviceId: '00000000-0000-0000-0000-000000000000', ip: '::ffff:203.0.113.9' }),
    ]);
    expect(keyOf(batch, 'deviceId', 0)).not.toBe(ABSENT);
    expect(keyOf(batch, 'deviceId', 1)).toBe(keyOf(batch, 'deviceId', 0));
    for (const row of [2, 3, 4]) expect(keyOf(batch, 'deviceId', row)).toBe(ABSENT);
    for (const field of ['ip', 'ipPrefix', 'accountId', 'merchantId'] as const) {
      expect(keyOf(batch, field, 2)).toBe(ABSENT);
    }
    expect(batch.view(2)).toMatchObject({ deviceId: 'Unknown', accountId: '00000000' });
    expect(keyOf(batch, 'cardId', 3)).toBe(ABSENT);
    expect(keyOf(batch, 'ip', 3)).not.toBe(ABSENT);
    expect(keyOf(batch, 'ipPrefix', 3)).toBe(ABSENT);
    for (const row of [1, 4]) {
      expect(keyOf(batch, 'ipPrefix', row)).toBe(keyOf(batch, 'ipPrefix', 0));
      expect(keyOf(batch, 'ip', row)).not.toBe(keyOf(batch, 'ip', 0));
    }
  });

  it('see one address in all its spellings, and one /64 around it', () => {
    const spellings = ['2001:db8::1', '2001:DB8:0:0:0:0:0:1', '2001:0db8::0001'];
    const batch = batchFrom(
      [...spellings, '2001:db8::2', '2001:db8:0:1::1'].map((ip) => paymentOf({ ip })),
    );
    expect([0, 1, 2].map((row) => batch.text('ip', row))).toEqual(Array(3).fill('2001:db8::1'));
    expect(new Set([0, 1, 2, 3].map((row) => keyOf(batch, 'ipPrefix', row))).size).toBe(1);
    expect(new Set([0, 1, 2].map((row) => keyOf(batch, 'ip', row))).size).toBe(1);
    expect(new Set([0, 3, 4].map((row) => keyOf(batch, 'ip', row))).size).toBe(3);
    expect(keyOf(batch, 'ipPrefix', 4)).not.toBe(keyOf(batch, 'ipPrefix', 0));
  });

  const DRESSED = [
    ...['203.0.113.9:443', ' 203.0.113.9', '203.0.113.9 ', '[203.0.113.9]:65535'],
    ...['[::ffff:203.0.113.9]', '::ffff:203.0.113.9', '203.0.113.9:', '[203.0.113.9]:'],
  ];
  it.each(DRESSED)('are those of the address that %s holds', (ip) => {
    const decoder = testDecoder();
    const batch = batchFrom([paymentOf({ ip: '203.0.113.9' }), paymentOf({ ip })], { decoder });
    expect(batch.text('ip', 1)).toBe('203.0.113.9');
    expect(keyOf(batch, 'ip', 1)).toBe(keyOf(batch, 'ip', 0));
    expect(keyOf(batch, 'ipPrefix', 1)).toBe(keyOf(batch, 'ipPrefix', 0));
    const { lo, hi } = decoder.keyOf('ip', ip);
    expect(`${hi}:${lo}`).toBe(keyOf(batch, 'ip', 0));
    expect(batch.mistakenAddresses).toEqual([]);
  });

  it.each(['[2001:db8::1]:443', '[2001:DB8::1]', ' 2001:db8::1'])('take %s for IPv6', (ip) => {
    expect(batchFrom([paymentOf({ ip })]).text('ip', 0)).toBe('2001:db8::1');
  });

  it('of a placeholder with a port are absent', () => {
    const batch = batchFrom([paymentOf({ ip: '0.0.0.0:443' })]);
    expect(keyOf(batch, 'ip', 0)).toBe(ABSENT);
    expect(batch.mistakenAddresses).toEqual([]);
  });

  const MISTAKEN = [
    ...['999.1.1.1', '203.0.113', '203.0.113.', '203.0.113.09', '203.0.113:443', '1.2.3.4.5'],
    ...['203.0.113.9, 10.0.0.1', '203.0.113.9:443, 10.0.0.1', '203.0.113.9,203.0.113.9'],
    ...['unknown, 203.0.113.9', '2001:db8::1, 2001:db8::2, 2001:db8::3, 2001:db8::4'],
    ...['for=203.0.113.9', 'For="[2001:db8::1]:4711";proto=https', 'for="203.0.113.9:4711"'],
    ...['proto=http;by=10.0.0.1;for=203.0.113.9', 'for=203.0.113.9, for=10.0.0.1'],
    ...['[fe80::1%eth0]:443', '[fe80::1%eth0]'],
    ...['203.0.113.0/24', '2001:db8::1::2', '[2001:db8::1::2]:443', 'aa:bb:cc:dd:ee:ff'],
  ];
  it.each(MISTAKEN)('are absent for %s, which is written as an address, and counted', (ip) => {
    const decoder = testDecoder();
    const batch = batchFrom([paymentOf(), paymentOf({ ip })], { decoder });
    expect(keyOf(batch, 'ip', 1)).toBe(ABSENT);
    expect(keyOf(batch, 'ipPrefix', 1)).toBe(ABSENT);
    expect(batch.text('ip', 1)).toBe(ip);
    expect(decoder.keyOf('ip', ip)).toEqual({ lo: 0, hi: 0 });
    expect(batch.mistakenAddresses).toEqual([1]);
    batch.clear();
    expect(batch.mistakenAddresses).toEqual([]);
  });

  const TOKENS = [
    ...['9f86d081884c7d65', 'n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is', 'fe80::1%eth0', '1234567890'],
    'SHA256:9f:86:d0:81:88:4c:7d:65:9a:2f:ea:a0:c5:5a:d0:15',
    '9f:86:d0:81:88:4c:7d:65:9a:2f:ea:a0:c5:5a:d0:15',
    ...['for=_hidden', 'for=unknown;proto=https', 'v=1.2.3', 'n4bQgYhMfWWaL+qgxVrQFQ=='],
    ...['9f86d081.884c7d65', '3fa9.b2c1', '3fa9.b2c1.0d4e', '1:9f86d081884c', '12345678.90123456'],
  ];
  it.each(TOKENS)('are there for the token %s', (ip) => {
    const batch = batchFrom([paymentOf({ ip })]);
    expect(keyOf(batch, 'ip', 0)).not.toBe(ABSENT);
    expect(keyOf(batch, 'ipPrefix', 0)).toBe(ABSENT);
    expect(batch.mistakenAddresses).toEqual([]);
  });

  it('ask of a long text no more than of a short one for each of its letters', () => {
    for (const text of [`1${'.'.repeat(300_000)}[`, `x,${'1.'.repeat(150_000)}[`]) {
      expect(isMistakenAddress(Buffer.from(text), 0, text.length)).toBe(false);
    }
  });

  it('are what keyOf gives for the same text', () => {
    const decoder = testDecoder();
    const attributes = { payeeId: 'p "1"', phoneHash: '上海', inviterId: 77, campaignId: 'c-1' };
    const ip = '2001:db8:0::1';
    const given = paymentOf({ cardId: '4111111111111111', ip, geo: { city: '上海' }, attributes });
    const texts: PlainEvent = { ...given, ...attributes, ip, ipPrefix: ip, city: '上海' };
    const batch = batchFrom([given], { decoder });
    for (const field of KEY_FIELDS) {
      const text = texts[field];
      const { lo, hi } = decoder.keyOf(field, String(text));
      expect(lo | hi).not.toBe(0);
      expect(`${hi}:${lo}`).toBe(keyOf(batch, field, 0));
    }
    expect(decoder.keyOf('deviceId', 'n/a')).toEqual({ lo: 0, hi: 0 });
    expect(decoder.keyOf('ipPrefix', 'token')).toEqual({ lo: 0, hi: 0 });
  });
});

describe('keys among the attributes', () => {
  it('are the same inside `attributes` and beside the other fields, as text and as an integer', () => {
    const batch = batchFrom([
      paymentOf({ payeeId: 'payee-1' }),
      paymentOf({ attributes: { a: [1, '}'], payeeId: 'payee-1', z: { payeeId: 'x' } } }),
      paymentOf({ attributes: { a: { payeeId: 'payee-1' }, 'x"payeeId': 'payee-1' } }),
      paymentOf({ payeeId: 4711 }),
      paymentOf({ payeeId: '4711' }),
    ]);
    expect([0, 1, 2, 3].map((row) => batch.view(row).payeeId)).toEqual([
      'payee-1',
      'payee-1',
      undefined,
      '4711',
    ]);
    expect(keyOf(batch, 'payeeId', 1)).toBe(keyOf(batch, 'payeeId', 0));
    expect(keyOf(batch, 'payeeId', 2)).toBe(ABSENT);
    expect(keyOf(batch, 'payeeId', 3)).toBe(keyOf(batch, 'payeeId', 4));
  });

  it('are absent when missing, empty, a placeholder, or neither text nor an integer', () => {
    const values = [undefined, null, '', 'unknown', '00000000', true, 1.5, ['p'], { id: 'p' }];
    const batch = batchFrom(values.map((phoneHash) => paymentOf({ phoneHash })));
    for (const row of values.keys()) expect(keyOf(batch, 'phoneHash', row)).toBe(ABSENT);
  });

  it('follow a batch that grows and one that is used again', () => {
    const decoder = testDecoder();
    const batch = new EventBatch(2);
    const take = (event: PlainEvent): void => {
      decoder.decode(Buffer.from(JSON.stringify(event)), RECEIVED_MS, batch);
    };
    take(paymentOf({ category: 'fuel' }));
    const fuel = keyOf(batch, 'category', 0);
    take(paymentOf({ category: 'fuel' }));
    expect(keyOf(batch, 'category', 1)).toBe(fuel);
    batch.clear();
    take(paymentOf({ category: undefined }));
    expect(keyOf(batch, 'category', 0)).toBe(ABSENT);
  });
});

describe('a full card number', () => {
  it('is masked in every field, known or not, at any depth, in keys and in numbers', () => {
    const card = '6228480402564890018';
    const json = JSON.stringify(
      paymentOf({
        id: card,
        cardId: card,
        merchantId: `m ${card}`,
        note: 'paid with 4111 1111-1111 1111',
        list: [{ deep: '4111111111111111' }],
        '4111111111111111': 1,
        geo: { city: card },
        exact: 'EXACT',
      }),
    )
      .replace('"EXACT"', card)
      .replace('"geo"', '"small":4111111111111111,"exponent":4.111111111111111e15,"geo"');
    const batch = new EventBatch(2);
    const decoder = testDecoder();
    expect(decoder.decode(Buffer.from(json), RECEIVED_MS, batch)).toBeUndefined();
    const refund = paymentOf({ id: 'r-1', type: 'refund', refundOf: '6228 4804 0256 4890 018' });
    expect(decoder.decode(Buffer.from(JSON.stringify(refund)), RECEIVED_MS, batch)).toBeUndefined();
    const source = batch.source[0]!.toString();
    expect(source).not.toMatch(/\d{13}|4890018|111111111/);
    expect(batch.text('id', 0)).toMatch(/^622848\*{9}0018#[a-p]{12}$/);
    expect(batch.text('refundOf', 1)).toBe(batch.text('id', 0));
    expect(Object.keys(batch.view(0).attributes)).toHaveLength(6);
    expect(batch.view(0).attributes['exact']).toBe(batch.text('id', 0));
  });

  it('stays distinct from another that looks alike', () => {
    const batch = batchFrom([
      paymentOf({ cardId: '4111110009591111' }),
      paymentOf({ cardId: '4111110027401111' }),
      paymentOf({ cardId: '4111110009591111' }),
    ]);
    expect(batch.text('cardId', 0)!.slice(0, 16)).toBe('411111******1111');
    expect(keyOf(batch, 'cardId', 0)).not.toBe(keyOf(batch, 'cardId', 1));
    expect(keyOf(batch, 'cardId', 0)).toBe(keyOf(batch, 'cardId', 2));
  });
});
