import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { splitLines } from '../../pipeline/record/lines.ts';

async function linesOf(chunks: readonly Uint8Array[]): Promise<string[]> {
  async function* source(): AsyncGenerator<Uint8Array> {
    for (const chunk of chunks) yield await Promise.resolve(chunk);
  }
  const lines: string[] = [];
  for await (const page of splitLines(source())) lines.push(...page.map(String));
  return lines;
}

describe('splitting a stream of bytes', () => {
  it('gives the same lines however the bytes are cut', async () => {
    const line = fc.string({ unit: fc.constantFrom('a', 'é', '😀', '\t', '\r') });
    await fc.assert(
      fc.asyncProperty(fc.array(line), fc.infiniteStream(fc.nat(9)), async (lines, sizes) => {
        const whole = Buffer.from(lines.map((text) => `${text}\n`).join(''));
        const chunks: Buffer[] = [];
        for (let from = 0; from < whole.length;) {
          const to = from + Number(sizes.next().value ?? 1) + 1;
          chunks.push(whole.subarray(from, to));
          from = to;
        }
        expect(await linesOf(chunks)).toEqual(lines);
      }),
    );
  });

  it('gives a last line that has no newline', async () => {
    expect(await linesOf([Buffer.from('one\ntw'), Buffer.from('o')])).toEqual(['one', 'two']);
  });
});
