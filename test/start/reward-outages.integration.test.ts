import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { askRecord } from '../support/ask-record.ts';
import { endAll, newFolder, run, startIn, type Cli } from '../support/cli.ts';
import { startTestRedis } from '../support/redis.ts';
import {
  answered,
  configOf,
  Crowd,
  send,
  told,
  TRIAL,
  type Answer,
  type Fields,
  type Reward,
} from './trial-campaign.ts';

afterAll(endAll);

type Sent = Fields & { readonly id: string };

type Kind = 'points' | 'draw' | 'pack' | 'gift';
const crowd = new Crowd();

/** An event of a customer about something of theirs that came before. */
const about = (earlier: Sent, type: string, attributes: Fields, fields: Fields = {}): Sent =>
  crowd.of('till', String(earlier['customerId']).slice(2), { type, attributes, ...fields });

/** One event of each kind, each of a customer of its own. */
function round(): Record<Kind, Sent> {
  return {
    points: crowd.of('points'),
    draw: crowd.of('draw'),
    pack: crowd.of('pack'),
    gift: crowd.of('gift'),
  };
}

async function sendAll(address: string, events: readonly Sent[]): Promise<readonly Answer[]> {
  return await Promise.all(events.map((event) => send(address, event)));
}

/** Sends until an answer comes without its rewards: the worker has noticed that Redis is away. */
async function sendUntilPending(worker: Cli, address: string): Promise<Sent[]> {
  const sent: Sent[] = [];
  await worker.until(async () => {
    const event = crowd.of('points');
    sent.push(event);
    return (await send(address, event)).rewards === 'pending' || undefined;
  });
  return sent;
}

/** Asks again what an event earned until it is known. */
async function known(worker: Cli, address: string, event: Sent): Promise<readonly string[]> {
  return await worker.until(async () => {
    const answer = await send(address, event);
    return answer.rewards === 'pending' ? undefined : told(answer);
  });
}

const isAllowed = { status: 200, verdict: 'allow', rewards: 'pending' };

it('while Redis is away payments are decided; rewards of every kind wait and are granted once, over kills of either', async () => {
  const redis = await startTestRedis({ tcp: true, durable: true });
  const env = { REDIS_URL: redis.url };
  try {
    const data = join(await newFolder(), 'data');
    const args = ['--config', await configOf(TRIAL)];
    let worker = startIn(data, args, { env });
    let address = await worker.ready();

    const before = round();
    const [cancelled, authorised] = [crowd.of('till'), crowd.of('till')];
    await sendAll(address, [...Object.values(before), cancelled, authorised]);
    const [gift] = (await answered(address, before.gift)).rewards as readonly Reward[];

    await redis.kill();
    const noticed = await sendUntilPending(worker, address);
    const during = round();
    const claim = about(before.gift, 'claim.submitted', { grantId: gift!.grantId });
    const capture = about(authorised, 'payment', { authorisationId: authorised.id });
    const cancel = about(cancelled, 'payment.cancelled', { authorisationId: cancelled.id });
    const waiting = [...Object.values(during), claim, capture, cancel];
    for (const answer of await sendAll(address, waiting)) expect(answer).toMatchObject(isAllowed);
    // Acknowledged, and nobody has been given anything yet.
    await worker.kill();
    await redis.start();
    worker = startIn(data, args, { env });
    address = await worker.ready();
    expect(await known(worker, address, during.points)).toEqual(['points posted granted']);
    expect(await known(worker, address, during.gift)).toEqual(['gift awaiting_claim granted']);
    expect(await known(worker, address, before.gift)).toEqual(['gift posted claimed']);
    expect(await known(worker, address, authorised)).toEqual(['till posted granted']);
    expect(await known(worker, address, cancelled)).toEqual(['till voided payment_cancelled']);

    // Redis goes and comes by itself, then both are killed with rewards in flight.
    await redis.kill();
    const again = [...(await sendUntilPending(worker, address)), ...Object.values(round())];
    await sendAll(address, again);
    await redis.start();
    expect(await known(worker, address, again[0]!)).toEqual(['points posted granted']);
    const last = [...Object.values(round()), ...Object.values(round())];
    await Promise.all([sendAll(address, last), redis.kill()]);
    await worker.kill();
    await redis.start();
    worker = startIn(data, args, { env });
    address = await worker.ready();
    for (const event of last) expect(await known(worker, address, event)).toHaveLength(1);
    const ended = await worker.stop();
    expect(ended.code, ended.stderr).toBe(0);

    const earning = [...Object.values(before), ...noticed, ...Object.values(during)];
    earning.push(...again, ...last, cancelled, authorised);
    const [grants, vouchers, points] = await askRecord(
      data,
      'SELECT event_id AS id, count() AS n FROM grants FINAL GROUP BY id ORDER BY id',
      "SELECT toUInt32(uniqExact(voucher_id)) AS issued, (SELECT toUInt32(sumIf(2, offer_id = 'pack') + countIf(offer_id = 'draw' AND reason != 'no_prize')) FROM grants FINAL) AS promised FROM vouchers FINAL",
      "SELECT DISTINCT toUInt32(sum(posted_delta)) AS points FROM ledger_entries FINAL WHERE account LIKE 'points/customer=c-%' GROUP BY account",
    );
    expect(grants.map(({ id, n }) => `${String(id)} ${String(n)}`)).toEqual(
      earning.map(({ id }) => `${id} 1`).toSorted(),
    );
    expect(vouchers[0]!['issued']).toBe(vouchers[0]!['promised']);
    expect(points).toEqual([{ points: 250 }]);
    const verified = await run(['ledger', 'verify', '--data', data], { env });
    expect(verified.code, verified.stderr).toBe(0);
  } finally {
    await redis.close();
  }
});
