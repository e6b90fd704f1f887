/** What came late in one round, as jobs: together, because most of it touches the same few decisions. */

import { createHash } from 'node:crypto';
import type { Cause, LateEvents } from '../decide/cause.ts';
import { eventIdOf } from '../decide/decision.ts';

/** Events of one job. */
export const LATE_A_JOB = 100;

/** @param sinceMs when they were decided, by the clock on the wall. */
export function lateJobs(taken: readonly Cause[], sinceMs: number): readonly LateEvents[] {
  const events = taken
    .filter(({ kind }) => kind === 'late_event')
    .map(({ decisionId, atMs }) => ({ eventId: eventIdOf(decisionId), occurredAtMs: atMs }));
  const jobs: LateEvents[] = [];
  for (let from = 0; from < events.length; from += LATE_A_JOB) {
    const portion = events.slice(from, from + LATE_A_JOB);
    jobs.push({ id: idOf(portion), events: portion, sinceMs });
  }
  return jobs;
}

export function eventsOf(jobs: readonly LateEvents[]): number {
  return jobs.reduce((sum, { events }) => sum + events.length, 0);
}

/** Of all of them: after a kill the same first event comes in a round with others, which no job has had yet. */
function idOf(events: LateEvents['events']): string {
  const ids = JSON.stringify(events.map(({ eventId }) => eventId));
  return `late_event_${createHash('sha256').update(ids).digest('hex').slice(0, 32)}`;
}
