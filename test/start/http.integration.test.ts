import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { askRecord } from '../support/ask-record.ts';
import {
  type Cli,
  configWith,
  endAll,
  type Ended,
  newFolder,
  run,
  startIn,
} from '../support/cli.ts';
import { PATIENT } from './trial-campaign.ts';

interface Answer {
  readonly status: number;
  readonly decisionId?: string;
  readonly verdict?: string;
  readonly duplicate?: boolean;
  readonly rewards?: unknown;
  readonly error?: { readonly code: string; readonly message: string; readonly fieldPath?: string };
}

/** Friday 2026-11-20, 10:00:03 in Shanghai: the Friday offer is open. */
const payment = {
  id: 'pay-1',
  type: 'payment',
  occurredAt: '2026-11-20T10:00:03+08:00',
  accountId: 'a-1',
  customerId: 'c-1',
  cardId: 'k-1',
  deviceId: 'd-1',
  ip: '203.0.113.9',
  merchantId: 'shop-0001',
  category: 'supermarket',
  channel: 'pos',
  instrument: 'credit',
  amount: 25_000,
  currency: 'CNY',
};

async function post(address: string, body: unknown): Promise<Answer> {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const answer = await fetch(`${address}/v1/events`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: text,
  });
  return (await answer.json()) as Answer;
}

/** A repeat is answered from the record, and waits two seconds at most for what the ledger has yet to bring there. */
async function repeated(worker: Cli, address: string): Promise<Answer> {
  return await worker.until(async () => {
    const answer = await post(address, payment);
    return answer.status === 503 || answer.rewards === 'pending' ? undefined : answer;
  });
}

const logs: Ended[] = [];

async function stop(worker: Cli): Promise<void> {
  const ended = await worker.stop();
  logs.push(ended);
  expect(ended.code, ended.stderr).toBe(0);
}

afterAll(endAll);

describe('events by HTTP', () => {
  it('are decided and rewarded once, refused with reason and place, and never show a card number', async () => {
    const data = join(await newFolder(), 'data');
    const config = ['--config', await configWith(PATIENT)];
    let worker = startIn(data, config);
    let address = await worker.ready();

    const first = await post(address, payment);
    expect(first).toMatchObject({ status: 200, verdict: 'allow', duplicate: false });
    expect(first.rewards).toContainEqual(
      expect.objectContaining({ state: 'posted', currency: 'CNY' }),
    );
    expect(await repeated(worker, address)).toEqual({ ...first, duplicate: true });

    const other = await post(address, { ...payment, amount: 26_000 });
    expect(other).toMatchObject({ status: 409, decisionId: first.decisionId });
    expect(other.error?.code).toBe('id_conflict');

    const refusals = await Promise.all(BAD.map(({ body }) => post(address, body)));
    expect(refusals.map(({ status, error }) => [status, error?.code, error?.fieldPath])).toEqual(
      BAD.map(({ code, path }) => [400, code, path]),
    );
    for (const body of withCards()) {
      expect(JSON.stringify(await post(address, body))).not.toMatch(/4111.?1111|5500.?0000/);
    }

    await stop(worker);
    worker = startIn(data, config);
    address = await worker.ready();
    expect(await repeated(worker, address)).toEqual({ ...first, duplicate: true });
    await stop(worker);

    const [letters, grants, cards] = await askRecord(
      data,
      'SELECT reason, field_path FROM dead_letters FINAL ORDER BY reason, field_path',
      "SELECT count() AS n FROM grants FINAL WHERE event_id = 'pay-1' AND state = 'posted'",
      "SELECT count() AS n, uniqExact(card_id) AS ids FROM events FINAL WHERE event_id LIKE 'card-%' AND card_id != ''",
    );
    const expected = [
      ...BAD.map(({ code, path }) => `${code} ${path}`),
      'id_conflict id',
      'wrong_type amount',
    ];
    const found = letters.map((row) => `${String(row['reason'])} ${String(row['field_path'])}`);
    expect(found.toSorted()).toEqual(expected.toSorted());
    expect(grants[0]).toEqual({ n: (first.rewards as unknown[]).length });
    // The same number twice is one token: it still groups.
    expect(cards[0]).toEqual({ n: 3, ids: 2 });
    expect(await filesWith(data, CARDS)).toEqual([]);
    // The search does find what is kept.
    expect(await filesWith(data, ['shop-0001'])).not.toEqual([]);
    for (const { stdout, stderr } of logs) {
      for (const card of CARDS) expect(stdout + stderr).not.toContain(card);
    }
  });

  it('sees the same when the account was frozen by hand: its next event is blocked', async () => {
    const data = join(await newFolder(), 'data');
    const worker = startIn(data);
    const address = await worker.ready();
    expect((await post(address, payment)).verdict).toBe('allow');
    const frozen = await run([
      'freeze',
      'a-1',
      '--reason',
      'a ring',
      '--actor',
      'li',
      '--data',
      data,
    ]);
    expect([frozen.code, frozen.stdout]).toEqual([
      0,
      'account a-1 is frozen from its next event on\n',
    ]);
    expect((await post(address, { ...payment, id: 'pay-2' })).verdict).toBe('block');
    const again = await run(['freeze', 'a-1', '--reason', 'twice', '--data', data]);
    expect([again.code, again.stdout]).toEqual([
      0,
      'account a-1 was frozen already; your word is kept\n',
    ]);
    const freed = await run(['unfreeze', 'a-1', '--reason', 'appeal', '--data', data]);
    expect(freed.code, freed.stderr).toBe(0);
    expect((await post(address, { ...payment, id: 'pay-3' })).verdict).not.toBe('block');

    const unknown = await run([
      'label',
      'dec_nobody',
      'confirmed',
      '--reason',
      'x',
      '--data',
      data,
    ]);
    expect([unknown.code, unknown.stderr]).toEqual([
      1,
      'sheepdog: there is no decision dec_nobody\n',
    ]);
    const labelled = await run([
      'label',
      'dec_pay-2',
      'false_positive',
      '--reason',
      'a family',
      '--data',
      data,
    ]);
    expect(labelled.stdout).toBe('decision dec_pay-2 (block) is labelled false_positive\n');
    await stop(worker);

    const queued = await run(['freeze', 'a-9', '--reason', 'no worker runs', '--data', data]);
    expect(queued.code, queued.stderr).toBe(0);
    expect(queued.stdout).toMatch(/^queued as \d+-\d+: no worker answered/);
    const next = startIn(data);
    await next.said(
      /account a-9 is frozen from its next event on; no event of it is on record yet: check its id/,
    );
    const theirs = { ...payment, id: 'pay-9', accountId: 'a-9' };
    expect((await post(await next.ready(), theirs)).verdict).toBe('block');
    await stop(next);

    const [actions, labels] = await askRecord(
      data,
      'SELECT account_id, kind, actor, reason FROM account_actions FINAL ORDER BY occurred_at, arrival',
      'SELECT decision_id, event_id, label, reason, actor FROM labels FINAL',
    );
    expect(actions.map((row) => Object.values(row))).toEqual([
      ['a-1', 'freeze', 'li', 'a ring'],
      ['a-1', 'freeze', 'analyst', 'twice'],
      ['a-1', 'unfreeze', 'analyst', 'appeal'],
      ['a-9', 'freeze', 'analyst', 'no worker runs'],
    ]);
    expect(labels).toEqual([
      {
        decision_id: 'dec_pay-2',
        event_id: 'pay-2',
        label: 'false_positive',
        reason: 'a family',
        actor: 'analyst',
      },
    ]);
  });
});

