import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Decision } from '../../pipeline/decide/decision.ts';
import { EVENT_TYPES } from '../../pipeline/event.ts';
import { encodedText, RowWriter } from '../../pipeline/record/row-writer.ts';
import {
  arrival,
  defineTable,
  instant,
  int64,
  nullable,
  text,
  textMap,
  texts,
} from '../../pipeline/record/table.ts';
import { decisions, encodeDecision } from '../../pipeline/record/tables/decisions.ts';
import { encodeEvent, events } from '../../pipeline/record/tables/events.ts';
import { decodeRows } from './row-binary.ts';
import { batchOf, type SampleEvent } from './sample-batch.ts';

const anyText = fc.string({ unit: 'binary', maxLength: 300 });
const optionalText = fc.option(anyText, { nil: undefined });
const optionalInteger = fc.option(fc.maxSafeNat(), { nil: undefined });
const degrees = fc.option(fc.double({ noNaN: true, min: -180, max: 180 }), { nil: undefined });

const sampleEvent = fc.record<SampleEvent>({
  id: anyText,
  accountId: anyText,
  type: fc.constantFrom(...EVENT_TYPES),
  customerId: optionalText,
  cardId: optionalText,
  deviceId: optionalText,
  ip: optionalText,
  merchantId: optionalText,
  category: optionalText,
  channel: optionalText,
  instrument: optionalText,
  currency: optionalText,
  refundOf: optionalText,
  city: optionalText,
  attributes: optionalText,
  label: optionalText,
  occurredAtMs: fc.integer({ min: -(2 ** 40), max: 2 ** 43 }),
  receivedAtMs: fc.integer({ min: 0, max: 2 ** 43 }),
  amountMinor: optionalInteger,
  terms: fc.option(fc.integer(), { nil: undefined }),
  latitude: degrees,
  longitude: degrees,
  bodyHash: fc.integer(),
  late: fc.boolean(),
});

/** What the row must say, by the schema's rules: absent text is '', absent numbers are null. */
function expectedEvent(sample: SampleEvent, sequence: number): Record<string, unknown> {
  return {
    event_id: sample.id,
    type: sample.type,
    occurred_at: BigInt(sample.occurredAtMs),
    account_id: sample.accountId,
    customer_id: sample.customerId ?? '',
    card_id: sample.cardId ?? '',
    device_id: sample.deviceId ?? '',
    ip: sample.ip ?? '',
    merchant_id: sample.merchantId ?? '',
    category: sample.category ?? '',
    channel: sample.channel ?? '',
    instrument: sample.instrument ?? '',
    currency: sample.currency ?? '',
    refund_of: sample.refundOf ?? '',
    city: sample.city ?? '',
    attributes: sample.attributes ?? '',
    label: sample.label ?? '',
    amount_minor: sample.amountMinor === undefined ? null : BigInt(sample.amountMinor),
    terms: sample.terms ?? null,
    latitude: sample.latitude ?? null,
    longitude: sample.longitude ?? null,
    source: 'file:höchst.ndjson',
    received_at: BigInt(sample.receivedAtMs!),
    body_hash: sample.bodyHash,
    late: sample.late,
    arrival: (40_000n << 38n) + BigInt(sequence),
    recorded_at: 1_773_446_400_123n,
  };
}

/** What a reader of UTF-8 sees of a string: a lone surrogate becomes the replacement character. */
function wellFormed<T>(value: T): T {
  return JSON.parse(JSON.stringify(value), (_, item: unknown) =>
    typeof item === 'string' ? Buffer.from(item).toString() : item,
  ) as T;
}

