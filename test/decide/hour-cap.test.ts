import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HourCap } from '../../pipeline/decide/hour-cap.ts';

const HOUR = 3_600_000;

describe('a cap of any hour', () => {
  it('has room exactly where one more leaves no hour with too many, whatever the order', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 4 * HOUR }), { maxLength: 40 }),
        fc.integer({ min: 0, max: 4 }),
        (times, perHour) => {
          const cap = new HourCap();
          const taken: number[] = [];
          for (const at of times) {
            const all = [...taken, at];
            const fits = all.every(
              (end) => all.filter((t) => t > end - HOUR && t <= end).length <= perHour,
            );
            expect(cap.hasRoom(at, perHour)).toBe(fits);
            if (!fits) continue;
            cap.add(at);
            taken.push(at);
          }
        },
      ),
    );
  });

  it('has none in hours that it no longer knows, and forgets them', () => {
    const cap = new HourCap();
    cap.add(0);
    cap.add(200 * HOUR);
    expect(cap.hasRoom(HOUR, 1000)).toBe(false);
    expect(cap.hasRoom(190 * HOUR, 1)).toBe(true);
    cap.add(400 * HOUR);
    expect(cap.within(0)).toBe(0);
    expect(cap.within(400 * HOUR)).toBe(1);
  });
});