const BAD = [
  { body: '{"id": oops', code: 'not_json', path: '' },
  { body: '"text"', code: 'not_an_object', path: '' },
  {
    body: { ...payment, id: 'bad-1', accountId: undefined },
    code: 'missing_field',
    path: 'accountId',
  },
  { body: { ...payment, id: 'bad-2', type: 'theft' }, code: 'unknown_type', path: 'type' },
  { body: { ...payment, id: 'bad-3', amount: 1.5 }, code: 'bad_amount', path: 'amount' },
  { body: { ...payment, id: 'bad-4', amount: -5 }, code: 'bad_amount', path: 'amount' },
  {
    body: { ...payment, id: 'bad-5', occurredAt: '9999-01-01T00:00:00Z' },
    code: 'time_out_of_range',
    path: 'occurredAt',
  },
  {
    body: '{"id":"bad-6","type":"login","occurredAt":"2026-11-20T02:00:00Z","accountId":"a","__proto__":{"x":1}}',
    code: 'forbidden_key',
    path: '__proto__',
  },
];

/** Well-known test numbers that pass the Luhn check. */
const CARDS = ['4111111111111111', '5500000000000004', '4111-1111-1111-1111'];

/** Card numbers wherever a careless sender may put them; the last one is refused as well. */
function withCards(): unknown[] {
  const [plain, second, dashed] = CARDS as [string, string, string];
  const at = (n: number): typeof payment => ({ ...payment, id: `card-${n}`, accountId: `b-${n}` });
  return [
    { ...at(1), cardId: plain },
    {
      ...at(2),
      cardId: plain,
      attributes: { memo: `paid by ${dashed}`, deep: { list: [second] } },
    },
    { ...at(3), cardId: second, merchantId: plain, deviceId: dashed, unknownField: Number(plain) },
    { ...payment, id: plain, accountId: second },
    { ...at(5), [plain]: 'as a key', amount: 'not an amount', note: second },
  ];
}

/** Paths of the files whose raw bytes hold one of the texts. */
async function filesWith(folder: string, texts: readonly string[]): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const found: string[] = [];
  for (const entry of entries.filter((each) => each.isFile())) {
    const path = join(entry.parentPath, entry.name);
    const bytes = await readFile(path);
    if (texts.some((text) => bytes.includes(text))) found.push(path);
  }
  return found;
}
