/** Brings a worker's memory back to where history ends: windows, known ids, frozen accounts, customers. */

import type { Clock } from './clock.ts';
import type { Engine } from './decide/engine.ts';
import { EventBatch } from './event.ts';
import { Failure, Stopped } from './failure.ts';
import type { Decoder } from './ingest/decode.ts';
import type { History } from './record/history.ts';
import type { CustomerBook } from './reward/customer-book.ts';
import type { Logger } from './telemetry.ts';

export interface RestoreParts {
  readonly clock: Clock;
  readonly log: Logger;
  /** Ends the restoring early. */
  readonly signal: AbortSignal;
}

const BATCH = 1024;
const PROGRESS_EVERY_MS = 2000;

/**
 * @param decoder with the limits of history, which refuse nothing that was recorded.
 * @param horizonMs how far back from the watermark events still matter.
 * @returns the number of events taken back in.
 * @throws Stopped when the signal aborts before its end.
 */
export async function restoreEngine(
  engine: Engine,
  history: History,
  decoder: Decoder,
  horizonMs: number,
  { clock, log, signal }: RestoreParts,
): Promise<number> {
  for (const action of await history.restoreAccountActions()) engine.freezing.apply(action);
  await restoreLists(engine, history, decoder);
  for (const change of await history.restoreExclusionChanges()) engine.exclusions.apply(change);
  engine.exclusions.expire(history.watermarkMs);
  if (history.watermarkMs > 0) {
    await engine.recall(history, history.watermarkMs, (field, text) => decoder.keyOf(field, text));
  }
  const batch = new EventBatch(BATCH);
  let events = 0;
  let toldMs = clock.monotonic();
  for await (const page of history.restoreEvents(horizonMs)) {
    for (const { json, receivedAtMs, bodyHash, late } of page) {
      const failure = decoder.decode(json, receivedAtMs, batch);
      if (failure !== undefined) {
        throw new Error(
          `a recorded event cannot be read back (${failure.fieldPath}: ${failure.message})`,
        );
      }
      batch.bodyHash[batch.length - 1] = bodyHash;
      batch.late[batch.length - 1] = Number(late);
      if (batch.length === BATCH) events += take(engine, batch);
    }
    if (signal.aborted) throw new Stopped('restoring was not done');
    if (clock.monotonic() - toldMs >= PROGRESS_EVERY_MS) {
      toldMs = clock.monotonic();
      log.info({ events }, 'restoring');
    }
  }
  events += take(engine, batch);
  return events;
}

/** @throws Failure when the lists hold more than the configuration now allows. */
async function restoreLists(
  { lists }: Engine,
  history: History,
  decoder: Pick<Decoder, 'keyOf'>,
): Promise<void> {
  for await (const page of history.restoreListChanges()) {
    for (const change of page) {
      if (lists.live.apply(change, decoder, history.watermarkMs) !== 'full') continue;
      throw new Failure(
        `the lists on record hold more than the ${lists.live.size} entries that lists.maxEntries allows: raise it in sheepdog.yaml`,
        { exitCode: 2 },
      );
    }
  }
  for (const step of await history.restoreGuardSteps(lists.guard.reachMs)) {
    lists.guard.restore(step);
  }
}

/**
 * Fills a book of customers with what history says of them; one that keeps nothing is left as it is.
 * @param decoder with the seed of the live one, which gives the same customers the same keys.
 * @returns how many customers are known.
 * @throws Stopped when the signal aborts before its end.
 */
export async function restoreCustomers(
  book: CustomerBook,
  history: Pick<History, 'restoreCustomers'>,
  decoder: Pick<Decoder, 'keyOf'>,
  { clock, log, signal }: RestoreParts,
): Promise<number> {
  if (!book.needed) return 0;
  let toldMs = clock.monotonic();
  for await (const page of history.restoreCustomers(book.periods)) {
    for (const totals of page) book.add(totals, decoder);
    if (signal.aborted) throw new Stopped('restoring was not done');
    if (clock.monotonic() - toldMs >= PROGRESS_EVERY_MS) {
      toldMs = clock.monotonic();
      log.info({ customers: book.size }, 'restoring what is known of customers');
    }
  }
  return book.size;
}

function take(engine: Engine, batch: EventBatch): number {
  const { length } = batch;
  if (length > 0) engine.restore(batch);
  batch.clear();
  return length;
}
