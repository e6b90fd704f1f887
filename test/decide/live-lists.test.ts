import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalValue, type ListChange } from '../../pipeline/decide/list-entry.ts';
import { LiveLists } from '../../pipeline/decide/live-lists.ts';
import { EventBatch, EventView } from '../../pipeline/event.ts';
import { testDecoder } from './listed-events.ts';

const decoder = testDecoder();
const AT_MS = Date.parse('2026-03-06T02:00:00Z');

function viewOf(fields: object, occurredAtMs = AT_MS): EventView {
  const batch = new EventBatch(1);
  const occurredAt = new Date(occurredAtMs).toISOString();
  const json = { id: 'e-1', type: 'payment', occurredAt, accountId: 'acc-1', ...fields };
  expect(decoder.decode(Buffer.from(JSON.stringify(json)), occurredAtMs, batch)).toBeUndefined();
  return new EventView(batch, 0);
}

let count = 0;
function change(fields: Partial<ListChange>): ListChange {
  const { kind = 'accounts', value = 'acc-1' } = fields;
  return {
    id: `1-${count++}.7`,
    op: 'add',
    list: 'block',
    reason: 'ring',
    author: 'li',
    actor: 'li',
    decisionId: '',
    occurredAtMs: AT_MS,
    expiresAtMs: undefined,
    detail: '',
    ...fields,
    kind,
    value: canonicalValue(kind, value),
  };
}

const lists = (changes: readonly ListChange[], maxEntries = 1000): LiveLists => {
  const live = new LiveLists(maxEntries);
  for (const each of changes) live.apply(each, decoder, AT_MS);
  return live;
};

describe('the lists that orders change', () => {
  it.each([
    ['an account', { kind: 'accounts', value: 'acc-1' }, {}],
    [
      'a card by its full number',
      { kind: 'cards', value: '4111111111111111' },
      { cardId: '4111111111111111' },
    ],
    ['a device', { kind: 'devices', value: 'd-1' }, { deviceId: 'd-1' }],
    [
      'an address in another spelling',
      { kind: 'ips', value: '2001:0DB8::0001' },
      { ip: '2001:db8::1' },
    ],
    ['a token', { kind: 'ips', value: 'tok-1' }, { ip: 'tok-1' }],
    ['a range', { kind: 'ips', value: '203.0.113.77/24' }, { ip: '203.0.113.9' }],
    ['an IPv6 range', { kind: 'ips', value: '2001:db8::/32' }, { ip: '2001:db8:1::9' }],
    ['a merchant', { kind: 'merchants', value: 'm-1' }, { merchantId: 'm-1' }],
    ['a telephone', { kind: 'phones', value: 'ph-1' }, { attributes: { phoneHash: 'ph-1' } }],
  ] as const)('name %s until it is taken off', (_, place, fields) => {
    const added = change(place);
    const live = lists([added]);
    expect(live.match(viewOf(fields))).toMatchObject([
      { list: 'block', kind: place.kind, reason: 'ring', author: 'li', entryId: added.id },
    ]);
    expect(
      live.match(viewOf({ accountId: 'other', deviceId: 'other', ip: '198.51.100.1' })),
    ).toEqual([]);
    expect(live.apply(change({ ...place, op: 'remove' }), decoder, AT_MS)).toBe('done');
    expect(live.match(viewOf(fields))).toEqual([]);
    expect(live.size).toBe(0);
  });

  it('let go of an entry at its exact end in event time, whenever the event comes', () => {
    const live = lists([change({ expiresAtMs: AT_MS })]);
    expect(live.match(viewOf({}, AT_MS))).toEqual([]);
    expect(live.match(viewOf({}, AT_MS - 1))).toHaveLength(1);
  });

  it('tell one entry of each list that names the event', () => {
    const live = lists([
      change({ list: 'watch', reason: 'a' }),
      change({ list: 'block', reason: 'b' }),
      change({ list: 'watch', kind: 'devices', value: 'd-1', reason: 'c' }),
    ]);
    const hits = live.match(viewOf({ deviceId: 'd-1' }));
    expect(hits.map(({ list, reason }) => [list, reason]).sort()).toEqual([
      ['block', 'b'],
      ['watch', 'a'],
    ]);
  });

  it('let the newest word on a subject stand, and know the same word when it comes again', () => {
    const first = change({ reason: 'a' });
    const live = lists([first]);
    expect(live.apply({ ...first, id: '9-9.0' }, decoder, AT_MS)).toBe('same');
    const milder = change({ reason: 'b', expiresAtMs: AT_MS + 1 });
    expect(live.apply(milder, decoder, AT_MS)).toBe('done');
    expect(live.find(first, decoder)).toEqual({
      entryId: milder.id,
      reason: 'b',
      author: 'li',
      expiresAtMs: AT_MS + 1,
    });
    expect(live.size).toBe(1);
  });

  it('refuse what goes beyond their bound, and make room where entries ended long ago', () => {
    const live = lists([change({ value: 'a', expiresAtMs: AT_MS }), change({ value: 'b' })], 2);
    expect(live.apply(change({ value: 'c' }), decoder, AT_MS + 86_400_000 - 1)).toBe('full');
    expect(live.apply(change({ value: 'c' }), decoder, AT_MS + 86_400_000)).toBe('done');
    expect(live.match(viewOf({ accountId: 'a' }, AT_MS - 1))).toEqual([]);
    expect(live.match(viewOf({ accountId: 'b' }))).toHaveLength(1);
  });

  it('are the same as a map of maps, after any changes in any order', () => {
    const anyChange = fc.record({
      op: fc.constantFrom('add' as const, 'remove' as const),
      list: fc.constantFrom('block' as const, 'allow' as const, 'watch' as const),
      value: fc.integer({ min: 0, max: 40 }).map((number) => `acc-${number}`),
      reason: fc.constantFrom('a', 'b'),
    });
    const judge = (changes: readonly ListChange[]): void => {
      const live = lists(changes, 1000);
      const naive = new Map<string, ListChange>();
      for (const each of changes) {
        const key = `${each.list} ${each.value}`;
        if (each.op === 'remove') naive.delete(key);
        else naive.set(key, each);
      }
      expect(live.size).toBe(naive.size);
      for (let number = 0; number <= 40; number++) {
        const hits = live.match(viewOf({ accountId: `acc-${number}` }));
        const wanted = [...naive.values()].filter(({ value }) => value === `acc-${number}`);
        const said = ({ list, reason }: { list: string; reason: string }): string =>
          `${list} ${reason}`;
        expect(hits.map(said).sort()).toEqual(wanted.map(said).sort());
      }
    };
    fc.assert(
      fc.property(fc.array(anyChange, { maxLength: 300 }), (all) =>
        judge(all.map((each) => change(each))),
      ),
      { numRuns: 50 },
    );
  });

  it('find every one of many entries again while the table grows and shrinks', () => {
    const live = new LiveLists(100_000);
    for (let i = 0; i < 20_000; i++) live.apply(change({ value: `many-${i}` }), decoder, AT_MS);
    for (let i = 0; i < 20_000; i += 2) {
      live.apply(change({ op: 'remove', value: `many-${i}` }), decoder, AT_MS);
    }
    expect(live.size).toBe(10_000);
    let found = 0;
    for (let i = 0; i < 20_000; i++) {
      const stands = live.find({ list: 'block', kind: 'accounts', value: `many-${i}` }, decoder);
      found += Number((stands !== undefined) === (i % 2 === 1));
    }
    expect(found).toBe(20_000);
  });
});
