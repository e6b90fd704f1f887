import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { inEventOrder, type EventOrderOptions } from '../../pipeline/ingest/event-order.ts';
import type { RawBatch, RawRecord, Source } from '../../pipeline/ingest/source.ts';
import { at, eventOf, paymentOf, testDecoder } from '../support/events.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'order-test-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

function sourceOf(records: readonly RawRecord[], batchRecords = 7): Source {
  return {
    name: 'file:test',
    run: async (deliver, signal) => {
      for (let from = 0; from < records.length && !signal.aborted; from += batchRecords) {
        await deliver({ source: 'file:test', records: records.slice(from, from + batchRecords) });
      }
    },
  };
}

function recordOf(json: string, index: number): RawRecord {
  return { bytes: Buffer.from(json), receivedAtMs: Date.parse(at(1e9)), position: `${index + 1}` };
}

function eventRecord(id: string, offsetMs: number, index: number, amount = 1): RawRecord {
  return recordOf(JSON.stringify(paymentOf({ id, occurredAt: at(offsetMs), amount })), index);
}

async function ordered(
  records: readonly RawRecord[],
  options: Partial<EventOrderOptions> = {},
): Promise<{ texts: string[]; batches: RawBatch[] }> {
  const batches: RawBatch[] = [];
  const source = inEventOrder(sourceOf(records), { decoder: testDecoder(), folder, ...options });
  const take = (batch: RawBatch): Promise<void> => {
    batches.push(batch);
    return Promise.resolve();
  };
  await source.run(take, new AbortController().signal);
  return {
    batches,
    texts: batches.flatMap(({ records: got }) => got.map(({ bytes }) => bytes.toString())),
  };
}

describe('inEventOrder', () => {
  it('orders by event time, then id by bytes, then content, and never by arrival', async () => {
    const records = [
      eventRecord('b', 2000, 0),
      eventRecord('B', 2000, 1),
      eventRecord('a', 5000, 2),
      eventRecord('b', 2000, 3, 0),
      eventRecord('é', 1000, 4),
      eventRecord('z', 1000, 5),
    ];
    const { texts } = await ordered(records);
    const seen = texts.map((text) => JSON.parse(text) as { id: string; amount: number });
    expect(seen.map(({ id, amount }) => `${id}${amount}`)).toEqual([
      'z1',
      'é1',
      'B1',
      'b0',
      'b1',
      'a1',
    ]);
  });

  it('a sign-up comes before the payment of the same instant, whatever their ids', async () => {
    const signUp = eventOf('account.opened', { id: 'z-opened', occurredAt: at(1000) });
    const records = [
      eventRecord('y', 1000, 0),
      eventRecord('z-late', 1001, 1),
      recordOf(JSON.stringify(signUp), 2),
      eventRecord('zz', 999, 3),
    ];
    const { texts } = await ordered(records);
    const ids = texts.map((text) => (JSON.parse(text) as { id: string }).id);
    expect(ids).toEqual(['zz', 'z-opened', 'y', 'z-late']);
  });

  it('gives the same order in memory, through run files, and through merges of merges', async () => {
    const input = fc.array(
      fc.record({ id: fc.integer({ min: 0, max: 30 }), ms: fc.integer({ min: 0, max: 20 }) }),
      {
        maxLength: 120,
      },
    );
    await fc.assert(
      fc.asyncProperty(input, fc.integer({ min: 1, max: 9 }), async (rows, runRecords) => {
        const records = rows.map(({ id, ms }, index) =>
          eventRecord(`id-${id}`, ms, index, index % 3),
        );
        const expected = [...records]
          .map(({ bytes }) => JSON.parse(bytes.toString()) as { id: string; occurredAt: string })
          .map((event) => ({
            key: `${event.occurredAt} ${event.id.padEnd(6)}`,
            text: JSON.stringify(event),
          }))
          .sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : a.text < b.text ? -1 : 1))
          .map(({ text }) => text);
        expect((await ordered(records)).texts).toEqual(expected);
        expect((await ordered(records, { runRecords })).texts).toEqual(expected);
        expect((await ordered(records, { runRecords, mergeWidth: 2 })).texts).toEqual(expected);
      }),
      { numRuns: 40 },
    );
  });

  it('spills by bytes too, keeps every part of a record, and leaves no file behind', async () => {
    const refused = {
      reason: 'bad_csv_row',
      fieldPath: 'amount',
      message: 'not a number',
    } as const;
    const records: RawRecord[] = [
      eventRecord('late', 9000, 0),
      { bytes: Buffer.from('x;y'), receivedAtMs: 12.5, position: '2/1', refused },
      recordOf('not JSON', 2),
      eventRecord('early', 1000, 3),
    ];
    const { batches } = await ordered(records, { runBytes: 1, batchRecords: 3 });
    expect(batches.map((batch) => batch.records.length)).toEqual([3, 1]);
    expect(batches.flatMap((batch) => batch.records)).toEqual([
      records[1],
      records[2],
      records[3],
      records[0],
    ]);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('stops when it is told to and cleans up', async () => {
    const records = Array.from({ length: 50 }, (_, i) => eventRecord(`id-${i}`, i, i));
    const stop = new AbortController();
    const source = inEventOrder(sourceOf(records), {
      decoder: testDecoder(),
      folder,
      runRecords: 10,
      batchRecords: 10,
    });
    let delivered = 0;
    await source.run((batch) => {
      delivered += batch.records.length;
      stop.abort();
      return Promise.resolve();
    }, stop.signal);
    expect(delivered).toBe(10);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('passes a failure of the receiver on and cleans up', async () => {
    const records = Array.from({ length: 50 }, (_, i) => eventRecord(`id-${i}`, i, i));
    const source = inEventOrder(sourceOf(records), {
      decoder: testDecoder(),
      folder,
      runRecords: 10,
    });
    const broken = source.run(
      () => Promise.reject(new Error('no room')),
      new AbortController().signal,
    );
    await expect(broken).rejects.toThrow('no room');
    expect(readdirSync(folder)).toEqual([]);
  });
});
