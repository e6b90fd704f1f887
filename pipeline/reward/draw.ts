/**
 * The draw: HMAC-SHA256 of a secret seed and the draw's id, so that a replay draws the same, nobody can
 * choose the result, and everybody can check it once the seed is disclosed. The commitment, SHA-256 of the
 * seed, stands on every drawn grant from the first one on: the seed cannot be exchanged afterwards.
 */

import { createHmac, hash } from 'node:crypto';

/** Odds are parts of this. */
export const PPM = 1_000_000;
/** The largest multiple of PPM that 32 bits hold: what lies above would favour the low numbers. */
const FAIR_BELOW = Math.floor(2 ** 32 / PPM) * PPM;
const WORD_BYTES = 4;

export interface DrawSeed {
  readonly seed: Buffer;
  readonly commitment: string;
}

/** The seed of one campaign, derived so that disclosing it discloses no other campaign's. */
export function drawSeedOf(key: Buffer, campaignId: string): DrawSeed {
  const seed = createHmac('sha256', key).update(`draw ${campaignId}`).digest();
  return { seed, commitment: hash('sha256', seed, 'hex') };
}

/**
 * A number below 1,000,000, each as likely as any other: the first of the HMAC's 32-bit words (big-endian)
 * that is not above the largest fair multiple. The message is `<draw id>/<n>`, n from 0.
 */
export function drawn(seed: Buffer, drawId: string): number {
  for (let round = 0; ; round++) {
    const digest = createHmac('sha256', seed).update(`${drawId}/${round}`).digest();
    for (let at = 0; at < digest.length; at += WORD_BYTES) {
      const word = digest.readUInt32BE(at);
      if (word < FAIR_BELOW) return word % PPM;
    }
  }
}

/**
 * The prize that a number wins: prizes take their odds of 0 to 999,999 in the order of the file, nothing
 * takes the rest. What has run out keeps its odds.
 */
export function prizeAt<Prize extends { readonly ppm: number }>(
  prizes: readonly Prize[],
  random: number,
): Prize | undefined {
  let below = 0;
  for (const prize of prizes) {
    below += prize.ppm;
    if (random < below) return prize;
  }
  return undefined;
}
