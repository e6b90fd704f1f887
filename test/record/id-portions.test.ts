import { describe, expect, it } from 'vitest';
import { portionsOf } from '../../pipeline/record/id-portions.ts';

/** What a ClickHouse server takes as one parameter. */
const SERVER_TAKES = 128 * 1024;

function portions(values: readonly string[]): readonly (readonly string[])[] {
  return [...portionsOf(values, (value) => value)];
}

/** As the client writes an array of strings. */
function written(values: readonly string[]): number {
  const escaped = values.map((value) => `'${value.replace(/['\\\t\n\r]/g, '\\$&')}'`);
  return Buffer.byteLength(`[${escaped.join(',')}]`);
}

describe('portions of ids', () => {
  it('are few while the ids are short, hold each once, and are none of none', () => {
    const ids = Array.from({ length: 6000 }, (_, n) => `pay-${n}`);
    expect(portions(ids).map(({ length }) => length)).toEqual([2500, 2500, 1000]);
    expect(portions(ids).flat()).toEqual(ids);
    expect(portions([])).toEqual([]);
  });

  it('fit what a server takes, whatever the ids are written with', () => {
    for (const letter of ['a', '中', "'", '\\', '\n']) {
      const long = letter.repeat(Math.floor(252 / Buffer.byteLength(letter)));
      const ids = Array.from({ length: 2500 }, (_, n) => `${1000 + n}${long}`);
      const found = portions(ids);
      expect(found.flat()).toEqual(ids);
      for (const portion of found) expect(written(portion)).toBeLessThan(SERVER_TAKES);
    }
  });
});
