import { describe, expect, it } from 'vitest';
import { EventTimePeek } from '../../pipeline/ingest/kafka-event-time.ts';

const at = Date.UTC(2026, 9, 1, 8, 30, 5, 250);

describe('the event time read from raw bytes', () => {
  it.each([
    ['plain', `{"id":"a","occurredAt":"2026-10-01T08:30:05.250Z"}`],
    ['with blanks', `{ "occurredAt" :\n "2026-10-01T08:30:05.250Z" }`],
    ['with an offset', `{"occurredAt":"2026-10-01T16:30:05.25+08:00","id":"a"}`],
  ])('is found %s', (_name, json) => {
    expect(new EventTimePeek().of(Buffer.from(json))).toBe(at);
  });

  it.each([
    ['nothing', ''],
    ['another format', '\u0000\u0001binary'],
    ['a number', '{"occurredAt":1790843405250}'],
    ['an unfinished text', '{"occurredAt":"2026-10-01'],
    ['no time', '{"occurredAt":"yesterday"}'],
  ])('is NaN for %s', (_name, text) => {
    expect(new EventTimePeek().of(Buffer.from(text))).toBeNaN();
  });

  it('is found wherever it stands, after records in which it stood elsewhere', () => {
    const peek = new EventTimePeek();
    for (let before = 0; before < 200; before += 7) {
      const json = `{"id":"${'x'.repeat((before * 37) % 150)}","occurredAt":"2026-10-01T08:30:05.250Z"}`;
      expect(peek.of(Buffer.from(json))).toBe(at);
    }
  });
});
