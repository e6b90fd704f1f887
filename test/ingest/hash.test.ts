import { describe, expect, it } from 'vitest';
import { KeyHasher } from '../../pipeline/ingest/hash.ts';

function hashOf(hasher: KeyHasher, text: string): string {
  const bytes = Buffer.from(`<${text}>`);
  hasher.hash(bytes, 1, bytes.length - 1);
  return `${hasher.hi}:${hasher.lo}`;
}

describe('the key hash', () => {
  it('depends on every byte, on the length and on the seed, and on nothing else', () => {
    const hasher = new KeyHasher([1, 2]);
    const texts = [
      '',
      'a',
      'b',
      'ab',
      'ba',
      'a\0',
      '\0a',
      'x'.repeat(256),
      'x'.repeat(257),
      'x'.repeat(600),
    ];
    const halves = ['y'.repeat(256) + 'z'.repeat(256), 'z'.repeat(256) + 'y'.repeat(256)];
    const all = [...texts, ...halves];
    const hashes = all.map((text) => hashOf(hasher, text));
    expect(new Set(hashes).size).toBe(all.length);
    expect(all.map((text) => hashOf(new KeyHasher([1, 2]), text))).toEqual(hashes);
    for (const seed of [
      [1, 3],
      [2, 2],
      [2, 1],
    ] as const) {
      expect(hashOf(new KeyHasher(seed), 'a')).not.toBe(hashes[1]);
    }
  });

  it('stays the same between versions, since stored hashes are compared with it', () => {
    const hasher = new KeyHasher([7, 9]);
    expect([hashOf(hasher, 'acc-1'), hashOf(hasher, 'x'.repeat(300))]).toMatchInlineSnapshot(`
      [
        "-1974006302:-518067014",
        "2117263968:-240702616",
      ]
    `);
    expect(hasher.hash32(Buffer.from('acc-1'), 0, 5)).toMatchInlineSnapshot(`-518067014`);
  });

  it('spreads consecutive ids evenly over the slots of a table', () => {
    const hasher = new KeyHasher([5, 6]);
    const slots = new Int32Array(1024);
    for (let i = 0; i < 102_400; i++) {
      const bytes = Buffer.from(`acc-${i}`);
      hasher.hash(bytes, 0, bytes.length);
      slots[hasher.lo & 1023]!++;
    }
    // 100 a slot with a deviation of 10: six deviations happen once in a billion slots.
    expect(Math.max(...slots)).toBeLessThan(160);
    expect(Math.min(...slots)).toBeGreaterThan(40);
  });
});
