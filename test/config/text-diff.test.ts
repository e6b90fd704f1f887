import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { changedPaths, diffOf } from '../../config/text-diff.ts';

describe('the diff of two versions', () => {
  test('shows what changed with three lines around it', () => {
    const lines = Array.from({ length: 12 }, (_, n) => `line ${n}`);
    const before = { 'a.yaml': `${lines.join('\n')}\n` };
    const after = { 'a.yaml': `${lines.with(6, 'changed').join('\n')}\n` };
    expect(diffOf(before, after)).toBe(
      [
        '--- a.yaml',
        '+++ a.yaml',
        '@@ -4,7 +4,7 @@',
        ...[
          ' line 3',
          ' line 4',
          ' line 5',
          '-line 6',
          '+changed',
          ' line 7',
          ' line 8',
          ' line 9',
        ],
        '',
      ].join('\n'),
    );
  });

  test('names files that came and went', () => {
    const diff = diffOf({ 'old.yaml': 'a\n' }, { 'new.yaml': 'b\n' });
    expect(diff).toBe(
      '--- /dev/null\n+++ new.yaml\n@@ -0,0 +1,1 @@\n+b\n--- old.yaml\n+++ /dev/null\n@@ -1,1 +0,0 @@\n-a\n',
    );
    expect(changedPaths({ a: '1', b: '2' }, { b: '2', c: '3' })).toEqual(['a', 'c']);
  });

  test('turns the one into the other, whatever they are', () => {
    const text = fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 30 });
    fc.assert(
      fc.property(text, text, (before, after) => {
        fc.pre(before.join() !== after.join());
        const diff = diffOf(
          { f: before.map((line) => `${line}\n`).join('') },
          { f: after.map((line) => `${line}\n`).join('') },
        );
        expect(applied(before, diff)).toEqual(after);
      }),
    );
  });

  test('is bounded, also where everything changed', () => {
    const many = (word: string): string =>
      Array.from({ length: 10_000 }, (_, n) => `${word} ${n}`).join('\n');
    const diff = diffOf({ f: many('before') }, { f: many('after') });
    expect(diff.length).toBeLessThan(66_000);
    expect(diff).toContain('(cut: the whole files stand in config_versions)');
    const list = 'x\n'.repeat(1_000_000);
    expect(diffOf({ f: list }, { f: `${list}y` })).toContain(
      '(too large to be shown line by line)',
    );
  });
});

/** The hunks of one file applied to its lines. */
function applied(before: readonly string[], diff: string): string[] {
  const after = [...before];
  let shift = 0;
  for (const hunk of diff.split(/^@@ /m).slice(1)) {
    const [head, ...lines] = hunk.split('\n').slice(0, -1);
    const [, start, count] = /^-(\d+),(\d+)/.exec(head!)!;
    const fresh = lines.filter((line) => !line.startsWith('-')).map((line) => line.slice(1));
    const at = Number(count) === 0 ? Number(start) : Number(start) - 1;
    after.splice(at + shift, Number(count), ...fresh);
    shift += fresh.length - Number(count);
  }
  return after;
}
