import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { CommandLog, LOG_START } from '../../pipeline/act/commands.ts';
import { holdDataFolder, readSecret } from '../../pipeline/data-folder.ts';
import type { Command } from '../../pipeline/decide/account-action.ts';
import { CardMask } from '../../pipeline/ingest/card-number.ts';
import { keysOf } from '../../pipeline/keys.ts';
import { order, type Order } from '../../pipeline/cli/order.ts';
import { withRedis } from '../../pipeline/cli/with-redis.ts';
import { startTestRedis } from '../support/redis.ts';

const CARD = '4111111111111111';
let data: string;

beforeEach(async () => {
  data = await mkdtemp(join(tmpdir(), 'sheepdog-order-'));
  vi.stubEnv('REDIS_URL', '');
  vi.stubEnv('SHEEPDOG_CARD_TOKEN_KEY', '');
  vi.spyOn(process.stdout, 'write').mockReturnValue(true);
});

afterEach(async () => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
  await rm(data, { recursive: true });
});

const give = (what: Order): Promise<void> =>
  order(what, { profile: 'embedded', data, actor: `li ${CARD}`, reason: `stolen: ${CARD}` });

/** Leaves the data folder as a worker does. */
async function workerRan(): Promise<void> {
  const folder = await holdDataFolder(data);
  await folder.release();
}

async function logged(): Promise<Command[]> {
  let commands: Command[] = [];
  await withRedis({ profile: 'embedded', data }, async (redis) => {
    const log = new CommandLog(redis);
    commands = await log.read(LOG_START);
    log.close();
  });
  return commands;
}

describe("an analyst's order from the command line", () => {
  it('stands in the log with its card numbers masked as the events of this folder have them', async () => {
    await workerRan();
    await give({ kind: 'freeze', accountId: CARD });
    await give({ kind: 'label', decisionId: `dec_${CARD}`, label: 'confirmed' });
    const [freeze, label] = await logged();
    const masked = new CardMask(keysOf((await readSecret(data))!).cardTokenKey).text(CARD);
    expect(freeze).toMatchObject({
      accountId: masked,
      actor: `li ${masked}`,
      reason: `stolen: ${masked}`,
    });
    expect(label).toMatchObject({ decisionId: `dec_${masked}`, reason: `stolen: ${masked}` });
  });

  it('is masked under the key of the environment where there is one', async () => {
    vi.stubEnv('SHEEPDOG_CARD_TOKEN_KEY', 'key');
    await workerRan();
    await give({ kind: 'unfreeze', accountId: CARD });
    const { cardTokenKey } = keysOf(Buffer.alloc(32), { cardTokenKey: 'key' });
    const masked = new CardMask(cardTokenKey).text(CARD);
    expect(await logged()).toMatchObject([{ accountId: masked }]);
  });

  it('that names a card is refused where the key is not to be had', async () => {
    const redis = await startTestRedis({ tcp: true });
    vi.stubEnv('REDIS_URL', redis.url);
    try {
      await expect(give({ kind: 'freeze', accountId: CARD })).rejects.toThrow(
        'the order holds a full card number',
      );
      const log = new CommandLog(redis);
      expect(await log.read(LOG_START)).toEqual([]);
      log.close();
    } finally {
      await redis.close();
    }
  });
});
