import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { endAll, newFolder, startIn } from '../support/cli.ts';
import { startTestRedis } from '../support/redis.ts';
import { answered, configOf, Crowd, send, TRIAL } from './trial-campaign.ts';

afterAll(endAll);

const QUOTE = '/v1/quote';

describe('POST /v1/quote', () => {
  it('answers what POST /v1/events then grants, 400 for no event, 503 while Redis is away, and holds a freeze against it', async () => {
    const redis = await startTestRedis({ tcp: true });
    try {
      const data = join(await newFolder(), 'data');
      const config = await configOf(TRIAL);
      const worker = startIn(data, ['--config', config], { env: { REDIS_URL: redis.url } });
      const address = await worker.ready();
      const crowd = new Crowd();
      for (const kind of ['bill', 'till', 'pack', 'gift', 'points'] as const) {
        const event = crowd.of(kind);
        const quoted = await send(address, event, QUOTE);
        expect(quoted).toMatchObject({ code: 200, eventId: event.id });
        expect(quoted.rewards).toHaveLength(1);
        expect(quoted.rewards).toEqual((await answered(address, event)).rewards);
      }
      expect(await send(address, { type: 'payment' }, QUOTE)).toMatchObject({
        code: 400,
        error: { code: 'missing_field', fieldPath: 'id' },
      });
      const event = crowd.of('bill');
      const freeze = { actor: 'li', reason: 'tests' };
      await send(address, freeze, `/v1/accounts/${String(event['accountId'])}/freeze`);
      expect(await send(address, event, QUOTE)).toMatchObject({
        rewards: [{ state: 'voided', reason: 'account_frozen' }],
      });
      await redis.kill();
      expect(await send(address, event, QUOTE)).toMatchObject({
        code: 503,
        error: { code: 'unavailable' },
      });
    } finally {
      await redis.close();
    }
  });
});
