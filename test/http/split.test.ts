import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { splitArray, splitLines } from '../../pipeline/http/split.ts';

const texts = (parts: readonly Buffer[] | undefined): string[] | undefined =>
  parts?.map((part) => part.toString());
const split = (text: string): string[] | undefined => texts(splitArray(Buffer.from(text)));

function parsed(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return undefined;
  }
}

describe('splitArray', () => {
  it('hands out the bytes of each element as they were sent', () => {
    expect(split(' [ {"a": 1} ,\n"x,]\\"[" , [1,[2]],-1.5e3 ] ')).toEqual([
      '{"a": 1}',
      '"x,]\\"["',
      '[1,[2]]',
      '-1.5e3',
    ]);
    expect(split('[]')).toEqual([]);
    expect(split(' [\t]\n')).toEqual([]);
  });

  it.each([
    '',
    '  ',
    '{}',
    '[',
    '[1',
    '[1,',
    '[1,]',
    '[,1]',
    '[1,,2]',
    '[1]]',
    '[1] x',
    '["a]',
    '[{]',
    '[1}',
    'x[1]',
    '[\u00a01]x',
  ])('refuses %j', (text) => {
    expect(split(text)).toBeUndefined();
  });

  it('splits every valid array as JSON.parse does, with any white space', () => {
    fc.assert(
      fc.property(
        fc.array(fc.jsonValue()),
        fc.constantFrom(undefined, 1, '\t'),
        (values, indent) => {
          const text = JSON.stringify(values, undefined, indent);
          const elements = split(text)!.map((element) => JSON.parse(element) as unknown);
          expect(elements).toEqual(JSON.parse(text));
        },
      ),
    );
  });

  it('never makes valid elements of an invalid array', () => {
    const piece = fc.constantFrom(
      '[',
      ']',
      '{',
      '}',
      ',',
      '"',
      '\\',
      ':',
      '1',
      ' ',
      '\n',
      'true',
      '"a"',
      '{"b":1}',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const text = `[${pieces.join('')}`;
        const elements = split(text);
        const allValid = elements?.every((element) => parsed(element) !== undefined) === true;
        expect(allValid).toBe(parsed(text) !== undefined && parsed(text)!.value instanceof Array);
      }),
      { numRuns: 3000 },
    );
  });
});

describe('splitLines', () => {
  it('takes a line for an event and leaves out empty ones', () => {
    const body = Buffer.from('{"a":1}\r\n\n  \n {"b":2} \n{"c":3}');
    expect(texts(splitLines(body))).toEqual(['{"a":1}', '{"b":2}', '{"c":3}']);
    expect(splitLines(Buffer.alloc(0))).toEqual([]);
  });
});
