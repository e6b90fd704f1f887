/**
 * `ledger rebuild`: Redis again from the journal. The new state is written beside the old one and takes its
 * place in one step, so that a rebuild that is broken off has changed nothing.
 */

import type { ChainableCommander } from 'ioredis';
import type { StoredGrant } from './grant.ts';
import { ledgerRowsOf, type JournalEntry, type LedgerRow } from './journal.ts';
import type { Ledger, LedgerKeys } from './ledger.ts';
import { EXCESS, PARKED, REFUNDED, textOfPart } from './ledger-op.ts';
import { dueOf, encodeRecord, encodeVoucherRecord, provenPaymentOf } from './record.ts';
import { Sums, type LedgerHistory } from './verify.ts';
import type { Voucher } from './voucher.ts';

const COMMANDS_A_TRIP = 2000;
/** Operations after which a grant stands under their own event as well. */
const LISTING = new Set(['capture', 'claim', 'choose']);
/** Operations whose time is a person's, not an event's. */
const UNTIMED = new Set(['post', 'void', 'review_opened', 'review_passed', 'noted']);

/**
 * Rebuilds the ledger when the durable journal is ahead of it: Redis has lost its data or was restored from
 * an older copy. Call it before the first operation, with the group owned.
 * @returns whether it was behind.
 */
export async function recover(ledger: Ledger, history: LedgerHistory): Promise<boolean> {
  if ((await history.lastSequence()) <= (await ledger.sequence())) return false;
  await rebuild(ledger, history);
  // From here on the ledger knows where it stands, and notices when Redis falls behind that.
  await ledger.sequence();
  return true;
}

/**
 * Replaces the whole state by what follows from the durable journal and the entries that Redis still holds
 * beyond it. No worker may run meanwhile.
 * @param lost aborted when the group's lease has gone to another: the state is then left as it is.
 * @returns the sequence it stands at afterwards.
 */
export async function rebuild(
  ledger: Ledger,
  history: LedgerHistory,
  lost?: AbortSignal,
): Promise<number> {
  const state = new RebuiltState();
  for await (const rows of history.entries(0)) rows.forEach((row) => state.addRow(row));
  for await (const grants of history.grants()) grants.forEach((grant) => state.addGrant(grant));
  for await (const list of history.vouchers()) list.forEach((voucher) => state.addVoucher(voucher));
  for (let after = state.sums.last; ;) {
    const entries = await ledger.drain(after);
    if (entries.length === 0) break;
    for (const entry of entries) state.addEntry(entry);
    after = entries.at(-1)!.sequence;
  }
  await replace(ledger, state, lost);
  return state.sums.last;
}

/** What the journal says, in the ledger's own terms. */
class RebuiltState {
  readonly sums = new Sums();
  readonly grants = new Map<string, StoredGrant>();
  readonly vouchers = new Map<string, Voucher>();
  /** Grants in the order in which events earned them, or stand for them since: then with that event's id. */
  readonly earned: { readonly grantId: string; readonly underId: string | undefined }[] = [];
  /** Where in `earned` each grant was reserved last: it has left the places before that. */
  readonly reserved = new Map<string, number>();
  readonly refunds = new Map<string, { amount: number; part: string }>();
  readonly parked = new Map<string, Map<string, readonly [amount: number, atMs: number]>>();
  watermark = 0;

  addEntry(entry: JournalEntry): void {
    ledgerRowsOf(entry).forEach((row) => this.addRow(row));
    this.addGrant(entry.grant);
    if (entry.voucher !== undefined) this.addVoucher(entry.voucher);
  }

  addGrant(grant: StoredGrant): void {
    const known = this.grants.get(grant.id);
    if (known === undefined || known.revision < grant.revision) this.grants.set(grant.id, grant);
  }

  addVoucher(voucher: Voucher): void {
    const known = this.vouchers.get(voucher.id);
    if (known === undefined || known.revision < voucher.revision)
      this.vouchers.set(voucher.id, voucher);
  }

  addRow(row: LedgerRow): void {
    this.sums.add(row);
    const { operation, operationId, grantId, account } = row;
    if (!UNTIMED.has(operation)) this.watermark = Math.max(this.watermark, row.occurredAtMs);
    if (row.leg === 0 && operation === 'reserve') {
      this.reserved.set(grantId, this.earned.push({ grantId, underId: undefined }) - 1);
    }
    if (row.leg === 0 && LISTING.has(operation))
      this.earned.push({ grantId, underId: operationId });
    if (account.startsWith(REFUNDED)) this.#addRefund(row, REFUNDED);
    else if (account.startsWith(EXCESS)) this.#addRefund(row, EXCESS);
    else if (account.startsWith(PARKED)) this.#addParked(row);
  }

