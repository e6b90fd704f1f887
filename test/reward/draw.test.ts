import { createHmac, hash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { drawn, drawSeedOf, PPM, prizeAt } from '../../pipeline/reward/draw.ts';

const KEY = Buffer.from('a key for tests');
const { seed, commitment } = drawSeedOf(KEY, 'bills');

describe('a draw', () => {
  test('gives the same number for the same id, and another for another', () => {
    expect(drawn(seed, 'g_1')).toBe(drawn(seed, 'g_1'));
    const numbers = new Set(Array.from({ length: 1000 }, (_, n) => drawn(seed, `g_${n}`)));
    expect(numbers.size).toBeGreaterThan(990);
  });

  test('can be checked by everybody who is given the seed', () => {
    expect(hash('sha256', seed, 'hex')).toBe(commitment);
    const word = createHmac('sha256', seed).update('g_1/0').digest().readUInt32BE(0);
    expect(word).toBeLessThan(4_294_000_000);
    expect(drawn(seed, 'g_1')).toBe(word % 1_000_000);
  });

  test('of another campaign or another key has another seed', () => {
    expect(drawSeedOf(KEY, 'other').commitment).not.toBe(commitment);
    expect(drawSeedOf(Buffer.from('another'), 'bills').commitment).not.toBe(commitment);
  });

  test('wins each prize as often as its odds say, within four standard deviations of 100,000', () => {
    const draws = 100_000;
    const prizes = [
      { id: 'first', ppm: 100 },
      { id: 'second', ppm: 10_000 },
      { id: 'lucky', ppm: 200_000 },
    ];
    const won = new Map<string, number>();
    for (let n = 0; n < draws; n++) {
      const id = prizeAt(prizes, drawn(seed, `entry-${n}`))?.id ?? 'none';
      won.set(id, (won.get(id) ?? 0) + 1);
    }
    for (const { id, ppm } of [...prizes, { id: 'none', ppm: 789_900 }]) {
      const share = ppm / PPM;
      const deviation = Math.sqrt(draws * share * (1 - share));
      expect(Math.abs((won.get(id) ?? 0) - draws * share), id).toBeLessThan(4 * deviation);
    }
  });

  test('favours no number: both halves of the range come up alike', () => {
    const low = Array.from({ length: 20_000 }, (_, n) => drawn(seed, `half-${n}`)).filter(
      (number) => number < PPM / 2,
    ).length;
    expect(Math.abs(low - 10_000)).toBeLessThan(4 * Math.sqrt(5000));
  });
});

describe('odds are taken in the order of the file', () => {
  const prizes = [
    { id: 'a', ppm: 1 },
    { id: 'b', ppm: 999_998 },
  ];
  test.each([
    [0, 'a'],
    [1, 'b'],
    [999_998, 'b'],
    [999_999, undefined],
  ])('%i wins %s', (random, id) => {
    expect(prizeAt(prizes, random)?.id).toBe(id);
  });
});
