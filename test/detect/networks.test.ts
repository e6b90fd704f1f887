import { describe, expect, it } from 'vitest';
import { cidr, NetworkSet } from '../../pipeline/detect/networks.ts';

const set = new NetworkSet([
  { cidr: '10.0.0.0/8', reason: 'wide' },
  { cidr: '10.1.0.0/16', reason: 'narrow' },
  { cidr: '203.0.113.9', reason: 'one address' },
  { cidr: '2001:db8::/32', reason: 'six' },
]);

describe('a network set', () => {
  it.each([
    ['10.2.3.4', 'wide'],
    ['10.1.3.4', 'narrow'],
    ['203.0.113.9', 'one address'],
    ['203.0.113.8', undefined],
    ['2001:db8:1::1', 'six'],
    ['::ffff:10.1.0.1', 'narrow'],
    ['2001:db9::1', undefined],
    ['7f3a9c0e11', undefined],
    ['167837953', undefined],
    ['', undefined],
    [undefined, undefined],
  ])('%s is in %s', (ip, reason) => {
    expect(set.match(ip)?.reason).toBe(reason);
  });
});

describe('a range in a list', () => {
  it.each(['100.64.0.0/10', 'fc00::/7', '203.0.113.9', '2001:db8::1'])('%s is one', (text) => {
    expect(cidr.safeParse(text).success).toBe(true);
  });

  it.each(['', '10', '10.0.0.0/33', '10.0.0/8', '2001:db8::/129', 'office', '::/0', '8.0.0.0/7'])(
    '%s is none',
    (text) => {
      expect(cidr.safeParse(text).success).toBe(false);
    },
  );
});
