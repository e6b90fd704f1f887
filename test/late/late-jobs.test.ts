import { describe, expect, it } from 'vitest';
import type { Cause } from '../../pipeline/decide/cause.ts';
import { eventsOf, LATE_A_JOB, lateJobs } from '../../pipeline/late/late-jobs.ts';

const late = (...ids: readonly string[]): Cause[] =>
  ids.map((id, n) => ({
    ...{ id: `late_event_${id}`, kind: 'late_event', decisionId: `dec_${id}`, atMs: n },
    ...{ accountIds: [], byPerson: false, evidence: '' },
  }));
const numbered = (count: number): string[] => Array.from({ length: count }, (_, n) => `e${n}`);

describe('jobs of late events', () => {
  it('take every late event of a round, in portions, and nothing else', () => {
    const others: Cause[] = late('x').map((cause) => ({ ...cause, kind: 'block' }));
    const jobs = lateJobs([...others, ...late(...numbered(2 * LATE_A_JOB + 1))], 7);
    expect(jobs.map(({ events }) => events.length)).toEqual([LATE_A_JOB, LATE_A_JOB, 1]);
    expect(jobs.flatMap(({ events }) => events.map(({ eventId }) => eventId))).toEqual(
      numbered(2 * LATE_A_JOB + 1),
    );
    expect(jobs[2]).toMatchObject({ events: [{ occurredAtMs: 2 * LATE_A_JOB }], sinceMs: 7 });
    expect(lateJobs(others, 7)).toEqual([]);
  });

  it('are the same for the same round, and others as soon as one event is another', () => {
    const idOf = (...ids: readonly string[]): string => lateJobs(late(...ids), 7)[0]!.id;
    expect(idOf('e1', 'e2')).toBe(idOf('e1', 'e2'));
    // After a kill, one round has what two were before: the first event's job is remembered.
    const seen = [['e1'], ['e1', 'e2', 'e3'], ['e1', 'e2'], ['e1,e2'], ['e2', 'e1']];
    expect(new Set(seen.map((ids) => idOf(...ids))).size).toBe(seen.length);
  });

  it('that find no room are counted by their events', () => {
    expect(eventsOf(lateJobs(late(...numbered(LATE_A_JOB + 5)), 7))).toBe(LATE_A_JOB + 5);
  });
});
