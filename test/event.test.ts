import { describe, expect, it } from 'vitest';
import { EventBatch, EventView } from '../pipeline/event.ts';
import { TEXT_FIELDS } from '../pipeline/event-fields.ts';
import { at, batchFrom, eventOf, paymentOf, START_MS, testDecoder } from './support/events.ts';

describe('EventBatch', () => {
  it('shows each event through accessors, missing fields as undefined', () => {
    const batch = batchFrom([
      paymentOf({ note: { a: 1 } }),
      eventOf('login', { occurredAt: at(5) }),
    ]);
    expect(batch.length).toBe(2);
    const login = batch.view(1);
    expect(login).toMatchObject({ id: 'e-1', type: 'login', accountId: 'acc-1', attributes: {} });
    expect(login.occurredAtMs).toBe(START_MS + 5);
    for (const field of ['ip', 'amountMinor', 'terms', 'latitude', 'city', 'refundOf'] as const) {
      expect(login[field]).toBeUndefined();
    }
    expect(batch.view(0).attributes).toEqual({ note: { a: 1 } });
  });

  it('lets a view be moved from row to row', () => {
    const batch = batchFrom([paymentOf(), paymentOf({ id: 'p-2', amount: 7 })]);
    const view = new EventView(batch, 0);
    expect(view.amountMinor).toBe(2500);
    view.row = 1;
    expect([view.id, view.amountMinor]).toEqual(['p-2', 7]);
  });

  it('gives the bytes of a field, none when it is absent or empty', () => {
    const batch = batchFrom([paymentOf({ category: '', channel: undefined })]);
    expect(batch.bytesOf('id', 0).toString()).toBe('p-1');
    expect(batch.bytesOf('category', 0)).toHaveLength(0);
    expect(batch.text('category', 0)).toBe('');
    expect(batch.bytesOf('channel', 0)).toHaveLength(0);
    expect(batch.text('channel', 0)).toBeUndefined();
  });

  it('remembers nothing of the events before when it is cleared and used again', () => {
    const decoder = testDecoder();
    const full = paymentOf({ geo: { lat: 1, lon: 2, city: 'X' }, terms: 3, label: 'fraud', x: 1 });
    const batch = batchFrom([full, full], { decoder });
    batch.late[0] = 1;
    batch.clear();
    expect([batch.length, batch.source.length]).toEqual([0, 0]);
    decoder.decode(Buffer.from(JSON.stringify(eventOf('login'))), START_MS, batch);
    const fresh = batchFrom([eventOf('login')], { capacity: batch.capacity });
    for (const field of TEXT_FIELDS) expect(batch.text(field, 0)).toBe(fresh.text(field, 0));
    for (const column of [
      'keyLo',
      'keyHi',
      'bodyHash',
      'late',
      'amountMinor',
      'terms',
      'latitude',
    ] as const) {
      const ofFirst = (one: EventBatch): number[] =>
        [...one[column]].filter((_, cell) => cell % batch.capacity === 0);
      expect(ofFirst(batch)).toEqual(ofFirst(fresh));
    }
  });
});
