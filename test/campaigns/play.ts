/**
 * The shipped campaigns at work for the tests: events as senders write them go through the decoder, the customer
 * book, the evaluation and a real ledger, in this order, as on the pipeline's path. The verdict is given.
 */

import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach } from 'vitest';
import { parse } from 'yaml';
import { parseList } from '../../config/campaign-lists.ts';
import { campaignSchema, type Campaign } from '../../config/campaign-schema.ts';
import type { Delivery } from '../../pipeline/act/delivery.ts';
import { deliveriesOf } from '../../pipeline/act/given.ts';
import { offerTerms } from '../../pipeline/act/offer-terms.ts';
import type { Decision, Verdict } from '../../pipeline/decide/decision.ts';
import type { Engine } from '../../pipeline/decide/engine.ts';
import { EventBatch, EventView } from '../../pipeline/event.ts';
import type { CampaignChange } from '../../pipeline/reward/adjustments.ts';
import { CustomerBook } from '../../pipeline/reward/customer-book.ts';
import { evaluate, settle, whyNot } from '../../pipeline/reward/evaluate.ts';
import { hasOffer, type Grant } from '../../pipeline/reward/grant.ts';
import { Ledger } from '../../pipeline/reward/ledger.ts';
import type { LedgerOp } from '../../pipeline/reward/ledger-op.ts';
import { LiveCampaigns } from '../../pipeline/reward/live-campaigns.ts';
import type { Voucher } from '../../pipeline/reward/voucher.ts';
import { silentLogger } from '../../pipeline/telemetry.ts';
import { decision } from '../reward/scenario.ts';
import { testDecoder, type PlainEvent } from '../support/events.ts';
import { startTestRedis, type TestRedis } from '../support/redis.ts';

const CONFIG = new URL('../../config/', import.meta.url);
/** What draws are seeded from. */
export const DRAW_KEY = Buffer.from('a key for tests');
export type CampaignId = 'bill-payment' | 'redemption' | 'credit-card';

type Keys = Readonly<Record<string, unknown>>;

/** What a test has otherwise than the shipped file: keys of the campaign, keys of its offers, the offers in force. */
export interface Otherwise {
  readonly campaign?: Keys;
  readonly offers?: Readonly<Record<string, Keys>>;
  readonly only?: readonly string[];
}

/** A shipped campaign, read from its file; `undefined` takes a key of an offer away. */
export function shipped(id: CampaignId, otherwise: Otherwise = {}): Campaign {
  const raw = parse(readFileSync(new URL(`campaigns/${id}.yaml`, CONFIG), 'utf8')) as {
    offers: (Keys & { readonly id: string })[];
    lists?: Record<string, string[] | { file: string }>;
  };
  const { only, offers: changed = {}, campaign: keys = {} } = otherwise;
  const unknown = [...(only ?? []), ...Object.keys(changed)].find(
    (name) => !raw.offers.some((offer) => offer.id === name),
  );
  if (unknown !== undefined) throw new Error(`${id} has no offer "${unknown}"`);
  const offers = raw.offers
    .filter((offer) => only === undefined || only.includes(offer.id))
    .map((offer) => ({ ...offer, ...changed[offer.id] }));
  const lists = Object.entries(raw.lists ?? {}).map(([name, list]) => [
    name,
    Array.isArray(list) ? list : parseList(readFileSync(new URL(list.file, CONFIG), 'utf8')),
  ]);
  return campaignSchema.parse({
    ...raw,
    lists: Object.fromEntries(lists) as Keys,
    ...keys,
    offers,
  });
}

let server: TestRedis;

/** Registers the hooks; call it once at the top of a test file. */
export function usePlay(): void {
  beforeAll(async () => {
    server = await startTestRedis();
  });
  afterAll(() => server.close());
  beforeEach(forget);
}

/** Empties the ledger, for another stage. */
export async function forget(): Promise<void> {
  await server.connect().flushall();
}

/** One more process that writes to the ledger of the stage. */
export function writer(): Ledger {
  return new Ledger(server.connect());
}

/** What came of one event or word. */
export class Outcome {
  readonly grants: readonly Grant[];

