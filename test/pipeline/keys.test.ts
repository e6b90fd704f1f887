import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../config/load.ts';
import { assembleDecoder } from '../../pipeline/assemble.ts';
import { discoverDetectors } from '../../pipeline/detect/discover.ts';
import { EventBatch } from '../../pipeline/event.ts';
import { cardTokenKeyOf, keysOf, type KeySettings } from '../../pipeline/keys.ts';

const CARD = '4111111111111111';
const NOW = Date.parse('2026-11-21T09:00:00Z');
const FOLDER = Buffer.alloc(32, 1);
const OTHER_FOLDER = Buffer.alloc(32, 2);
const config = await loadConfig(
  fileURLToPath(new URL('../../config/', import.meta.url)),
  await discoverDetectors(),
);

/** What tells a repeat from a conflict: the id's hash and the body's; and the card as it is recorded. */
function seen(cardId: string, secret: Buffer, settings?: KeySettings): unknown[] {
  const batch = new EventBatch(1);
  const bytes = Buffer.from(
    JSON.stringify({
      id: 'e1',
      type: 'payment',
      occurredAt: '2026-11-21T09:00:00Z',
      accountId: 'a',
      cardId,
    }),
  );
  assembleDecoder(config, keysOf(secret, settings)).decode(bytes, NOW, batch);
  return [batch.idLo[0], batch.idHi[0], batch.bodyHash[0], batch.view(0).cardId];
}

describe('the key of card tokens', () => {
  it('can be rotated: an event without a full card number is still the same event', () => {
    const before = seen('card-7', FOLDER);
    expect(seen('card-7', FOLDER, { cardTokenKey: 'new' })).toEqual(before);
    expect(seen('card-7', FOLDER, { cardTokenKey: 'newer' })).toEqual(before);
  });

  it('makes another token of a card, and so another body of an event that names it in full', () => {
    const [lo, hi, body, card] = seen(CARD, FOLDER, { cardTokenKey: 'old' });
    const rotated = seen(CARD, FOLDER, { cardTokenKey: 'new' });
    expect(rotated.slice(0, 2)).toEqual([lo, hi]);
    expect(rotated[2]).not.toBe(body);
    expect(rotated[3]).not.toBe(card);
  });

  it('is the same for a worker and for who only masks', () => {
    const settings = { cardTokenKey: 'key' };
    expect(cardTokenKeyOf(FOLDER, {})).toEqual(keysOf(FOLDER).cardTokenKey);
    expect(cardTokenKeyOf(undefined, settings)).toEqual(keysOf(FOLDER, settings).cardTokenKey);
    expect(cardTokenKeyOf(undefined, {})).toBeUndefined();
  });
});

describe('the hash seed', () => {
  it("is the data folder's, so that another folder hashes otherwise", () => {
    expect(seen('card-7', OTHER_FOLDER)[2]).not.toBe(seen('card-7', FOLDER)[2]);
  });

  it('follows the environment where that names one, whatever the folder', () => {
    const settings = { hashSeed: 'seed' };
    expect(seen('card-7', OTHER_FOLDER, settings)).toEqual(seen('card-7', FOLDER, settings));
    expect(seen('card-7', FOLDER, settings)[2]).not.toBe(seen('card-7', FOLDER)[2]);
  });
});
