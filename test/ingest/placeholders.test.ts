import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Failure } from '../../pipeline/failure.ts';
import { parsePlaceholders, Placeholders } from '../../pipeline/ingest/placeholders.ts';

const shipped = parsePlaceholders(
  readFileSync(new URL('../../config/lists/placeholders.txt', import.meta.url), 'utf8'),
);
const placeholders = new Placeholders(shipped);

function isPlaceholder(text: string, address = false): boolean {
  const bytes = Buffer.from(`[${text}]`);
  return placeholders.matches(bytes, 1, bytes.length - 1, address);
}

describe('a placeholder', () => {
  it.each([
    ...[
      '',
      ' ',
      'unknown',
      'UNKNOWN',
      ' Unknown ',
      'n/a',
      'null',
      '未知',
      '(null)',
      '-',
      '--',
      '???',
      '0',
      '000',
    ],
    ...[
      '0.0.0.0',
      '::',
      '00:00:00:00:00:00',
      '00000000-0000-0000-0000-000000000000',
      '{0000-0000}',
      '000000000000000',
    ],
    ...[
      'ff:ff:ff:ff:ff:ff',
      'FFFFFFFFffffffff',
      '11111111-1111-1111-1111-111111111111',
      '02:00:00:00:00:00',
    ],
    ...['9774D56D682E549C'],
  ])('is %j', (text) => {
    expect(isPlaceholder(text)).toBe(true);
  });

  it.each([
    ...[
      'a',
      '7',
      '77',
      '8888888',
      'acc-1',
      'unknown1',
      '00000001',
      'ffffffff0',
      '10.0.0.1',
      'nul',
      '无名',
      'é',
    ],
    ...['01000000-0000-0000-0000-000000000000', 'x'.repeat(7), 'undefined-7', '上上上上上上上上'],
  ])('is not %j', (text) => {
    expect(isPlaceholder(text)).toBe(false);
  });

  it('of an address is all zeros or listed, since 11.11.11.11 is an address', () => {
    expect(['0.0.0.0', '::', '127.0.0.1', '::1'].map((text) => isPlaceholder(text, true))).toEqual(
      Array(4).fill(true),
    );
    expect(isPlaceholder('11.11.11.11', true)).toBe(false);
    expect(isPlaceholder('11.11.11.11', false)).toBe(true);
  });

  it('list may have comments, blanks and carriage returns', () => {
    expect(parsePlaceholders('# none\r\n a \r\n\n#x\nb')).toEqual(['a', 'b']);
  });

  it('longer than 64 bytes is refused with a clear failure', () => {
    expect(() => new Placeholders(['x'.repeat(65)])).toThrow(Failure);
  });
});
