import { describe, expect, test } from 'vitest';
import { systemSchema } from '../../config/schema.ts';
import { check, parseYaml } from '../../config/yaml-file.ts';
import { deliveryKey } from '../../pipeline/deliver.ts';
import { Failure } from '../../pipeline/failure.ts';

/** The problems of an endpoint for vouchers. */
function problemsOf(endpoint: string): string[] {
  const text = `delivery:\n  endpoints:\n    voucher: ${endpoint}\n`;
  const problems: string[] = [];
  check(parseYaml('sheepdog.yaml', text, problems), systemSchema, problems);
  return problems;
}

describe('an endpoint', () => {
  test.each([
    '{ url: https://rewards.example.com/vouchers }',
    '{ url: http://rewards.example.com/, allowHttp: true }',
    '{ url: https://10.0.0.5/, allowPrivate: true }',
    '{ url: https://8.8.8.8/, timeoutMs: 20s, concurrency: 1, perSecond: 1 }',
  ])('%s is accepted', (endpoint) => {
    expect(problemsOf(endpoint)).toEqual([]);
  });

  const PRIVATE = 'is not a public address: set allowPrivate: true when it is meant';
  test.each([
    [
      '{ url: rewards }',
      '3:21',
      'url: write an address such as https://rewards.example.com/deliveries',
    ],
    ['{ url: ftp://rewards.example.com/ }', '3:21', 'url: write an address such as'],
    [
      '{ url: http://rewards.example.com/ }',
      '3:21',
      'url: http is not encrypted: write https, or set',
    ],
    [
      '{ url: https://me:pass@example.com/ }',
      '3:21',
      'url: no user name and password in an address',
    ],
    ['{ url: https://127.0.0.1/ }', '3:21', `url: 127.0.0.1 ${PRIVATE}`],
    ['{ url: https://2130706433/ }', '3:21', `url: 127.0.0.1 ${PRIVATE}`],
    ['{ url: "https://[::ffff:10.0.0.1]/" }', '3:21', `url: [::ffff:a00:1] ${PRIVATE}`],
    ['{ url: https://localhost/ }', '3:21', `url: localhost ${PRIVATE}`],
    [
      '{ url: https://a.example/, timeoutMs: 1m }',
      '3:52',
      'timeoutMs: longer than 0 and at most 20s',
    ],
    ['{ url: https://a.example/, retries: 3 }', '3:41', 'unknown key "retries"'],
    ['{}', '3:14', 'url: '],
  ])('%s is refused at %s', (endpoint, place, message) => {
    const problems = problemsOf(endpoint);
    expect(problems).toHaveLength(1);
    const name = message.startsWith('unknown') ? '' : 'delivery.endpoints.voucher.';
    const expected = `sheepdog.yaml:${place}: ${name}${message}`;
    expect(problems[0]!.slice(0, expected.length)).toBe(expected);
    // A password is not told again.
    expect(problems[0]).not.toContain('pass@');
  });
});

describe('the key that signs', () => {
  const endpoints = { points: { url: 'https://rewards.example.com/' } };
  const sending = { system: systemSchema.parse({ delivery: { endpoints } }), campaigns: [] };
  const silent = { system: systemSchema.parse({}), campaigns: [] };

  test('is needed as soon as something is to be sent', () => {
    expect(
      deliveryKey({ config: silent, environment: { deliveryKeys: undefined } }),
    ).toBeUndefined();
    expect(() =>
      deliveryKey({ config: sending, environment: { deliveryKeys: undefined } }),
    ).toThrow(Failure);
    const deliveryKeys = `k2:${'n'.repeat(32)},k1:${'o'.repeat(32)}`;
    expect(deliveryKey({ config: sending, environment: { deliveryKeys } })?.id).toBe('k2');
  });

  test('is judged whenever it is set', () => {
    expect(() => deliveryKey({ config: silent, environment: { deliveryKeys: 'short' } })).toThrow(
      'is not of the form <id>:<secret>',
    );
  });
});
