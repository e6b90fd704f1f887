import { createHmac } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { signatureOf, signingKeys } from '../../pipeline/act/signature.ts';
import { Failure } from '../../pipeline/failure.ts';
import { verify } from '../support/webhook-receiver.ts';

const NEW = 'n'.repeat(32);
const OLD = 'o'.repeat(32);

test('the signature is the HMAC-SHA256 of timestamp and body, in hexadecimal', () => {
  const mac = createHmac('sha256', NEW).update('1700000000.{"a":1}').digest('hex');
  expect(signatureOf(NEW, '1700000000', '{"a":1}')).toBe(`v1=${mac}`);
});

describe('a receiver', () => {
  const secrets = new Map([
    ['k2', NEW],
    ['k1', OLD],
  ]);
  const signed = (id: string, secret: string, timestamp = '1000'): Record<string, string> => ({
    'sheepdog-key-id': id,
    'sheepdog-timestamp': timestamp,
    'sheepdog-signature': signatureOf(secret, timestamp, 'body'),
  });

  test('accepts both keys while two are in force, and the old one no longer afterwards', () => {
    expect(verify(signed('k1', OLD), 'body', secrets, 1_000_000)).toBe(true);
    expect(verify(signed('k2', NEW), 'body', secrets, 1_000_000)).toBe(true);
    const after = new Map([['k2', NEW]]);
    expect(verify(signed('k1', OLD), 'body', after, 1_000_000)).toBe(false);
    expect(verify(signed('k2', NEW), 'body', after, 1_000_000)).toBe(true);
  });

  test.each([
    ['another body', signed('k2', NEW), 'other', 1_000_000],
    [
      'another timestamp',
      { ...signed('k2', NEW), 'sheepdog-timestamp': '1001' },
      'body',
      1_000_000,
    ],
    ['a key under a wrong name', signed('k2', OLD), 'body', 1_000_000],
    ['a request overheard long ago', signed('k2', NEW), 'body', 1_301_000],
    ['no signature', {}, 'body', 1_000_000],
  ])('refuses %s', (_name, headers, body, nowMs) => {
    expect(verify(headers, body, secrets, nowMs)).toBe(false);
  });
});

describe('the keys', () => {
  test('are one, or two of which the first signs', () => {
    expect(signingKeys(`k1:${OLD}`)).toEqual([{ id: 'k1', secret: OLD }]);
    expect(signingKeys(`k2:${NEW}, k1:${OLD}`)[0]).toEqual({ id: 'k2', secret: NEW });
  });

  test.each([
    ['none', undefined, 'SHEEPDOG_DELIVERY_KEYS is not set'],
    ['no name', OLD, 'key 1 is not of the form <id>:<secret>'],
    ['a short secret', `k2:${NEW},k1:secret`, 'the secret of k1 is shorter than 32'],
    ['three', `a:${OLD},b:${OLD},c:${OLD}`, 'names 3 keys: at most two'],
    ['one twice', `k1:${OLD},k1:${NEW}`, 'names the key k1 twice'],
  ])('that are %s end in one line without a secret', (_name, text, message) => {
    const failure = (() => {
      try {
        return signingKeys(text);
      } catch (error) {
        return error;
      }
    })();
    expect(failure).toBeInstanceOf(Failure);
    expect((failure as Failure).exitCode).toBe(2);
    expect((failure as Failure).message).toContain(message);
    expect((failure as Failure).message).not.toMatch(/ooo|nnn|k1:secret/);
  });
});
