/**
 * Follows a cause: the rewards that it is about are looked up, and the order that does something about them is
 * given to the worker itself. Everything up to the order can be repeated.
 */

import type { CommandLog } from '../act/commands.ts';
import { causedGrants, type LookUpParts } from './caused-grants.ts';
import type { Clock } from '../clock.ts';
import type { Cause, CausedGrant } from '../decide/cause.ts';
import type { JournalDrain } from '../journal-drain.ts';
import { AnalyticsError } from '../record/analytics.ts';
import type { Recorder } from '../record/recorder.ts';
import type { GrantState } from '../reward/grant.ts';
import type { Ledger } from '../reward/ledger.ts';
import { isUnavailable } from '../reward/redis.ts';

/** To give orders about rewards. */
export interface OrderParts {
  readonly ledger: Pick<Ledger, 'grant'>;
  readonly commands: Pick<CommandLog, 'append' | 'wait'>;
  /** Aborts when the process is to stop: nobody obeys from then on. */
  readonly signal: AbortSignal;
  readonly clock: Clock;
}

export interface RescoreParts extends OrderParts, LookUpParts {
  readonly recorder: Pick<Recorder, 'flush'>;
  readonly journal: Pick<JournalDrain, 'caughtUp'>;
}

/** Whose the orders are. */
export const RESCORER = 'late-truth';
const GRANTS_AN_ORDER = 250;
/** That the ledger is asked about in one round trip. */
const GRANTS_AT_ONCE = 500;
const OBEYED_WITHIN_MS = 10_000;

/** @returns what a queue asks of a cause: false while the ledger, the record or the worker is away. */
export function rescorer(parts: RescoreParts): (cause: Cause) => Promise<boolean> {
  return (cause) =>
    whileThere(async () => {
      await parts.recorder.flush();
      // What was granted before the cause is on record once the journal is.
      if (!(await parts.journal.caughtUp())) return false;
      const { said: _, ...named } = cause;
      for await (const grants of causedGrants(parts, cause)) {
        if (!(await orderAbout(parts, named, grants))) return false;
      }
      return true;
    });
}

/** @returns false while something that the work needs is away. */
export async function whileThere(work: () => Promise<boolean>): Promise<boolean> {
  try {
    return await work();
  } catch (error) {
    const isAway = isUnavailable(error) || (error instanceof AnalyticsError && !error.permanent);
    if (!isAway) throw error;
    return false;
  }
}

/** Gives the order about rewards that were looked up. @returns as `order`. */
export async function orderAbout(
  parts: OrderParts,
  cause: Cause,
  grants: readonly CausedGrant[],
): Promise<boolean> {
  if (!(await order(parts, cause, grants))) return false;
  return await order(parts, cause, await postedSince(parts, cause, grants));
}

/** @returns false when no word came back: the order may be obeyed later all the same. */
async function order(
  { commands, clock, signal }: OrderParts,
  cause: Cause,
  grants: readonly CausedGrant[],
): Promise<boolean> {
  for (let from = 0; from < grants.length; from += GRANTS_AN_ORDER) {
    const page = grants.slice(from, from + GRANTS_AN_ORDER);
    const said = { actor: RESCORER, reason: cause.evidence, issuedAtMs: clock.now() };
    const id = await commands.append({ kind: 'rescore', cause, grants: page, ...said });
    if ((await unlessAborted(commands.wait(id, OBEYED_WITHIN_MS), signal)) === undefined)
      return false;
  }
  return true;
}

/** What is waited for, or undefined when the signal aborts before. Listens no longer than it waits. */
async function unlessAborted<T>(waited: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  if (signal.aborted) return undefined;
  const done = new AbortController();
  const aborted = new Promise<undefined>((resolve) => {
    signal.addEventListener('abort', () => resolve(undefined), { signal: done.signal });
  });
  return Promise.race([waited, aborted]).finally(() => done.abort());
}

/** What still waited when the record was asked, and was given before the order came. */
async function postedSince(
  { ledger }: OrderParts,
  cause: Cause,
  grants: readonly CausedGrant[],
): Promise<readonly CausedGrant[]> {
  if (cause.kind === 'cleared') return [];
  const held = grants.filter(({ standing }) => standing === 'held');
  const since: CausedGrant[] = [];
  // Many at once: a file of labels names tens of thousands, and a round trip for each would be minutes.
  for (let from = 0; from < held.length; from += GRANTS_AT_ONCE) {
    const page = held.slice(from, from + GRANTS_AT_ONCE);
    const now = await Promise.all(page.map(({ grantId }) => ledger.grant(grantId)));
    for (const [index, grant] of page.entries()) {
      const state = now[index]?.state;
      if (state !== undefined && LIVE.has(state)) since.push({ ...grant, standing: 'live' });
    }
  }
  return since;
}

const LIVE: ReadonlySet<GrantState> = new Set(['posted', 'awaiting_claim', 'awaiting_choice']);
