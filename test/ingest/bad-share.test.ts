import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BadShareGuard } from '../../pipeline/ingest/bad-share.ts';

describe('the guard against a bad deploy', () => {
  it('stops at exactly the record that takes the share of the latest ones above the limit', () => {
    fc.assert(
      fc.property(
        fc.array(fc.boolean(), { maxLength: 60 }),
        fc.integer({ min: 1, max: 12 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (records, over, limit) => {
          const guard = new BadShareGuard({ limit, over });
          const stopAt = records.findIndex((bad, index) => {
            const latest = records.slice(Math.max(0, index + 1 - over), index + 1);
            const share = latest.filter(Boolean).length;
            return bad && index + 1 >= over && share > limit * over;
          });
          const seen = records.findIndex((bad) => guard.count(bad, 'file:x') !== undefined);
          expect(seen).toBe(stopAt);
        },
      ),
    );
  });

  it('says what, where and what to do', () => {
    const guard = new BadShareGuard({ limit: 0, over: 1 });
    expect(guard.count(true, 'kafka:payments')?.message).toMatch(
      /^kafka:payments: 1 of the last 1 records are bad.*mend the sender/,
    );
  });
});
