/**
 * Carries the ledger's journal into the record: every change of a grant becomes rows of `ledger_entries` and
 * the grant's newest row. The journal in Redis is the outbox: it is trimmed only when its rows are durable,
 * and what is drained twice writes the same rows under the same keys.
 */

import type { Clock } from './clock.ts';
import { messageOf } from './failure.ts';
import type { Recorder } from './record/recorder.ts';
import type { SharedAccount } from './reward/campaign.ts';
import { ledgerRowsOf } from './reward/journal.ts';
import type { Ledger } from './reward/ledger.ts';
import type { LedgerBalance } from './record/tables/ledger-balances.ts';
import type { Delivering } from './deliver.ts';
import { isUnavailable } from './reward/redis.ts';
import type { Logger } from './telemetry.ts';

export interface JournalDrainParts {
  readonly ledger: Ledger;
  readonly recorder: Recorder;
  /** What campaign managers watch, with the limits as they stand now: budget lines, stock and quotas. */
  readonly accounts: () => readonly SharedAccount[];
  /**
   * What the entries deliver goes on record together with them, so that a Redis that loses it gets it back; only
   * then is it taken in to be sent: again after a crash before the entries are forgotten.
   */
  readonly delivering?: Pick<Delivering, 'recordsOf' | 'take'> | undefined;
  readonly clock: Clock;
  readonly log: Logger;
  readonly fail: (error: unknown) => void;
}

const EVERY_MS = 500;
const BALANCES_EVERY_MS = 2000;
const ENTRIES_A_ROUND = 2000;
/** While ClickHouse is away at the end, the record itself is waited for longer. */
const LAST_DRAIN_WITHIN_MS = 3000;

export class JournalDrain {
  readonly #parts: JournalDrainParts;
  readonly #stopping = new AbortController();
  #drained = 0;
  #turn: Promise<void> = Promise.resolve();
  /** The drain that has not begun yet: everyone who asks in the meantime shares it. */
  #next: Promise<void> | undefined;
  #loops: readonly Promise<void>[] = [];
  /** The accounts whose raised limits stand beside the ledger. */
  #noted: readonly SharedAccount[] | undefined;
  /** A loop has ended by a failure, which is told already. */
  #failed = false;
  /** The newest balances of all shared accounts; empty before the first reading. */
  balances: readonly LedgerBalance[] = [];

  constructor(parts: JournalDrainParts) {
    this.#parts = parts;
  }

  start(): void {
    // Apart: under load a drain goes on and on, and what is left of budgets and quotas must be told meanwhile.
    this.#loops = [
      this.#every(EVERY_MS, () => this.#drain()),
      this.#every(BALANCES_EVERY_MS, () => this.#readBalances()),
    ];
  }

  /**
   * Drains what is left; what cannot be drained in a few seconds waits in the journal for the next start.
   * @throws Failure when Redis has lost what was there, unless that was told before.
   */
  async close(): Promise<void> {
    this.#stopping.abort();
    const done = new AbortController();
    const last = Promise.all(this.#loops).then(() => (this.#failed ? undefined : this.drainNow()));
    try {
      await Promise.race([last, this.#parts.clock.sleep(LAST_DRAIN_WITHIN_MS, done.signal)]);
    } finally {
      // Only now: a wait that ends with the drain would hide how the drain ended.
      done.abort();
    }
  }

  /** Drains everything the journal holds and reads the balances. */
  async drainNow(): Promise<void> {
    await this.#quietly(() => this.#drain());
    await this.#quietly(() => this.#readBalances());
  }

  /** Resolves with true once all that stands in the journal now is on record; false while Redis is away. */
  async caughtUp(): Promise<boolean> {
    try {
      if ((await this.#parts.ledger.waiting()) > 0) await this.#drain();
      return true;
    } catch (error) {
      if (!isUnavailable(error)) throw error;
      return false;
    }
  }

  async #every(pauseMs: number, work: () => Promise<void>): Promise<void> {
    try {
      while (!this.#stopping.signal.aborted) {
        await this.#quietly(work);
        await this.#parts.clock.sleep(pauseMs, this.#stopping.signal);
      }
    } catch (error) {
      // Both see it when Redis has lost what was there.
      if (!this.#failed) this.#parts.fail(error);
      this.#failed = true;
    }
  }

  /** One drain at a time: the position is read and moved by each. */
  #drain(): Promise<void> {
    if (this.#next === undefined) {
      this.#next = this.#turn
        .catch(() => undefined)
        .then(() => {
          this.#next = undefined;
          return this.#drainInTurn();
        });
      this.#turn = this.#next;
    }
    return this.#next;
  }

  async #drainInTurn(): Promise<void> {
    const { ledger, recorder, delivering } = this.#parts;
    for (;;) {
      const entries = await ledger.drain(this.#drained, ENTRIES_A_ROUND);
      for (const entry of entries) {
        for (const row of ledgerRowsOf(entry)) recorder.addLedgerEntry(row);
        recorder.addGrant(entry.grant);
        if (entry.voucher !== undefined) recorder.addVoucher(entry.voucher);
      }
      const last = entries.at(-1);
      if (last === undefined) return;
      for (const delivery of delivering?.recordsOf(entries) ?? []) recorder.addDelivery(delivery);
      await recorder.flush();
      await delivering?.take(entries);
      // Not before: entries whose deliveries nobody took in are read again, and trimmed by no later round.
      this.#drained = last.sequence;
      await ledger.trim(last.sequence);
      if (entries.length < ENTRIES_A_ROUND) return;
    }
  }

  async #readBalances(): Promise<void> {
    const { ledger, recorder } = this.#parts;
    const accounts = this.#parts.accounts();
    if (accounts !== this.#noted) {
      const raised = accounts.filter(({ added }) => added !== 0);
      await ledger.noteAdded(new Map(raised.map(({ account, added }) => [account, added])));
      this.#noted = accounts;
    }
    const sequence = await ledger.sequence();
    const found = await ledger.balances(accounts.map(({ account }) => account));
    this.balances = found.map(({ account, posted, pending }, index) => {
      const { campaignId, limit } = accounts[index]!;
      return { account, campaignId, limit, posted, pending, sequence };
    });
    recorder.addBalances(this.balances);
  }

  /** While Redis is away the journal waits there. */
  async #quietly(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!isUnavailable(error)) throw error;
      this.#parts.log.debug({ error: messageOf(error) }, 'the ledger journal waits');
    }
  }
}
