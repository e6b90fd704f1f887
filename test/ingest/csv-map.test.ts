import fc from 'fast-check';
import { DateTime } from 'luxon';
import { describe, expect, it } from 'vitest';
import { Failure } from '../../pipeline/failure.ts';
import { compileCsvMap, toMinorUnits } from '../../pipeline/ingest/csv-map.ts';
import { parseCsvMap } from '../../pipeline/ingest/csv-map-schema.ts';
import { timeReader } from '../../pipeline/ingest/csv-map-time.ts';

function eventsOf(yaml: string, header: string, row: string): unknown[] {
  const map = parseCsvMap(yaml, 'map.yaml');
  return compileCsvMap(
    map,
    header.split(','),
    'rows.csv',
  )(row.split(',')).map((event) =>
    'json' in event ? (JSON.parse(event.json) as unknown) : event.refused,
  );
}

function messageOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    expect(error).toBeInstanceOf(Failure);
    return (error as Failure).message;
  }
  return '';
}

describe('a CSV map', () => {
  it('reads columns by bare names, type and currency as they stand, and the long forms everywhere', () => {
    const yaml = `
id: {column: n, prefix: p-}
type: {column: kind}
occurredAt: {column: t, format: unix}
accountId: acc
channel: {value: app}
currency: {column: cur}
amount: sum
terms: {value: 3}
geo: {lat: y, lon: x, city: {value: Berlin}}
attributes: {till: n, vip: {value: true}}
label: {column: bad, positive: [1, "yes"]}`;
    const header = 'n,kind,t,acc,cur,sum,x,y,bad';
    expect(eventsOf(yaml, header, '7,refund,1772416800.5,a,EUR,250,13.4,52.5,yes')).toEqual([
      {
        id: 'p-7',
        type: 'refund',
        occurredAt: '2026-03-02T02:00:00.500Z',
        accountId: 'a',
        channel: 'app',
        currency: 'EUR',
        amount: 250,
        terms: 3,
        geo: { lat: 52.5, lon: 13.4, city: 'Berlin' },
        attributes: { till: '7', vip: true },
        label: 'fraud',
      },
    ]);
  });

  it('leaves out the fields of empty cells, and calls every other label honest', () => {
    const yaml =
      '{id: n, type: login, occurredAt: t, accountId: a, deviceId: d, geo: {lat: y}, label: {column: l, positive: [1]}}';
    expect(eventsOf(yaml, 'n,t,a,d,y,l', '1,2026-03-02,,,,')).toEqual([
      { id: '1', type: 'login', occurredAt: '2026-03-02T00:00:00.000Z', label: 'honest' },
    ]);
  });

  it('makes several events of a row', () => {
    const yaml = `
events:
  - {id: {column: n, suffix: -open}, type: account.opened, occurredAt: t, accountId: a}
  - {id: n, type: payment, occurredAt: t2, accountId: a}`;
    expect(eventsOf(yaml, 'n,t,t2,a', '5,2026-03-02,2026-03-03,x')).toMatchObject([
      { id: '5-open', type: 'account.opened' },
      { id: '5', type: 'payment', occurredAt: '2026-03-03T00:00:00.000Z' },
    ]);
  });

  it('lists every mistake by file, line and column', () => {
    const yaml = `id: 5
type: payment
occurredAt: {column: t, zone: Mars/Base}
acountId: a
amount: {column: sum, scale: -1}
`;
    expect(
      messageOf(() => parseCsvMap(yaml, 'm.yaml'))
        .split('; ')
        .sort(),
    ).toEqual([
      'm.yaml:1:1: accountId: missing',
      'm.yaml:1:1: id: write a column name, {column: …} or {value: …}',
      'm.yaml:3:25: occurredAt.zone: no such time zone',
      'm.yaml:4:1: unknown key acountId',
      'm.yaml:5:23: amount.scale: Too small: expected number to be >=0',
      'write a column name, {column: …} or {value: …}',
      'write one such as Asia/Shanghai',
    ]);
    expect(messageOf(() => parseCsvMap('id: [1', 'm.yaml'))).toMatch(/^m\.yaml:1:\d+: /);
    expect(messageOf(() => parseCsvMap('', 'm.yaml'))).toContain('m.yaml:1:1: id: missing');
    expect(messageOf(() => parseCsvMap('events: []', 'm.yaml'))).toMatch(/^m\.yaml:1:1: events: /);
  });
});

