import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CardMask, holdsCard } from '../../pipeline/ingest/card-number.ts';

const cards = new CardMask('key');
const CARD = '4111111111111111';
const MASKED = cards.text(CARD);

/** Luhn's check as its definition reads, from the right. */
function isLuhn(digits: string): boolean {
  const sum = digits
    .split('')
    .reverse()
    .reduce((total, character, index) => {
      const doubled = Number(character) * (index % 2 === 0 ? 1 : 2);
      return total + (doubled > 9 ? doubled - 9 : doubled);
    }, 0);
  return sum % 10 === 0;
}

describe('a full card number', () => {
  it('keeps its first six and last four digits and gets a token', () => {
    expect(MASKED).toMatch(/^411111\*{6}1111#[a-p]{12}$/);
    expect(new CardMask('another key').text(CARD)).not.toBe(MASKED);
    expect(new CardMask().text(CARD)).toBe('411111******1111');
  });

  it('is the same text however it is written, and wherever it stands', () => {
    for (const written of [
      '4111 1111 1111 1111',
      '4111-1111-1111-1111',
      '411111 1111-111111',
      '4 1'.repeat(0) + CARD,
    ]) {
      expect(cards.text(`<${written}>`)).toBe(`<${MASKED}>`);
      expect(cards.text(`a${written}b`)).toBe(`a${MASKED}b`);
    }
    expect(cards.text(`ref 20240501 ${CARD}, ${CARD}`)).toBe(`ref 20240501 ${MASKED}, ${MASKED}`);
  });

  it.each([
    ['twelve digits', '411111111111'],
    ['twenty digits', '41111111111111110000'],
    ['a wrong check digit', '4111111111111112'],
    ['zeros', '0000000000000000'],
    ['two blanks between groups', '4111  1111  1111  1111'],
    ['dots between groups', '4111.1111.1111.1111'],
    ['a UUID', '12345678-1234-1234-a234-123456789012'],
    ['nothing', ''],
  ])('is not seen in %s', (_, text) => {
    expect(cards.text(text)).toBe(text);
    expect(holdsCard(Buffer.from(text), 0, text.length)).toBe(false);
  });

  it('does not stay in the open beside other groups, whichever reading is a card', () => {
    // Both the first 16 and the last 16 digits can be numbers; all but the ends is covered.
    for (const head of ['20240501 ', '1 ', '4242 4242 4242 4242 ', '0000 ', '12-']) {
      const masked = cards.text(`${head}4111 1111 1111 1111`);
      expect(masked.replaceAll(/#[a-p]{12}/g, '')).not.toMatch(/1111 1111|1{8}/);
    }
  });

  it('leaves the separator behind it where it stands', () => {
    expect(cards.text(`${CARD} paid, ${CARD}-paid, ${CARD} `)).toBe(
      `${MASKED} paid, ${MASKED}-paid, ${MASKED} `,
    );
  });

  it('is masked once and for all where two overlap to more digits than one has', () => {
    const masked = cards.text('14265 5 095 4077553 12823 20921 32238 ');
    expect(masked).toMatch(/^14265 5 095 407755\*{9}2238#[a-p]{12} $/);
    expect(cards.text(masked)).toBe(masked);
  });

  it('is found exactly where a search over all groups by the definition finds one', () => {
    const group = fc.stringMatching(/^[0-9]{1,8}$/);
    const run = fc
      .array(fc.tuple(group, fc.constantFrom(' ', '-', '  ', 'x', '')), { maxLength: 8 })
      .map((parts) => parts.flat().join(''));
    fc.assert(
      fc.property(run, fc.constantFrom('', CARD, ' 6228480402564890018'), (text, card) => {
        const whole = text + card;
        const groups = whole
          .split(/[^0-9 -]|(?<=[ -])(?=[ -])/)
          .map((part) => part.split(/[ -]/).filter((g) => g !== ''));
        const expected = groups.some((list) =>
          list.some((_, from) =>
            list.some((__, to) => {
              const digits = list.slice(from, to + 1).join('');
              return (
                digits.length >= 13 && digits.length <= 19 && isLuhn(digits) && !/^0+$/.test(digits)
              );
            }),
          ),
        );
        expect(holdsCard(Buffer.from(whole), 0, whole.length)).toBe(expected);
        const masked = cards.text(whole);
        expect(masked !== whole).toBe(expected);
        expect(cards.text(masked)).toBe(masked);
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    ['a digit', '\\u0034111111111111111'],
    ['digits in the middle', '4\\u0031111111111111\\u00311'],
    ['blanks', '4111\\u00201111\\u00201111 1111'],
    ['dashes', '4111\\u002d1111\\u002D1111-1111'],
    ['a quoted backslash before them', '\\\\ \\u0034111111111111111'],
  ])('is masked in raw bytes that escape %s', (_what, written) => {
    const masked = cards.bytes(Buffer.from(`{"id":"${written}"}`)).toString();
    expect(masked).toContain(MASKED);
    expect((JSON.parse(masked) as { id: string }).id).toBe(
      cards.text(JSON.parse(`"${written}"`) as string),
    );
  });

  it('is masked in raw bytes that are not UTF-8, and other bytes are kept', () => {
    const broken = Buffer.concat([Buffer.of(0xff, 0xfe), Buffer.from(CARD), Buffer.of(0x80)]);
    expect(cards.bytes(broken)).toEqual(
      Buffer.concat([Buffer.of(0xff, 0xfe), Buffer.from(MASKED), Buffer.of(0x80)]),
    );
    const plain = Buffer.from('{"id":"\\u0034"}');
    expect(cards.bytes(plain)).toBe(plain);
  });

  it('costs linear time on long runs of digits and blanks', () => {
    const text = '4 '.repeat(500_000);
    expect(cards.text(text).length).toBeLessThan(text.length);
  });
});