  #addRefund({ operationId, account, postedDelta }: LedgerRow, prefix: string): void {
    const amount = (this.refunds.get(operationId)?.amount ?? 0) + postedDelta;
    this.refunds.set(operationId, { amount, part: account.slice(prefix.length) });
  }

  #addParked({ operationId, account, postedDelta, occurredAtMs }: LedgerRow): void {
    const paymentId = textOfPart(account.slice(PARKED.length));
    const waiting = this.parked.get(paymentId) ?? new Map<string, readonly [number, number]>();
    if (postedDelta > 0) waiting.set(operationId, [postedDelta, occurredAtMs]);
    else waiting.delete(operationId);
    // The list that was written last stands last, as the generations have it.
    this.parked.delete(paymentId);
    if (waiting.size > 0) this.parked.set(paymentId, waiting);
  }
}

async function replace(
  ledger: Ledger,
  state: RebuiltState,
  lost: AbortSignal | undefined,
): Promise<void> {
  const { redis, keys } = ledger;
  const made = Object.fromEntries(
    Object.entries(keys).map(([name, key]) => [name, `${String(key)}:rebuild`]),
  ) as unknown as LedgerKeys;
  const parts: (keyof LedgerKeys)[] = [
    ...([
      'balances',
      'grants',
      'refused',
      'payments',
      'refunds',
      'parked',
      'due',
      'state',
      'vouchers',
    ] as const),
  ];
  await redis.unlink(...parts.map((part) => made[part]));
  const filled = new Set<keyof LedgerKeys>();
  let batch: ChainableCommander = redis.pipeline();
  for (const { part, field, value } of fieldsOf(state, ledger.generationSize)) {
    filled.add(part);
    if (part === 'due') batch.zadd(made[part], value, field);
    else batch.hset(made[part], field, value);
    if (batch.length >= COMMANDS_A_TRIP) {
      await run(batch);
      batch = redis.pipeline();
    }
  }
  await run(batch);
  const swap = redis.multi();
  for (const part of parts) {
    if (filled.has(part)) swap.rename(made[part], keys[part]);
    else swap.unlink(keys[part]);
  }
  swap.unlink(keys.refusedBefore, keys.parkedBefore);
  lost?.throwIfAborted();
  await run(swap);
}

async function run(batch: ChainableCommander): Promise<void> {
  for (const [error] of (await batch.exec()) ?? []) if (error !== null) throw error;
}

interface Field {
  readonly part: keyof LedgerKeys;
  readonly field: string;
  readonly value: string;
}

function* fieldsOf(state: RebuiltState, generationSize: number): Generator<Field, void, undefined> {
  for (const [account, { posted, pending }] of state.sums.balances) {
    yield { part: 'balances', field: account, value: `${posted} ${pending}` };
  }
  const inOrder = [...state.grants.values()].sort((a, b) => a.revision - b.revision);
  const refused = inOrder.filter(({ ledgerRecord }) => ledgerRecord === '');
  for (const grant of newest(refused, generationSize)) {
    yield { part: 'refused', field: grant.id, value: encodeRecord(grant) };
  }
  for (const grant of inOrder) {
    const { id, ledgerRecord } = grant;
    if (ledgerRecord === '') continue;
    yield { part: 'grants', field: id, value: encodeRecord(grant) };
    const due = dueOf(ledgerRecord);
    if (due !== undefined) yield dueField(id, due.what, due.atMs);
  }
  for (const voucher of state.vouchers.values()) {
    yield { part: 'vouchers', field: voucher.id, value: encodeVoucherRecord(voucher) };
    if (voucher.state === 'issued') yield dueField(voucher.id, 'voucher', voucher.expiresAtMs);
  }
  const payments = new Map<string, string[]>();
  for (const [place, { grantId, underId }] of state.earned.entries()) {
    const grant = state.grants.get(grantId);
    if (grant === undefined)
      throw new Error(`the journal moves grant ${grantId}, which no table names`);
    // Asked for anew, it has left where it stood, also if that was turned down.
    if (grant.ledgerRecord === '' || place < state.reserved.get(grantId)!) continue;
    const proven = provenPaymentOf(grant.ledgerRecord);
    for (const key of [underId ?? grant.eventId, ...(proven === undefined ? [] : [proven])]) {
      const listed = payments.get(key) ?? [];
      // What it proved is named by its answer too, and it stands there once.
      if (!listed.includes(grantId)) payments.set(key, [...listed, grantId]);
    }
  }
  for (const [paymentId, ids] of payments) {
    yield { part: 'payments', field: paymentId, value: ids.join(' ') };
  }
  for (const [id, { amount, part }] of state.refunds) {
    yield { part: 'refunds', field: id, value: `${amount} ${part}` };
  }
  for (const [paymentId, waiting] of newest([...state.parked], generationSize)) {
    const list = [...waiting].map(([id, [amount, atMs]]) => [id, String(amount), String(atMs)]);
    yield { part: 'parked', field: paymentId, value: JSON.stringify(list) };
  }
  yield { part: 'state', field: 'sequence', value: String(state.sums.last) };
  yield { part: 'state', field: 'watermark', value: String(state.watermark) };
}

function dueField(id: string, what: string, atMs: number): Field {
  return { part: 'due', field: `${id} ${what}`, value: String(atMs) };
}

/** One generation, not yet full. */
function newest<T>(list: readonly T[], generationSize: number): readonly T[] {
  return list.slice(-Math.max(1, generationSize - 1));
}