  constructor(grants: readonly Grant[]) {
    this.grants = grants;
  }

  /** Offer by offer: `bill-off posted 500`, `bill-draw limit_reached`, `first-spend awaiting_choice 10000`. */
  get told(): string[] {
    return this.grants.map((grant) => `${grant.offerId} ${tell(grant)}`.trimStart()).sort();
  }

  /** What came of one offer, `nothing` when it was not touched. */
  of(offerId: string): string {
    const grant = this.grants.find((each) => each.offerId === offerId);
    return grant === undefined ? 'nothing' : tell(grant);
  }

  /** The grant of an offer. */
  grant(offerId: string): Grant {
    const grant = this.grants.find((each) => each.offerId === offerId);
    if (grant === undefined) throw new Error(`no grant of ${offerId}: ${this.told.join(', ')}`);
    return grant;
  }
}

function tell(grant: Grant): string {
  const { state, reason, amountMinor, clawedBackMinor, label } = grant;
  if (state === 'rejected') return reason;
  const which = label === '' ? '' : ` (${label})`;
  const back = clawedBackMinor === 0 ? '' : ` -${clawedBackMinor}`;
  if (!hasOffer(grant)) return reason;
  return `${state} ${amountMinor}${back}${which}`;
}

/** Local time of a test in Shanghai: `2026-10-09 10:00`, with seconds and milliseconds where they matter. */
export function shanghai(local: string): string {
  return `${local.replace(' ', 'T').padEnd(23, local.length === 16 ? ':00.000' : '.000')}+08:00`;
}

/** Campaigns in force, with the customers they know and a ledger. */
export class Stage {
  readonly live: LiveCampaigns;
  readonly customers: CustomerBook;
  readonly ledger: Ledger;
  /** Where there is one, it judges every event, and no verdict is given. */
  readonly #guard: Pick<Engine, 'judge'> | undefined;
  readonly #decoder = testDecoder();
  readonly #batch = new EventBatch(1);
  readonly #view = new EventView(this.#batch, 0);
  #events = 0;

  constructor(campaigns: Campaign | readonly Campaign[], guard?: Pick<Engine, 'judge'>) {
    this.#guard = guard;
    this.live = new LiveCampaigns([campaigns].flat(), { drawKey: DRAW_KEY });
    const { readsFacts: needed, factPeriods: periods } = this.live.compiled;
    const log = silentLogger();
    this.customers = new CustomerBook({ needed, periods, maxCustomers: 1000, log });
    this.ledger = new Ledger(server.connect());
  }

