import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EventBatch } from '../../pipeline/event.ts';
import { maskEvent } from '../../pipeline/http/mask.ts';
import { holdsCard } from '../../pipeline/ingest/card-number.ts';
import { newDecoder, payment } from './running.ts';

const CARD = '4111111111111111';
const decoder = newDecoder();
const masked = (text: string): string => maskEvent(Buffer.from(text), decoder.cards).toString();

/** What the pipeline would see of an event. */
function seen(text: string): unknown {
  const batch = new EventBatch(1);
  const failure = decoder.decode(Buffer.from(text), Date.parse('2026-10-01T03:00:00Z'), batch);
  if (failure !== undefined) return failure.reason;
  const { id, cardId, attributes } = batch.view(0);
  return { id, cardId, attributes, bodyHash: batch.bodyHash[0] };
}

describe('an event on its way to the log', () => {
  it('is the very same bytes when it holds no card number', () => {
    const bytes = Buffer.from(
      payment('e1', { note: 'call 13800138000 \u0034', at: 1759284000000 }),
    );
    expect(maskEvent(bytes, decoder.cards)).toBe(bytes);
    const escaped = Buffer.from('{"note":"\\u0034 and \\\\u0034"}');
    expect(maskEvent(escaped, decoder.cards)).toBe(escaped);
  });

  it.each([
    ['in a string', `{"cardId":"${CARD}"}`],
    ['in groups', '{"cardId":"4111 1111-1111 1111"}'],
    ['as a bare number', `{"a":{"n":${CARD}}}`],
    ['with a sign and a fraction', `{"n":-${CARD}.50}`],
    ['in a key', `{"${CARD}":1}`],
    ['in escapes', '{"cardId":"\\u003411111111111111\\u0031"}'],
    ['with escaped separators', '{"cardId":"4111\\u00201111\\u002d1111 1111"}'],
    ['in text that is no JSON', '4111 1111 1111 1111 {'],
    ['in a string that never ends', `{"cardId":"${CARD}`],
  ])('has a card number masked %s', (_where, text) => {
    const result = masked(text);
    expect(result).toContain('411111******1111#');
    expect(holdsCard(Buffer.from(result), 0, Buffer.byteLength(result))).toBe(false);
  });

  it('stays JSON where a long number is no card: a coordinate, an instant', () => {
    const text = `{"lat":39.9${CARD},"card":${CARD}}`;
    expect(JSON.parse(masked(text))).toMatchObject({ lat: 39.94111111111111 });
  });

  it('is decoded as if it had not been masked before', () => {
    const value = fc.constantFrom<unknown>(
      CARD,
      Number(CARD),
      `pay ${CARD} now`,
      'plain',
      17,
      39.94111111111111,
      '\\"\u0034',
    );
    const event = fc.record({
      cardId: fc.constantFrom(CARD, 'card-7'),
      note: value,
      deep: fc.array(value),
      [CARD]: value,
    });
    fc.assert(
      fc.property(fc.constantFrom('e1', CARD), event, (id, more) => {
        const text = payment(id, more);
        expect(seen(masked(text))).toEqual(seen(text));
      }),
    );
  });
});
