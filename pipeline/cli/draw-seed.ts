/** `campaign draw-seed`: what a draw is bound to before it begins, and by what everybody can check it afterwards. */

import { readEnvironment } from '../../config/environment.ts';
import { loadConfig } from '../../config/load.ts';
import { systemClock } from '../clock.ts';
import type { DrawSeedFlags } from './command-campaign.ts';
import { readSecret } from '../data-folder.ts';
import { discoverDetectors } from '../detect/discover.ts';
import { Failure } from '../failure.ts';
import { keysOf } from '../keys.ts';
import { print } from '../terminal/print.ts';
import { drawSeedOf } from '../reward/draw.ts';

/**
 * Prints `{campaign, commitment}`, the SHA-256 of the seed, which is published before the first draw; with `disclose`
 * the seed too, in hexadecimal.
 * @throws Failure when there is no such campaign, no key, or the campaign can still be drawn from.
 */
export async function drawSeed(campaignId: string, flags: DrawSeedFlags): Promise<void> {
  const { campaigns } = await loadConfig(flags.config, await discoverDetectors());
  const campaign = campaigns.find(({ id }) => id === campaignId);
  if (campaign === undefined) {
    const known = campaigns.map(({ id }) => id).join(', ');
    throw new Failure(`there is no campaign "${campaignId}": there are ${known}`, { exitCode: 2 });
  }
  const endsMs = Math.max(
    campaign.window.to,
    ...Object.values(campaign.phases).map(({ to }) => to),
  );
  if (flags.disclose === true && systemClock.now() < endsMs) {
    throw new Failure(
      `campaign ${campaignId} runs until ${new Date(endsMs).toISOString()}: who knew its seed could choose what to win; disclose it afterwards`,
    );
  }
  const { seed, commitment } = drawSeedOf(await drawKeyOf(flags.data), campaignId);
  const disclosed = flags.disclose === true ? { seed: seed.toString('hex') } : {};
  await print(`${JSON.stringify({ campaign: campaignId, commitment, ...disclosed })}\n`);
}

/** As the worker of the folder has it. */
async function drawKeyOf(data: string): Promise<Buffer> {
  const environment = readEnvironment();
  const secret = await readSecret(data);
  if (secret === undefined && environment.hashSeed === undefined) {
    throw new Failure(
      `${data} holds no secret yet, and SHEEPDOG_HASH_SEED is not set: start the worker once, or set what it has`,
    );
  }
  return keysOf(secret ?? Buffer.alloc(0), environment).drawKey;
}