describe('a decimal amount', () => {
  it.each([
    ['36.54', 2, 3654],
    ['2416.7', 2, 241670],
    ['1', 2, 100],
    ['1.', 2, 100],
    ['0.10', 2, 10],
    ['0.29', 2, 29],
    ['1.0000', 2, 100],
    ['007', 0, 7],
    ['+5', 0, 5],
    ['-0.5', 2, -50],
    ['-0', 2, 0],
    ['1.5', 0, undefined],
    ['1.005', 2, undefined],
    ['.5', 2, undefined],
    ['1,5', 2, undefined],
    ['1e3', 2, undefined],
    ['', 2, undefined],
    ['12345678901234567', 0, undefined],
  ])('%j at scale %i is %s minor units', (text, scale, minor) => {
    expect(toMinorUnits(text, scale)).toBe(minor);
  });

  it('is exact for every amount of up to 13 digits', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1e13 }), (minor) => {
        const text = `${Math.floor(minor / 100)}.${String(minor % 100).padStart(2, '0')}`;
        expect(toMinorUnits(text, 2)).toBe(minor);
      }),
    );
  });
});

describe('the time of a cell', () => {
  const zones = [
    'UTC',
    'America/Sao_Paulo',
    'Asia/Shanghai',
    'Asia/Kathmandu',
    'Australia/Lord_Howe',
    'Africa/Casablanca',
  ];

  it('is what Luxon reads, in every zone, around changes of the offset as well', () => {
    // 2015 and 2026 hold changes of summer time in Brazil, Australia and Morocco.
    const moment = fc.integer({
      min: Date.UTC(2014, 11, 1) / 60_000,
      max: Date.UTC(2026, 11, 31) / 60_000,
    });
    const readers = new Map(
      zones.flatMap((zone) =>
        [
          'yyyy-MM-dd HH:mm:ss',
          'dd/MM/yyyy HH:mm',
          'yyyyMMddHHmmssSSS',
          'd.M.yyyy H:mm',
          'iso',
        ].map((format) => [`${format}|${zone}`, timeReader(format, zone)] as const),
      ),
    );
    fc.assert(
      fc.property(moment, fc.constantFrom(...readers.keys()), (minutes, name) => {
        const [format, zone] = name.split('|') as [string, string];
        const shape = format === 'iso' ? "yyyy-MM-dd'T'HH:mm:ss.SSS" : format;
        const text = DateTime.fromMillis(minutes * 60_000 + 7, { zone: 'UTC' }).toFormat(shape);
        const expected =
          format === 'iso'
            ? DateTime.fromISO(text, { zone })
            : DateTime.fromFormat(text, format, { zone });
        expect(readers.get(name)!(text)).toBe(expected.toMillis());
      }),
      { numRuns: 3000 },
    );
  });

  it('is what Luxon makes of hours that summer time skips and repeats', () => {
    for (const [zone, day] of [
      ['America/Sao_Paulo', '2015-10-18'],
      ['America/Sao_Paulo', '2015-02-21'],
      ['Australia/Lord_Howe', '2026-04-05'],
      ['Australia/Lord_Howe', '2026-10-04'],
    ] as const) {
      const read = timeReader('yyyy-MM-dd HH:mm', zone);
      for (let minute = 0; minute < 1440; minute += 10) {
        const clock = `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`;
        const text = `${day} ${clock}`;
        const expected = DateTime.fromFormat(text, 'yyyy-MM-dd HH:mm', { zone }).toMillis();
        expect([text, read(text)]).toEqual([text, expected]);
      }
    }
  });

  it.each([
    ['iso', '2019-11-01T01:27:15.811098', '2019-11-01T01:27:15.811Z'],
    ['iso', '2019-11-01 01:27', '2019-11-01T01:27:00.000Z'],
    ['iso', '2019-11-01T01:27:15+08:00', '2019-10-31T17:27:15.000Z'],
    ['iso', '2019-11-01', '2019-11-01T00:00:00.000Z'],
    ['unix', '1572571635', '2019-11-01T01:27:15.000Z'],
    ['unix_ms', '1572571635811', '2019-11-01T01:27:15.811Z'],
    ['yyyy-MM-dd hh:mm a', '2019-11-01 01:27 PM', '2019-11-01T13:27:00.000Z'],
  ])('in the format %s reads %s', (format, text, iso) => {
    expect(new Date(timeReader(format, 'UTC')(text)).toISOString()).toBe(iso);
  });

  it.each([
    ['iso', 'yesterday'],
    ['iso', '2015-02-30 10:00:00'],
    ['iso', '2015-02-28 25:00:00'],
    ['yyyy-MM-dd HH:mm:ss', '2015-02-30 10:00:00'],
    ['yyyy-MM-dd HH:mm:ss', '2015-02-28 10:00'],
    ['yyyy-MM-dd HH:mm:ss', '2015-02-28 24:00:61'],
    ['yyyy-MM-dd HH:mm:ss', '2015-13-01 10:00:00'],
    ['unix', '12:30'],
    ['unix', ''],
  ])('in the format %s refuses %j', (format, text) => {
    expect(timeReader(format, 'UTC')(text)).toBeNaN();
  });
});
