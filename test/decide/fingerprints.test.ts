import { describe, expect, test } from 'vitest';
import { Fingerprints } from '../../pipeline/decide/fingerprints.ts';

const among = (prints: Fingerprints, text: string): boolean => {
  const bytes = Buffer.from(`<${text}>`);
  return prints.mayHold(bytes, 1, bytes.length - 1);
};

describe('fingerprints of texts', () => {
  test('may hold every text that was added, in any script', () => {
    const prints = new Fingerprints();
    const texts = ['acc-1', 'acc-2', '', '账户'];
    for (const text of texts) prints.add(text);
    expect(texts.filter((text) => !among(prints, text))).toEqual([]);
  });

  test('do not hold what was never added, nor what was removed', () => {
    const prints = new Fingerprints();
    prints.add('acc-1');
    prints.remove('acc-1');
    expect(['acc-1', 'acc-2'].filter((text) => among(prints, text))).toEqual([]);
  });

  test('count a text as often as it was added, so that one of two with the same fingerprint stays', () => {
    const prints = new Fingerprints();
    prints.add('acc-1');
    prints.add('acc-1');
    prints.remove('acc-1');
    expect(among(prints, 'acc-1')).toBe(true);
  });
});