  /**
   * What an event asks of the ledger, once its customer's facts are taken in.
   * @param event an event as it is sent; `at` is its time in Shanghai. Ids are made up where none is given.
   */
  ops(event: PlainEvent, verdict: Verdict = 'allow', frozen = false): readonly LedgerOp[] {
    this.#receive(event);
    const decided = this.#judge(decision(verdict, frozen ? ['account_frozen'] : []));
    const facts = this.customers.of(this.#view);
    const ops = evaluate(this.live.compiled, this.#view, decided, facts, 'config-1');
    this.customers.observe(this.#view, decided.verdict);
    return ops;
  }

  /** Why an event earns nothing of an offer before the ledger is asked, as a quote says it; undefined: it may. */
  reason(event: PlainEvent, offerId: string, verdict: Verdict = 'allow'): string | undefined {
    this.#receive(event);
    const facts = this.customers.of(this.#view);
    const found = whyNot(this.live.compiled, this.#view, decision(verdict), facts);
    return found.find((each) => each.offerId === offerId)?.reason;
  }

  /** Decodes an event into the batch of one. */
  #receive(event: PlainEvent): void {
    const { at, ...sent } = event;
    const whole = {
      id: `e-${++this.#events}`,
      accountId: `account-of-${String(event['customerId'])}`,
      ...(typeof at === 'string' && { occurredAt: shanghai(at) }),
      ...(event['amount'] === undefined ? {} : { currency: 'CNY' }),
      ...sent,
    };
    this.#batch.clear();
    const receivedAtMs = Date.parse(String((whole as PlainEvent)['occurredAt']));
    const bytes = Buffer.from(JSON.stringify(whole));
    const failure = this.#decoder.decode(bytes, receivedAtMs, this.#batch);
    if (failure !== undefined) throw new Error(`the event is refused: ${failure.message}`);
  }

  #judge(given: Decision): Decision {
    const judgement = this.#guard?.judge(this.#batch).judgements[0];
    if (judgement === undefined) return given;
    if (judgement.kind !== 'decided') throw new Error(`the event is a ${judgement.kind}`);
    return judgement.decision;
  }

  /** One event, all the way to the ledger. */
  async play(event: PlainEvent, verdict: Verdict = 'allow', frozen = false): Promise<Outcome> {
    return this.apply(this.ops(event, verdict, frozen));
  }

  async apply(ops: readonly LedgerOp[]): Promise<Outcome> {
    return new Outcome((await this.ledger.apply(ops)).flat());
  }

  /** Events one after the other. @returns what came of each. */
  async playAll(events: readonly PlainEvent[]): Promise<Outcome[]> {
    const outcomes: Outcome[] = [];
    for (const event of events) outcomes.push(await this.play(event));
    return outcomes;
  }

  /** Somebody's word on a grant that waits for it. */
  async review(grantId: string, word: 'approve' | 'reject', at: string): Promise<Outcome> {
    const [to, reason] =
      word === 'approve'
        ? (['posted', 'approved'] as const)
        : (['voided', 'review_rejected'] as const);
    const occurredAtMs = Date.parse(shanghai(at));
    const id = `${word}_${grantId}`;
    return this.apply([{ kind: 'settle', id, grantId, to, reason, occurredAtMs }]);
  }

  /** An analyst's word on a decision. */
  async label(
    eventId: string,
    label: 'confirmed' | 'false_positive',
    at: string,
  ): Promise<Outcome> {
    const about = { decisionId: `dec_${eventId}`, actor: 'ann', reason: 'seen', label };
    const labelledAtMs = Date.parse(shanghai(at));
    return this.apply(settle({ id: `word-on-${eventId}`, ...about, labelledAtMs }));
  }

  /** An order to change a campaign. @returns why it is refused, or undefined. */
  async change(ordered: CampaignChange, reason = 'risk: seen'): Promise<string | undefined> {
    const change = this.live.named(ordered);
    const id = `order-${++this.#events}`;
    const balances = await this.ledger.balances(this.live.lowers(change));
    const spent = balances.map(
      ({ account, posted, pending }) => [account, posted + pending] as const,
    );
    const action = { id, change, actor: 'ann', reason, issuedAtMs: 1 };
    return this.live.change(action, new Map(spent));
  }

  /** Time passes: an event of nobody moves the ledger's clock. */
  async until(at: string): Promise<void> {
    const id = `tick-${++this.#events}`;
    const occurredAtMs = Date.parse(shanghai(at));
    await this.ledger.apply([{ kind: 'extend', id, voucherId: 'none', byMs: 1, occurredAtMs }]);
  }

  /** `posted pending`, as `1000 0`. */
  async balance(account: string): Promise<string> {
    const { posted, pending } = (await this.ledger.balances([account]))[0]!;
    return `${posted} ${pending}`;
  }

  async state(grantId: string): Promise<string> {
    return tell((await this.ledger.grant(grantId))!);
  }

  /** All that is to be delivered so far, in its order. */
  async deliveries(): Promise<Delivery[]> {
    const termsOf = offerTerms(this.live.configured);
    const entries = await this.ledger.drain(0, 100_000);
    return entries.flatMap((entry) => deliveriesOf(entry, termsOf));
  }

  /** The vouchers of a grant, each as `phone-topup issued 1000 until 2026-10-17`. */
  async vouchers(grantId: string): Promise<Voucher[]> {
    const found: Voucher[] = [];
    for (let n = 1; ; n++) {
      const voucher = await this.ledger.voucher(`${grantId}.${n}`);
      if (voucher === undefined) return found;
      found.push(voucher);
    }
  }
}
