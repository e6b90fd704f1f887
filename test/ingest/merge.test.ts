import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EventTimeMerge, Lane } from '../../pipeline/ingest/merge.ts';

interface Item {
  readonly lane: number;
  readonly atMs: number;
  readonly index: number;
}

function mergeOf(count: number): { merge: EventTimeMerge<Item>; lanes: Lane<Item>[] } {
  const merge = new EventTimeMerge<Item>({ timeOf: ({ atMs }) => atMs, bytesOf: () => 1 });
  const lanes = Array.from({ length: count }, (_, i) => new Lane<Item>(`${i}`));
  for (const lane of lanes) merge.open(lane);
  return { merge, lanes };
}

const items = (lane: number, times: readonly number[]): Item[] =>
  times.map((atMs, index) => ({ lane, atMs, index }));

const times = (taken: readonly Item[]): number[] => taken.map(({ atMs }) => atMs);

describe('the merge by event time', () => {
  it('gives ordered lanes as one ordered stream, whatever chunks they came in', () => {
    const lane = fc.array(fc.integer({ min: 0, max: 1000 }), { maxLength: 60 });
    fc.assert(
      fc.property(fc.array(lane, { minLength: 1, maxLength: 5 }), fc.nat(9), (all, chunk) => {
        const { merge, lanes } = mergeOf(all.length);
        const size = chunk + 1;
        all.forEach((unsorted, i) => {
          const sorted = items(
            i,
            unsorted.toSorted((a, b) => a - b),
          );
          for (let at = 0; at < sorted.length; at += size) {
            merge.add(lanes[i]!, sorted.slice(at, at + size));
          }
        });
        const taken: Item[] = [];
        for (let some = merge.take(7); some.length > 0; some = merge.take(7)) taken.push(...some);
        expect(times(taken)).toEqual(all.flat().toSorted((a, b) => a - b));
        expect(lanes.map((each) => each.bytes)).toEqual(lanes.map(() => 0));
      }),
    );
  });

  it('never changes the order within a lane and loses nothing, even when lanes are not ordered', () => {
    const lane = fc.array(fc.oneof(fc.integer({ min: 0, max: 50 }), fc.constant(NaN)));
    fc.assert(
      fc.property(fc.array(lane, { minLength: 1, maxLength: 4 }), (all) => {
        const { merge, lanes } = mergeOf(all.length);
        all.forEach((unordered, i) => merge.add(lanes[i]!, items(i, unordered)));
        const taken = merge.take(Infinity);
        all.forEach((unordered, i) => {
          const own = taken.filter((item) => item.lane === i);
          expect(own.map(({ index }) => index)).toEqual(unordered.map((_, index) => index));
        });
        expect(taken.length).toBe(all.flat().length);
      }),
    );
  });

  it('waits for a lane that has more but none at hand, beyond the time it has reached', () => {
    const { merge, lanes } = mergeOf(2);
    merge.add(lanes[0]!, items(0, [10, 30, 50]));
    merge.add(lanes[1]!, items(1, [20]));
    lanes[1]!.awaiting = true;
    expect(times(merge.take(10))).toEqual([10, 20]);
    expect(merge.starving).toBe(true);
    expect(merge.take(10)).toEqual([]);
    merge.add(lanes[1]!, items(1, [25]));
    lanes[1]!.awaiting = false;
    expect(times(merge.take(10))).toEqual([25, 30, 50]);
  });

  it('goes on without a lane that was given up, and takes it back when it has records again', () => {
    const { merge, lanes } = mergeOf(2);
    merge.add(lanes[0]!, items(0, [10, 30]));
    lanes[1]!.awaiting = true;
    expect(merge.take(1)).toEqual([]);
    merge.stopAwaiting();
    expect(times(merge.take(1))).toEqual([10]);
    merge.add(lanes[1]!, items(1, [20]));
    expect(times(merge.take(10))).toEqual([20, 30]);
  });

  it('does not wait for a lane at its end', () => {
    const { merge, lanes } = mergeOf(2);
    merge.add(lanes[0]!, items(0, [10]));
    expect(merge.starving).toBe(false);
    expect(times(merge.take(10))).toEqual([10]);
  });

  it('forgets what a closed lane had at hand', () => {
    const { merge, lanes } = mergeOf(2);
    merge.add(lanes[0]!, items(0, [10]));
    merge.add(lanes[1]!, items(1, [20]));
    merge.close(lanes[0]!);
    expect(times(merge.take(10))).toEqual([20]);
  });
});
