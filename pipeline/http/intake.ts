/**
 * The way of an event from a request to its outcome: bounded queue → inbox (synced) → pipeline → answer.
 * Requests are decided in micro-batches in the order in which they stand in the inbox: while one batch is in
 * the pipeline, the next collects.
 */

import type { Clock } from '../clock.ts';
import { messageOf } from '../failure.ts';
import type { Inbox, InboxRefusal } from '../ingest/inbox.ts';
import type { InboxEntry, InboxRecord } from '../ingest/inbox-segment.ts';
import type { RawBatch } from '../ingest/source.ts';
import type { Logger } from '../telemetry.ts';
import type { EventOutcome } from './outcome.ts';

/** Events handed to the pipeline at once. */
const DECIDE_AT_ONCE = 512;
/** How long a caller waits for a decision that back-pressure holds up, before being told to ask again. */
const ANSWER_WITHIN_MS = 10_000;

/**
 * Decides the records of a batch in order and resolves with one outcome for each. An outcome that still needs
 * something slower than the decision (the ledger's word, a stored answer) may be a promise: the next batch does
 * not wait for it. Rejects only when the process must stop.
 */
export type Decide = (
  batch: RawBatch,
) => Promise<readonly (EventOutcome | Promise<EventOutcome>)[]>;

export interface IntakeParts {
  readonly inbox: Pick<Inbox, 'append' | 'batchOf' | 'redelivered'>;
  readonly decide: Decide;
  readonly clock: Clock;
  readonly log: Logger;
  readonly maxQueuedEvents: number;
  readonly maxQueuedBytes: number;
}

interface Request {
  readonly since: number;
  readonly entries: readonly InboxEntry[];
  readonly outcomes: EventOutcome[];
  missing: number;
  readonly resolve: (outcomes: readonly EventOutcome[]) => void;
  answered: boolean;
}

/** A request whose events are on disk; `records` shrinks from the front as they are handed on. */
interface Logged {
  readonly request: Request;
  readonly records: readonly InboxRecord[];
  taken: number;
}

export class Intake {
  readonly #parts: IntakeParts;
  readonly #open = new Set<Request>();
  readonly #logged: Logged[] = [];
  readonly #stopWatch: () => void;
  #queuedEvents = 0;
  #queuedBytes = 0;
  #deciding = false;
  /** Why nothing is accepted any more: shutting down, or a pipeline that ended. */
  #ended: string | undefined;
  #whenIdle: (() => void)[] = [];

  constructor(parts: IntakeParts) {
    this.#parts = parts;
    this.#stopWatch = parts.clock.every(1000, () => this.#answerOverdue());
  }

