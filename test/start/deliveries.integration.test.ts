/** Deliveries by the command line: a worker, a receiver that refuses, and the person who looks after it. */

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SECRET, until } from '../act/delivering.ts';
import { configWith, endAll, newFolder, run, startIn } from '../support/cli.ts';
import { WebhookReceiver } from '../support/webhook-receiver.ts';

const env = { SHEEPDOG_DELIVERY_KEYS: `k1:${SECRET}` };
let receiver: WebhookReceiver;
let config: string;
let data: string;
beforeEach(async () => {
  receiver = new WebhookReceiver({ k1: SECRET });
  await receiver.start();
  const cash = { url: receiver.url, allowHttp: true, allowPrivate: true };
  config = await configWith({ delivery: { endpoints: { cash } } });
  data = join(await newFolder(), 'data');
});
afterEach(() => receiver.stop());
afterAll(endAll);

/** A payment that earns money off in the shipped campaign of bills. */
async function payments(): Promise<string> {
  const file = join(await newFolder(), 'events.ndjson');
  const one = {
    id: 'pay-1',
    type: 'payment',
    occurredAt: '2026-11-20T13:00:00+08:00',
    accountId: 'a-1',
    customerId: 'c-1',
    cardId: 'k-1',
    channel: 'mobile_bank',
    category: 'water',
    merchantId: 'shop-0001',
    amount: 60_000,
    currency: 'CNY',
  };
  await writeFile(file, `${JSON.stringify(one)}\n`);
  return file;
}

describe('a worker with an endpoint for cash', () => {
  it('delivers what was earned; what is refused is listed, and tried again when somebody says so', async () => {
    receiver.behave = () => ({ kind: 'answer', status: 422, body: 'no such customer' });
    const args = ['--config', config, '--input', await payments()];
    const worker = startIn(data, args, { env });
    await worker.said(/needs a person/);
    const flags = ['--data', data, '--config', config];
    const listed = await run(['deliveries', 'list', ...flags], { env });
    expect(JSON.parse(listed.stdout.split('\n')[0]!)).toMatchObject({
      state: 'failed',
      kind: 'cash',
      attempts: 1,
      answer: 'HTTP 422: no such customer',
    });
    receiver.behave = () => ({ kind: 'give' });
    const again = await run(['deliveries', 'retry', ...flags], { env });
    expect(again.stdout).toMatch(/^\d+ deliveries are tried again\n$/);
    await until(() => receiver.given.size > 0);
    expect(receiver.unverified).toBe(0);
    const { code, stderr } = await worker.stop();
    expect(code).toBe(0);
    expect(stderr).not.toContain(SECRET);
    const after = await run(['deliveries', 'list', ...flags], {
      env: { SHEEPDOG_DELIVERY_KEYS: undefined },
    });
    expect(after.code, 'reading needs no key').toBe(0);
    expect(after.stdout).not.toContain('"failed"');
  });

  it('stops in time while the receiver hangs', async () => {
    receiver.behave = () => ({ kind: 'hang' });
    const worker = startIn(data, ['--config', config, '--input', await payments()], { env });
    await until(() => receiver.requests.length > 0);
    const { code, stderr } = await worker.stop();
    // What takes its share of the 25 seconds is told of.
    expect(stderr).not.toContain('closing failed');
    expect(code).toBe(0);
  });

  it('does not start without a key, and says so in one line', async () => {
    const { code, stderr } = await run(['start', '--data', data, '--config', config], {
      env: { SHEEPDOG_DELIVERY_KEYS: undefined },
    });
    expect(code).toBe(2);
    expect(stderr).toMatch(/^sheepdog: SHEEPDOG_DELIVERY_KEYS is not set: .*\n$/);
  });
});

it('config show tells endpoints and never a key', async () => {
  const { code, stdout } = await run(['config', 'show', '--config', config], { env });
  expect(code).toBe(0);
  expect(stdout).toContain(receiver.url);
  expect(stdout).not.toContain(SECRET);
});

it('a wrong endpoint is told with its place', async () => {
  const wrong = await configWith({
    delivery: { endpoints: { cash: { url: 'http://10.0.0.1/' } } },
  });
  const { code, stderr } = await run(['config', 'check', '--config', wrong]);
  expect(code).toBe(2);
  expect(stderr).toMatch(/sheepdog\.yaml:\d+:\d+: delivery\.endpoints\.cash\.url: http is not/);
});
