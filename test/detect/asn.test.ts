import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { AsnReader, openAsnDatabase } from '../../pipeline/detect/asn.ts';
import { discoverDetectors } from '../../pipeline/detect/discover.ts';
import { compileDetectors } from '../../pipeline/detect/evaluate.ts';
import { layFeatures } from '../../pipeline/detect/feature-layout.ts';
import { detectorsSchema } from '../../pipeline/detect/section.ts';
import { EventView } from '../../pipeline/event.ts';
import { Failure } from '../../pipeline/failure.ts';
import { batchFrom } from '../support/events.ts';
import { mmdb } from '../support/mmdb.ts';

const folder = mkdtempSync(join(tmpdir(), 'sheepdog-asn-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

function written(name: string, bytes: Buffer): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

const database = openAsnDatabase(
  written(
    'asn.mmdb',
    mmdb({
      '203.0.0.0/16': { asn: 64_500, operator: 'Example Telecom' },
      '203.0.113.0/24': { asn: 64_501, operator: 'Example Hosting' },
      '2001:db8::/32': {
        asn: 64_502,
        operator: 'Example Six, with a name longer than it should be',
      },
    }),
  ),
);

describe('an ASN file', () => {
  it.each([
    ['203.0.1.1', 64_500],
    ['203.0.113.9', 64_501],
    ['2001:db8:1::1', 64_502],
    ['198.51.100.1', Number.NaN],
    ['a-token', Number.NaN],
  ])('%s is in %d', (ip, asn) => {
    expect(database.numberOf(ip)).toBe(asn);
  });

  it('tells the operator', () => {
    expect(database.operatorOf('203.0.113.9')).toBe('Example Hosting');
    expect(database.operatorOf('2001:db8::1')).toMatch(/^Example Six, .* should be$/);
    expect(database.operatorOf('198.51.100.1')).toBeUndefined();
  });

  it('is refused in one line when it is not there, broken, or about something else', () => {
    for (const [path, message] of [
      [join(folder, 'none.mmdb'), /^networks\.asnDatabase: .*none\.mmdb cannot be read: ENOENT/],
      [written('broken.mmdb', Buffer.from('not a database')), /broken\.mmdb cannot be read/],
      [written('city.mmdb', mmdb({}, 'GeoLite2-City')), /city\.mmdb holds GeoLite2-City/],
    ] as const) {
      expect(() => openAsnDatabase(path)).toThrow(Failure);
      expect(() => openAsnDatabase(path)).toThrow(message);
    }
  });
});

describe('the autonomous system of an event', () => {
  const ON = ['login'] as const;
  const events = ['203.0.1.1', '203.0.113.9', '203.0.1.2', '0.0.0.0', 'token'].map((ip, i) => ({
    ...{ type: 'login', accountId: `a${i}`, ip },
  }));

  function measured(asn: AsnReader): number[][] {
    const layout = layFeatures(
      [
        { spec: { kind: 'network', read: 'asn' }, measuredOn: ON },
        {
          spec: {
            kind: 'burst',
            key: 'asn',
            on: ON,
            distinct: 'accountId',
            bucketMs: 3_600_000,
            days: 1,
            knownDays: 1,
            from: 0,
            read: 'count',
          },
          measuredOn: ON,
        },
      ],
      { allowedLatenessMs: 1000, maxKeys: 10, maxEntries: 1000, asn },
    );
    const batch = batchFrom(events);
    const out = { width: 2, values: new Float64Array(2 * events.length) };
    layout.store.measure(batch, 0, events.length, out);
    for (const source of layout.sources) source.measure(batch, 0, events.length, out);
    return events.map((_, i) => [...out.values.subarray(i * 2, i * 2 + 2)]);
  }

  it('is a feature, and a key of bursts; nobody is in none', () => {
    const { NaN: absent } = Number;
    expect(measured(new AsnReader(database))).toEqual([
      [64_500, 1],
      [64_501, 1],
      [64_500, 2],
      [absent, absent],
      [absent, absent],
    ]);
  });

  it('is absent where no file is configured', () => {
    expect(measured(new AsnReader(undefined)).flat().every(Number.isNaN)).toBe(true);
  });
});

describe('an operator whose addresses open accounts', () => {
  /** One account an address, a minute apart, on a day of March 2026. */
  const signUps = (day: number, accounts: number): Readonly<Record<string, unknown>>[] =>
    Array.from({ length: accounts }, (_, i) => ({
      type: 'account.opened',
      accountId: `d${day}-${i}`,
      ip: `203.0.${day}.${i}`,
      occurredAt: new Date(Date.UTC(2026, 2, day, 2, i)).toISOString(),
    }));
  const events = [...[2, 3, 4].flatMap((day) => signUps(day, 2)), ...signUps(5, 18)];

  async function found(group: string): Promise<readonly [string, number, unknown][]> {
    const named = (await discoverDetectors()).filter(({ name }) => name === 'network-burst');
    const sections = detectorsSchema(named).parse({
      'network-burst': { group, days: 4, knownDays: 3 },
    });
    const compiled = compileDetectors(named, sections);
    const { width, store, sources } = layFeatures(compiled.requests, {
      ...{ allowedLatenessMs: 1000, maxKeys: 1000, maxEntries: 1000 },
      asn: new AsnReader(database),
    });
    const batch = batchFrom(events);
    const matrix = { width, values: new Float64Array(width * events.length) };
    store.measure(batch, 0, events.length, matrix);
    for (const source of sources) source.measure(batch, 0, events.length, matrix);
    compiled.bind(matrix);
    return compiled
      .evaluate(new EventView(batch, events.length - 1))
      .map(({ band, measure, evidence }) => [
        band,
        Number(measure.toFixed(2)),
        evidence['counted'],
      ]);
  }

  it('is seen by a detector that counts by operator, and by none that counts by address', async () => {
    expect(await found('asn')).toEqual([
      ['review', 11.31, 'over the autonomous system of the address'],
    ]);
    expect(await found('address')).toEqual([]);
  });
});
