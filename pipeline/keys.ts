/**
 * What a deployment hashes, masks and draws with. They are keys of their own, so that the one behind card
 * tokens can be rotated: body hashes on record are comparable only under one seed, and a seed that followed
 * the token key would make every repeat of a recorded event a conflict.
 */

import { createHmac } from 'node:crypto';
import type { HashSeed } from './ingest/hash.ts';

export interface Keys {
  /** Of ids, window keys and bodies. */
  readonly hashSeed: HashSeed;
  /** Of the tokens that stand for masked card numbers. */
  readonly cardTokenKey: Buffer;
  /** Of the seeds that prizes are drawn from; bound to the hash seed's source, which is never rotated. */
  readonly drawKey: Buffer;
}

/** The part of the environment that takes the place of the data folder's secret. */
export interface KeySettings {
  readonly hashSeed?: string | undefined;
  readonly cardTokenKey?: string | undefined;
}

/** @param secret of the data folder; each key comes from it unless the environment names another. */
export function keysOf(secret: Buffer, settings: KeySettings = {}): Keys {
  const seed = derive(settings.hashSeed ?? secret, 'hash seed');
  return {
    hashSeed: [seed.readInt32LE(0), seed.readInt32LE(4)],
    cardTokenKey: derive(settings.cardTokenKey ?? secret, 'card token'),
    drawKey: derive(settings.hashSeed ?? secret, 'draw'),
  };
}

/** The key of card tokens for who may lack the data folder; undefined when the environment has none either. */
export function cardTokenKeyOf(
  secret: Buffer | undefined,
  { cardTokenKey }: KeySettings,
): Buffer | undefined {
  const source = cardTokenKey ?? secret;
  return source === undefined ? undefined : derive(source, 'card token');
}

function derive(secret: string | Buffer, purpose: string): Buffer {
  return createHmac('sha256', secret).update(purpose).digest();
}
