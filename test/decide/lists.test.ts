import { describe, expect, it } from 'vitest';
import { SubjectList, type ListEntries } from '../../pipeline/decide/lists.ts';
import type { Event } from '../../pipeline/event.ts';

const entry = (value: string, expiresAtMs?: number) => ({
  value,
  reason: 'test',
  author: 'test',
  expiresAtMs,
});
const list = (entries: Partial<ListEntries>): SubjectList =>
  new SubjectList({
    accounts: [],
    cards: [],
    devices: [],
    ips: [],
    merchants: [],
    phones: [],
    ...entries,
  });
const event = (fields: Partial<Event>): Event =>
  ({ accountId: 'a', occurredAtMs: 1000, ...fields }) as Event;

describe('a list', () => {
  it.each([
    ['an account', { accounts: [entry('a')] }, {}, true],
    ['another account', { accounts: [entry('b')] }, {}, false],
    ['a card', { cards: [entry('c')] }, { cardId: 'c' }, true],
    ['a device', { devices: [entry('d')] }, { deviceId: 'd' }, true],
    ['a merchant', { merchants: [entry('m')] }, { merchantId: 'm' }, true],
    ['a telephone', { phones: [entry('p')] }, { phoneHash: 'p' }, true],
    ['an address', { ips: [entry('203.0.113.9')] }, { ip: '203.0.113.9' }, true],
    ['an opaque token', { ips: [entry('tok')] }, { ip: 'tok' }, true],
    ['a range', { ips: [entry('203.0.113.0/24')] }, { ip: '203.0.113.9' }, true],
    [
      'an address outside a range',
      { ips: [entry('203.0.113.0/24')] },
      { ip: '203.0.114.9' },
      false,
    ],
    ['an IPv6 address in a range', { ips: [entry('2001:db8::/32')] }, { ip: '2001:db8::1' }, true],
    [
      'an IPv4-mapped address in a range',
      { ips: [entry('203.0.113.0/24')] },
      { ip: '::ffff:203.0.113.9' },
      true,
    ],
    ['another spelling', { ips: [entry('2001:0DB8:0::1')] }, { ip: '2001:db8::1' }, true],
    ['a mapped spelling', { ips: [entry('::ffff:203.0.113.9')] }, { ip: '203.0.113.9' }, true],
    ['a mapped range', { ips: [entry('::ffff:203.0.113.0/120')] }, { ip: '203.0.113.9' }, true],
    ['a token against a range', { ips: [entry('203.0.113.0/24')] }, { ip: 'tok' }, false],
    ['a missing field', { devices: [entry('d')] }, {}, false],
  ])('matches %s rightly', (_, entries, fields, matches) => {
    expect(list(entries).match(event(fields)) !== undefined).toBe(matches);
  });

  it('lets go of an entry at its exact end in event time', () => {
    const timed = list({ accounts: [entry('a', 1000)] });
    expect(timed.match(event({ occurredAtMs: 999 }))?.value).toBe('a');
    expect(timed.match(event({ occurredAtMs: 1000 }))).toBeUndefined();
  });
});
