/** The scanner against its authority: whatever the bytes, both paths give the same row or the same failure. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EventBatch } from '../../pipeline/event.ts';
import { KEY_FIELDS, TEXT_FIELDS } from '../../pipeline/event-fields.ts';
import type { DecodeFailure, Decoder } from '../../pipeline/ingest/decode.ts';
import { paymentOf, START_MS, testDecoder } from '../support/events.ts';
import { event, layout, mutation, order, shuffled, soundEvent } from './scan-arbitraries.ts';

const RECEIVED_MS = START_MS + 86_400_000;

/** Everything a row holds, text by value and not by where it lies. */
function rowOf(batch: EventBatch, row: number): Record<string, unknown> {
  const text = Object.fromEntries(TEXT_FIELDS.map((field) => [field, batch.text(field, row)]));
  KEY_FIELDS.forEach((_, key) => {
    batch.requireKey(key);
  });
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

describe('the scanner and the general path', () => {
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
