import fc from 'fast-check';
import { expect, test } from 'vitest';
import { PairTable } from '../../pipeline/detect/memory-pairs.ts';

/** Few values of each half, so that pairs often differ in one of them only; extremes among them. */
const record = fc.constantFrom(1, 2, 3, 2 ** 27);
const half = fc.constantFrom(0, 1, -1, 7, 2 ** 31 - 1, -(2 ** 31));
const upper = fc.constantFrom(0, 1, 5, 2 ** 31 - 1);
const step = fc.oneof(
  { weight: 5, arbitrary: fc.record({ op: fc.constant('seen' as const), record, half, upper }) },
  { weight: 2, arbitrary: fc.record({ op: fc.constant('gone' as const), pick: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('moved' as const), pick: fc.nat() }) },
);

interface Pair {
  readonly record: number;
  readonly lo: number;
  readonly hi: number;
  seq: number;
}

/** Beside each pair others whose low halves are spread, so that the table grows. */
const CROWD = 40;

test('a pair is found with its sequence number, whatever else came and went', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 150 }), (steps) => {
      const table = new PairTable();
      const held = new Map<string, Pair>();
      let next = -(2 ** 31);
      const see = (record: number, lo: number, hi: number): void => {
        const seq = next++ | 0;
        const at = table.find(record, lo, hi);
        const known = held.get(`${record} ${lo} ${hi}`);
        expect(at >= 0).toBe(known !== undefined);
        if (known === undefined) {
          table.fill(~at, record, lo, hi, seq);
          held.set(`${record} ${lo} ${hi}`, { record, lo, hi, seq });
        } else {
          expect(table.seqAt(at, record)).toBe(known.seq);
          table.setSeqAt(at, record, seq);
          known.seq = seq;
        }
      };
      for (const each of steps) {
        if (each.op === 'seen') {
          see(each.record, each.half, each.upper);
          for (let i = 0; i < CROWD; i++) see(each.record, (each.half + i * 1009) | 0, each.upper);
          continue;
        }
        const all = [...held.entries()];
        if (all.length === 0) continue;
        const [name, pair] = all[each.pick % all.length]!;
        if (each.op === 'moved') {
          const to = next++ | 0;
          table.move(pair.record, pair.lo, pair.seq, to);
          pair.seq = to;
        } else {
          table.remove(pair.record, pair.lo, pair.seq);
          held.delete(name);
        }
      }
      for (const { record, lo, hi, seq } of held.values()) {
        const at = table.find(record, lo, hi);
        expect(at).toBeGreaterThanOrEqual(0);
        expect(table.seqAt(at, record)).toBe(seq);
      }
    }),
    { numRuns: 40 },
  );
});
