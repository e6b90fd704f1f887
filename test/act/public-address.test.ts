import { describe, expect, test } from 'vitest';
import {
  isPublicAddress,
  literalAddress,
  publicLookup,
  type Resolve,
} from '../../pipeline/act/public-address.ts';

describe('an address that is not public is refused', () => {
  test.each([
    ['loopback', '127.0.0.1'],
    ['loopback, another', '127.8.9.10'],
    ['this host', '0.0.0.0'],
    ['private 10/8', '10.1.2.3'],
    ['private 172.16/12', '172.31.255.255'],
    ['private 192.168/16', '192.168.0.1'],
    ['link-local, the metadata service', '169.254.169.254'],
    ['carrier-grade NAT', '100.64.0.1'],
    ['multicast', '224.0.0.1'],
    ['broadcast', '255.255.255.255'],
    ['reserved', '240.0.0.1'],
    ['benchmarking', '198.18.0.1'],
    ['documentation', '203.0.113.9'],
    ['IPv6 loopback', '::1'],
    ['IPv6 unspecified', '::'],
    ['IPv6 link-local', 'fe80::1'],
    ['IPv6 link-local with a zone', 'fe80::1%eth0'],
    ['IPv6 unique local', 'fd00::1'],
    ['IPv6 multicast', 'ff02::1'],
    ['IPv4-mapped loopback', '::ffff:127.0.0.1'],
    ['IPv4-mapped private, in hexadecimal', '::ffff:a00:1'],
    ['NAT64 of a private address', '64:ff9b::a00:1'],
    ['6to4 of a private address', '2002:a00:1::'],
    ['Teredo', '2001:0:a00:1::'],
    ['no address', 'example.com'],
  ])('%s', (_name, address) => {
    expect(isPublicAddress(address)).toBe(false);
  });

  test.each(['8.8.8.8', '93.184.216.34', '2606:4700:4700::1111', '::ffff:8.8.8.8'])(
    'and %s is not',
    (address) => {
      expect(isPublicAddress(address)).toBe(true);
    },
  );
});

test.each([
  ['http://2130706433/', '127.0.0.1'],
  ['http://0x7f.1/', '127.0.0.1'],
  ['http://0177.0.0.1/', '127.0.0.1'],
  ['http://127.1/', '127.0.0.1'],
  ['http://[::ffff:127.0.0.1]/', '::ffff:7f00:1'],
  ['http://[::1]:80/', '::1'],
  ['http://１２７.0.0.1/', '127.0.0.1'],
  ['https://example.com/', undefined],
])('the address in %s is %s', (url, address) => {
  expect(literalAddress(new URL(url))).toBe(address);
});

/** A name server that gives one answer after the other. */
function resolver(...answers: readonly string[][]): Resolve {
  let next = 0;
  return (_hostname, _options, done) => {
    const addresses = answers[next++] ?? [];
    done(
      null,
      addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    );
  };
}

function ask(resolve: Resolve, all: boolean): Promise<unknown> {
  return new Promise((settle) => {
    publicLookup(resolve)('rewards.example.com', { all }, (error, address) => {
      settle(error === null ? address : error.message);
    });
  });
}

describe('a name', () => {
  test('is connected to at the addresses that were judged', async () => {
    expect(await ask(resolver(['8.8.8.8']), false)).toBe('8.8.8.8');
    expect(await ask(resolver(['8.8.8.8', '2606:4700:4700::1111']), true)).toEqual([
      { address: '8.8.8.8', family: 4 },
      { address: '2606:4700:4700::1111', family: 6 },
    ]);
  });

  test('is refused when any of its addresses is inside', async () => {
    const message =
      'rewards.example.com (10.0.0.1) is not a public address, and allowPrivate is not set';
    expect(await ask(resolver(['8.8.8.8', '10.0.0.1']), true)).toBe(message);
    expect(await ask(resolver(['8.8.8.8', '10.0.0.1']), false)).toBe(message);
  });

  test('that answers with an inside address the second time is refused then', async () => {
    const rebinding = resolver(['8.8.8.8'], ['127.0.0.1']);
    expect(await ask(rebinding, false)).toBe('8.8.8.8');
    expect(await ask(rebinding, false)).toContain('127.0.0.1');
  });

  test('without an address says so', async () => {
    expect(await ask(resolver(), false)).toBe('rewards.example.com has no address');
  });
});