  /** Why an event would not be accepted now, or undefined. */
  refusal(): string | undefined {
    if (this.#ended !== undefined) return this.#ended;
    return this.#parts.inbox.redelivered ? undefined : 'restoring: earlier events come first';
  }

  /**
   * Accepts all events of a request, or none. Resolves with one outcome for each in order, once they are on
   * disk and decided; never rejects.
   */
  submit(entries: readonly InboxEntry[]): Promise<readonly EventOutcome[]> {
    if (entries.length === 0) return Promise.resolve([]);
    const refusal = this.refusal() ?? this.#full(entries);
    if (refusal !== undefined) return Promise.resolve(unavailable(entries.length, refusal));
    return new Promise((resolve) => {
      const since = this.#parts.clock.monotonic();
      const missing = entries.length;
      const request = { since, entries, outcomes: [], missing, resolve, answered: false };
      this.#open.add(request);
      this.#queuedEvents += entries.length;
      for (const { bytes } of entries) this.#queuedBytes += bytes.length;
      this.#parts.inbox.append(entries).then(
        (records) => {
          this.#logged.push({ request, records, taken: 0 });
          if (!this.#deciding) void this.#decideAll();
        },
        (error: unknown) => {
          this.#finish(request, unavailable(entries.length, (error as InboxRefusal).message));
        },
      );
    });
  }

  /** Accepts nothing more; what was accepted is still decided and answered. */
  stop(reason: string): void {
    this.#ended ??= reason;
  }

  /** Resolves once nothing accepted waits for its answer. */
  idle(): Promise<void> {
    if (this.#open.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#whenIdle.push(resolve));
  }

  close(): void {
    this.#stopWatch();
  }

  #full(entries: readonly InboxEntry[]): string | undefined {
    const { maxQueuedEvents, maxQueuedBytes } = this.#parts;
    const full =
      this.#queuedEvents + entries.length > maxQueuedEvents || this.#queuedBytes >= maxQueuedBytes;
    return full ? 'too many events are waiting' : undefined;
  }

  async #decideAll(): Promise<void> {
    this.#deciding = true;
    while (this.#logged.length > 0) {
      const { records, owners } = this.#take();
      let outcomes: Awaited<ReturnType<Decide>>;
      try {
        outcomes = await this.#parts.decide(this.#parts.inbox.batchOf(records));
        if (outcomes.length !== records.length) {
          throw new Error(`${outcomes.length} outcomes for ${records.length} events`);
        }
      } catch (error) {
        this.#parts.log.error({ error: messageOf(error) }, 'no more decisions: the pipeline ended');
        // A restart decides them: they stand in the inbox, and nothing after them is handed on.
        this.stop('the pipeline ended');
        this.#answerAll('kept, but not decided before the stop; send it again for the answer');
        return;
      }
      owners.forEach(({ request, index }, i) => this.#settle(request, index, outcomes[i]!));
    }
    this.#deciding = false;
  }

  #settle(request: Request, index: number, outcome: EventOutcome | Promise<EventOutcome>): void {
    if (outcome instanceof Promise) {
      outcome.then(
        (settled) => this.#settle(request, index, settled),
        (error: unknown) => {
          this.#parts.log.error({ error: messageOf(error) }, 'an answer could not be completed');
          const message = 'decided, but the answer could not be completed; send it again';
          this.#settle(request, index, { kind: 'unavailable', message });
        },
      );
      return;
    }
    request.outcomes[index] = outcome;
    if (--request.missing === 0) this.#finish(request, request.outcomes);
  }

  /** The next records in order, and for each its place in the request it belongs to. */
  #take(): { records: InboxRecord[]; owners: { request: Request; index: number }[] } {
    const records: InboxRecord[] = [];
    const owners: { request: Request; index: number }[] = [];
    let whole = 0;
    for (const logged of this.#logged) {
      const end = Math.min(logged.records.length, logged.taken + DECIDE_AT_ONCE - records.length);
      for (; logged.taken < end; logged.taken++) {
        records.push(logged.records[logged.taken]!);
        owners.push({ request: logged.request, index: logged.taken });
      }
      if (logged.taken < logged.records.length) break;
      whole++;
    }
    this.#logged.splice(0, whole);
    return { records, owners };
  }

  #finish(request: Request, outcomes: readonly EventOutcome[]): void {
    if (!this.#open.delete(request)) return;
    this.#queuedEvents -= request.entries.length;
    for (const { bytes } of request.entries) this.#queuedBytes -= bytes.length;
    this.#answer(request, outcomes);
    if (this.#open.size > 0) return;
    for (const resolve of this.#whenIdle.splice(0)) resolve();
  }

  #answer(request: Request, outcomes: readonly EventOutcome[]): void {
    if (request.answered) return;
    request.answered = true;
    request.resolve(outcomes);
  }

  /** The oldest stand first, so this looks at little more than what it answers. */
  #answerOverdue(): void {
    const before = this.#parts.clock.monotonic() - ANSWER_WITHIN_MS;
    for (const request of this.#open) {
      if (request.since > before) return;
      const message = 'kept, but not decided in time; send it again for the answer';
      this.#answer(request, unavailable(request.entries.length, message));
    }
  }

  #answerAll(message: string): void {
    for (const request of [...this.#open]) {
      this.#finish(request, unavailable(request.entries.length, message));
    }
  }
}

function unavailable(count: number, message: string): EventOutcome[] {
  return Array.from({ length: count }, () => ({ kind: 'unavailable', message }));
}
