/**
 * What campaigns would have granted over history: the same evaluation, facts and ledger as in a worker, on a
 * Redis of its own that is thrown away. What it keeps of grants is kept there, so that memory here does not grow with them.
 */

import type { AssembledCampaigns } from '../assemble.ts';
import type { Decision } from '../decide/decision.ts';
import type { EventView } from '../event.ts';
import { evaluate } from '../reward/evaluate.ts';
import { hasOffer, type Grant } from '../reward/grant.ts';
import type { JournalEntry } from '../reward/journal.ts';
import type { Ledger } from '../reward/ledger.ts';
import type { LedgerOp } from '../reward/ledger-op.ts';
import { LedgerTime } from '../reward/ledger-time.ts';
import type { CampaignReport } from './report.ts';
import { RewardTally } from './reward-tally.ts';

/** A grant with the truth of the event that earned it. */
export interface JudgedGrant {
  readonly grant: Grant;
  /** Undefined where the event has no label. */
  readonly fraud: boolean | undefined;
}

export interface DryRunOptions extends AssembledCampaigns {
  /** An empty one, used up by the run. */
  readonly ledger: Ledger;
  readonly configVersion: string;
  /** Takes every grant once as it stands at the end: refusals as they come, then the others in their order. */
  readonly onGrants?: ((grants: readonly JudgedGrant[]) => Promise<void>) | undefined;
  /** Another dry run is to be compared with it afterwards. */
  readonly isCompared?: boolean;
}

/** Hears of every grant once, as it stands at the end. */
type OnGrant = (grant: Grant) => void;

const A_PAGE = 1000;

export class DryRun {
  readonly #options: DryRunOptions;
  readonly #tally: RewardTally;
  /** The list of the grants that may still change, in the order in which they were reserved. */
  readonly #standing: string;
  readonly #time = new LedgerTime();
  #ops: LedgerOp[] = [];
  /** Of the events whose operations wait. */
  readonly #truth = new Map<string, boolean>();
  #drained = 0;

  constructor(options: DryRunOptions) {
    this.#options = options;
    this.#standing = `${options.ledger.keys.grants}:standing`;
    this.#tally = new RewardTally(options.campaigns.configured);
  }

  /** What the event earns; it must be new, and decided in the order of the events. */
  add(event: EventView, decision: Decision, fraud: boolean | undefined): void {
    const { campaigns, customers, configVersion } = this.#options;
    const facts = customers.of(event);
    const ops = evaluate(campaigns.compiled, event, decision, facts, configVersion);
    customers.observe(event, decision.verdict);
    const time = this.#time.before(event.occurredAtMs, ops.length > 0);
    if (ops.length === 0) return;
    if (time !== undefined) this.#ops.push(time);
    this.#ops.push(...ops);
    if (fraud !== undefined) this.#truth.set(event.id, fraud);
  }

  /** Lets the ledger answer for what was added since. */
  async settle(onGrant?: OnGrant): Promise<void> {
    const time = this.#time.after();
    if (time !== undefined) this.#ops.push(time);
    if (this.#ops.length === 0) return;
    await this.#options.ledger.apply(this.#ops);
    this.#ops = [];
    await this.#drain(onGrant);
    this.#truth.clear();
  }

  /** What stands after the last event, by campaign. */
  async report(onGrant?: OnGrant): Promise<Readonly<Record<string, CampaignReport>>> {
    const { ledger, campaigns } = this.#options;
    for await (const page of this.standing()) await this.#count(page, onGrant);
    const { accounts } = campaigns.compiled;
    const balances = await ledger.balances(accounts.map(({ account }) => account));
    return this.#tally.report(accounts, balances);
  }

  /** Page by page what was ever reserved, as it stands now, in the order in which that was done. */
  async *standing(): AsyncGenerator<readonly JudgedGrant[], void, undefined> {
    const { ledger } = this.#options;
    for (let from = 0; ; from += A_PAGE) {
      const page = await ledger.redis.lrange(this.#standing, from, from + A_PAGE - 1);
      if (page.length === 0) return;
      yield await Promise.all(page.map((entry) => this.#read(entry)));
    }
  }

  /** A grant as it stands, a refused one too. */
  grant(id: string): Promise<Grant | undefined> {
    return this.#options.ledger.grant(id);
  }

  /** Whether each of these grants was ever reserved; only of a run that is compared. */
  async stood(ids: readonly string[]): Promise<readonly boolean[]> {
    if (ids.length === 0) return [];
    const found = await this.#options.ledger.redis.smismember(`${this.#standing}:ids`, ...ids);
    return found.map((each) => each === 1);
  }

  async #drain(onGrant: OnGrant | undefined): Promise<void> {
    const { ledger } = this.#options;
    for (;;) {
      const entries = await ledger.drain(this.#drained, A_PAGE);
      const last = entries.at(-1);
      if (last === undefined) return;
      const made = entries.filter(({ grant, operationId }) => {
        return hasOffer(grant) && operationId === grant.id;
      });
      const standing = made.filter(({ operation }) => operation === 'reserve');
      if (standing.length > 0) {
        await ledger.redis.rpush(this.#standing, ...standing.map((entry) => this.#written(entry)));
        if (this.#options.isCompared === true) {
          await ledger.redis.sadd(
            `${this.#standing}:ids`,
            ...standing.map(({ grant }) => grant.id),
          );
        }
      }
      await this.#count(
        made.filter(isFinal).map(({ grant }) => ({ grant, fraud: this.#truth.get(grant.eventId) })),
        onGrant,
      );
      this.#drained = last.sequence;
      await ledger.trim(last.sequence);
    }
  }

  async #count(grants: readonly JudgedGrant[], onGrant: OnGrant | undefined): Promise<void> {
    for (const { grant, fraud } of grants) {
      this.#tally.add(grant, fraud);
      onGrant?.(grant);
    }
    if (grants.length > 0) await this.#options.onGrants?.(grants);
  }

  #written({ grant }: JournalEntry): string {
    const fraud = this.#truth.get(grant.eventId);
    return `${fraud === undefined ? '?' : fraud ? 'f' : 'h'}${grant.id}`;
  }

  async #read(entry: string): Promise<JudgedGrant> {
    const truth = entry[0];
    const grant = await this.#options.ledger.grant(entry.slice(1));
    return { grant: grant!, fraud: truth === '?' ? undefined : truth === 'f' };
  }
}

/** An answer that moved nothing is never changed again. */
function isFinal({ operation, legs }: JournalEntry): boolean {
  return legs.length === 0 && (operation === 'reject' || operation === 'intercept');
}
