import { hash } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { drawn } from '../../pipeline/reward/draw.ts';
import { askRecord } from '../support/ask-record.ts';
import { endAll, newFolder, run, startIn } from '../support/cli.ts';
import { configOf, Crowd, send, TRIAL } from './trial-campaign.ts';

afterAll(endAll);

const until = (year: number): typeof TRIAL => ({
  ...TRIAL,
  window: { from: '2020-01-01T00:00:00+08:00', to: `${year}-11-21T00:00:00+08:00` },
});

it('a draw is bound to a seed before it begins, which is disclosed when it is over and by which each result can be checked', async () => {
  const data = join(await newFolder(), 'data');
  const running = await configOf(until(2999));
  const ask = (config: string, ...more: string[]) =>
    run(['campaign', 'draw-seed', 'trial', '--config', config, '--data', data, ...more]);
  const early = await ask(running);
  expect([early.code, early.stderr]).toEqual([
    1,
    `sheepdog: ${data} holds no secret yet, and SHEEPDOG_HASH_SEED is not set: start the worker once, or set what it has\n`,
  ]);

  const worker = startIn(data, ['--config', running]);
  const address = await worker.ready();
  const published = JSON.parse((await ask(running)).stdout) as Record<string, string>;
  expect(Object.keys(published)).toEqual(['campaign', 'commitment']);
  const crowd = new Crowd();
  for (let n = 0; n < 5; n++) await send(address, crowd.of('draw'));
  const refused = await ask(running, '--disclose');
  expect([refused.code, refused.stdout]).toEqual([1, '']);
  expect(refused.stderr).toBe(
    'sheepdog: campaign trial runs until 2999-11-20T16:00:00.000Z: who knew its seed could choose what to win; disclose it afterwards\n',
  );
  expect((await worker.stop()).code).toBe(0);

  const told = JSON.parse((await ask(await configOf(until(2021)), '--disclose')).stdout) as {
    readonly commitment: string;
    readonly seed: string;
  };
  const seed = Buffer.from(told.seed, 'hex');
  expect([told.commitment, hash('sha256', seed, 'hex')]).toEqual([
    published['commitment'],
    published['commitment'],
  ]);
  const [draws] = await askRecord(
    data,
    "SELECT grant_id, detail FROM grants FINAL WHERE offer_id = 'draw'",
  );
  expect(draws).toHaveLength(5);
  for (const draw of draws) {
    const { commitment, random } = JSON.parse(String(draw['detail'])) as Record<string, unknown>;
    expect(commitment).toBe(told.commitment);
    expect(random).toBe(drawn(seed, String(draw['grant_id'])));
  }
});
