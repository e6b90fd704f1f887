/**
 * How a delivery proves where it comes from: HMAC-SHA256 over `<timestamp>.<body>`, with a key that has a
 * name. Two keys may live at once: the first one signs, the receiver accepts both, and so neither side
 * has to change in the same moment.
 */

import { createHmac } from 'node:crypto';
import { Failure } from '../failure.ts';

export const SIGNATURE_HEADERS = {
  timestamp: 'Sheepdog-Timestamp',
  keyId: 'Sheepdog-Key-Id',
  signature: 'Sheepdog-Signature',
} as const;

export interface SigningKey {
  readonly id: string;
  readonly secret: string;
}

const VARIABLE = 'SHEEPDOG_DELIVERY_KEYS';
const SHORTEST_SECRET = 32;

/**
 * @param text `id:secret` or `id:secret,id:secret`, the one that signs first.
 * @throws Failure (exit code 2) that never shows a secret.
 */
export function signingKeys(text: string | undefined): readonly [SigningKey, ...SigningKey[]] {
  const wanted = `write ${VARIABLE}=<id>:<secret>, the new key first and the old one after a comma`;
  if (text === undefined)
    throw unusable(`${VARIABLE} is not set: deliveries are signed; ${wanted}`);
  const keys = text.split(',').map((part, index) => parseKey(part.trim(), index, wanted));
  const [first, second, ...more] = keys;
  if (first === undefined || more.length > 0) {
    throw unusable(`${VARIABLE} names ${keys.length} keys: at most two live at once`);
  }
  if (second === undefined) return [first];
  if (first.id === second.id) throw unusable(`${VARIABLE} names the key ${first.id} twice`);
  return [first, second];
}

function parseKey(part: string, index: number, wanted: string): SigningKey {
  const [, id, secret] = /^([A-Za-z0-9._-]{1,64}):(\S+)$/.exec(part) ?? [];
  if (id === undefined || secret === undefined) {
    throw unusable(`${VARIABLE}: key ${index + 1} is not of the form <id>:<secret>; ${wanted}`);
  }
  if (secret.length < SHORTEST_SECRET) {
    throw unusable(
      `${VARIABLE}: the secret of ${id} is shorter than ${SHORTEST_SECRET} characters; make one with: openssl rand -hex 32`,
    );
  }
  return { id, secret };
}

/** @param timestamp Unix seconds, as the header says it. @returns `v1=<hex>`. */
export function signatureOf(secret: string, timestamp: string, body: string): string {
  const mac = createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex');
  return `v1=${mac}`;
}

function unusable(message: string): Failure {
  return new Failure(message, { exitCode: 2 });
}