describe('encoding of events', () => {
  it('writes every field of any event so that the bytes read back as the event', () => {
    fc.assert(
      fc.property(fc.array(sampleEvent, { minLength: 1, maxLength: 8 }), (drawn) => {
        const samples = wellFormed(drawn);
        const batch = batchOf(samples);
        const out = new RowWriter(16);
        samples.forEach((_, i) => {
          const stamp = { epoch: 40_000, sequence: i + 1, recordedAtMs: 1_773_446_400_123 };
          encodeEvent(out, batch, i, encodedText('file:höchst.ndjson'), stamp);
        });
        expect(decodeRows(events, out.written())).toEqual(
          samples.map((sample, i) => expectedEvent(sample, i + 1)),
        );
      }),
      { numRuns: 300 },
    );
  });

  it('names the decision by the event and lists only the detectors that act', () => {
    const finding = {
      detector: 'same-ip',
      mode: 'live',
      band: 'block',
      conclusive: true,
      measure: 9,
      threshold: 5,
      unit: 'accounts',
      windowMs: 600_000,
      subject: 'ip',
      subjectValue: '203.0.113.9',
      evidence: {},
    } as const;
    const decision: Decision = {
      verdict: 'block',
      reasons: ['conclusive_finding'],
      findings: [finding, { ...finding, detector: 'many-cards', mode: 'shadow' }],
      listed: [
        {
          list: 'watch',
          kind: 'ips',
          value: '203.0.113.0/24',
          reason: 'seen in a farm',
          author: 'li',
          entryId: '1-0.0',
        },
      ],
      late: true,
    };
    const batch = batchOf([
      { id: 'ö-1', accountId: 'a', occurredAtMs: 1000, amountMinor: 20_000, type: 'refund' },
    ]);
    const out = new RowWriter();
    const [config, engine] = [encodedText('c0ffee'), encodedText('0.1.0')];
    const stamp = { epoch: 1, sequence: 7, recordedAtMs: 5 };
    encodeDecision(out, batch, 0, decision, config, engine, 12.6, stamp);
    expect(decodeRows(decisions, out.written())).toEqual([
      {
        decision_id: 'dec_ö-1',
        event_id: 'ö-1',
        type: 'refund',
        occurred_at: 1000n,
        account_id: 'a',
        amount_minor: 20_000n,
        verdict: 2,
        reasons: ['conclusive_finding'],
        detectors: ['same-ip'],
        listed:
          '[{"list":"watch","kind":"ips","value":"203.0.113.0/24","reason":"seen in a farm","author":"li","entryId":"1-0.0"}]',
        late: true,
        config_version: 'c0ffee',
        engine_version: '0.1.0',
        latency_us: 13,
        arrival: 2n ** 38n + 7n,
        recorded_at: 5n,
      },
    ]);
  });
});

describe('encoding of plain rows', () => {
  const table = defineTable('any', {
    name: text,
    when: instant,
    amount: int64,
    limit: nullable(int64),
    tags: texts,
    files: textMap,
    place: arrival,
  });

  it('keeps every safe integer, text, list and map', () => {
    const row = fc.record({
      name: anyText,
      when: fc.integer({ min: -(2 ** 42), max: 2 ** 43 }),
      amount: fc.maxSafeInteger(),
      limit: fc.option(fc.maxSafeInteger(), { nil: undefined }),
      tags: fc.array(anyText, { maxLength: 200 }),
      files: fc.dictionary(fc.string({ minLength: 1 }), anyText, { noNullPrototype: true }),
      place: fc.record({
        epoch: fc.integer({ min: 1, max: 2 ** 26 - 1 }),
        sequence: fc.integer({ min: 0, max: 2 ** 38 - 1 }),
      }),
    });
    fc.assert(
      fc.property(row, (drawn) => {
        const value = {
          ...drawn,
          ...wellFormed({ name: drawn.name, tags: drawn.tags, files: drawn.files }),
        };
        const out = new RowWriter(16);
        table.encode(out, value);
        expect(decodeRows(table, out.written())).toEqual([
          {
            name: value.name,
            when: BigInt(value.when),
            amount: BigInt(value.amount),
            limit: value.limit === undefined ? null : BigInt(value.limit),
            tags: value.tags,
            files: value.files,
            place: (BigInt(value.place.epoch) << 38n) + BigInt(value.place.sequence),
          },
        ]);
      }),
      { numRuns: 300 },
    );
  });

  it('reads a string back from the offset where it was written, whatever its length', () => {
    const long = 'ä'.repeat(40_000);
    const out = new RowWriter(16);
    out.text('first');
    const at = out.length;
    out.text(long);
    expect([out.textAt(0), out.textAt(at)]).toEqual(['first', long]);
  });

  it('copies a span of any length as it stands, up to the last byte of its memory', () => {
    const memory = Uint8Array.from({ length: 60 }, (_, i) => i + 1);
    for (let start = 0; start <= memory.length; start++) {
      const source = memory.subarray(start);
      for (let length = -1; length <= source.length; length++) {
        const [spans, bytes] = [new RowWriter(4), new RowWriter(4)];
        spans.from(source);
        spans.span(0, length);
        spans.span(source.length - Math.max(0, length), length);
        bytes.bytes(source, 0, length);
        bytes.bytes(source, source.length - Math.max(0, length), length);
        expect(spans.written()).toEqual(bytes.written());
      }
    }
  });

  it('starts over after clear, and lets go of the memory of a burst', () => {
    const out = new RowWriter(16);
    out.text('x'.repeat(1_000_000));
    out.clear(1000);
    out.text('y');
    expect(decodeRows(defineTable('one', { name: text }), out.written())).toEqual([{ name: 'y' }]);
  });
});
