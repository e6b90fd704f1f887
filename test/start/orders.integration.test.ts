import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { askRecord } from '../support/ask-record.ts';
import { endAll, newFolder, run, startIn } from '../support/cli.ts';

const CARD = '4111111111111111';

async function post(url: string, body: unknown): Promise<Record<string, unknown>> {
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return (await answer.json()) as Record<string, unknown>;
}

const payment = (id: string): unknown => ({
  id,
  type: 'payment',
  occurredAt: '2026-11-20T10:00:03+08:00',
  accountId: CARD,
  amount: 25_000,
  currency: 'CNY',
});

/** Files under a folder that hold the card number in full. */
async function filesWithCard(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const found: string[] = [];
  for (const entry of entries.filter((each) => each.isFile())) {
    const path = join(entry.parentPath, entry.name);
    if ((await readFile(path)).includes(CARD)) found.push(path);
  }
  return found;
}

afterAll(endAll);

describe('an order that names an account by a full card number', () => {
  it('reaches the account, by HTTP as by the command line, and the number stands nowhere', async () => {
    const data = join(await newFolder(), 'data');
    const worker = startIn(data);
    const address = await worker.ready();
    const events = `${address}/v1/events`;
    const said = { actor: 'li', reason: `stolen: ${CARD}` };

    const frozen = await post(`${address}/v1/accounts/${CARD}/freeze`, said);
    expect(frozen['message']).toMatch(/^account 411111\*{6}1111#[a-p]{12} is frozen/);
    expect((await post(events, payment('pay-1')))['verdict']).toBe('block');

    const freed = await run(['unfreeze', CARD, '--reason', `found: ${CARD}`, '--data', data]);
    expect(freed.code, freed.stderr).toBe(0);
    expect((await post(events, payment('pay-2')))['verdict']).not.toBe('block');

    const ended = await worker.stop();
    expect(ended.code, ended.stderr).toBe(0);
    expect(ended.stdout + ended.stderr + freed.stdout).not.toContain(CARD);
    const [actions] = await askRecord(
      data,
      'SELECT kind, uniqExact(account_id) OVER () AS accounts, reason FROM account_actions FINAL ORDER BY arrival',
    );
    expect(actions).toMatchObject([
      { kind: 'freeze', accounts: 1 },
      { kind: 'unfreeze', accounts: 1 },
    ]);
    expect(await filesWithCard(data)).toEqual([]);
  });
});
