import { describe, expect, it } from 'vitest';
import { ownBandsOf } from '../../pipeline/cli/command-exclusions.ts';
import { discoverDetectors } from '../../pipeline/detect/discover.ts';
import type { OwnBands } from '../../pipeline/detect/own-bands.ts';
import { compileDetectors } from '../../pipeline/detect/evaluate.ts';
import { EventView } from '../../pipeline/event.ts';
import { at, batchFrom, testDecoder } from '../support/events.ts';
import { detectorsSchema } from '../../pipeline/detect/section.ts';
import { obeyExclusion } from '../../pipeline/orders/obey-exclusion.ts';
import {
  ExclusionRegistry,
  MAX_LIVE,
  type ExclusionChange,
} from '../../pipeline/detect/exclusion.ts';

const DAY_MS = 86_400_000;

const added = (value: string, expiresAtMs?: number): ExclusionChange => ({
  ...{ id: value, op: 'add', kind: 'devices', value, accounts: 0, hubLimit: 0, actor: 'li' },
  ...{ reason: 'demo phone', decisionId: '', occurredAtMs: 0, expiresAtMs },
});
const catalogue = await discoverDetectors();
const sections = detectorsSchema(catalogue).parse({});
const config = { active: { catalogue, sections } };
const listed = (registry: ExclusionRegistry): string[] =>
  registry.entries.map(({ value }) => value);

describe('an exclusion that was ordered', () => {
  it('is listed until its end, holds for events of before for a day more, and is then forgotten', () => {
    const registry = new ExclusionRegistry({ entries: [], sharedNetworks: [] });
    registry.apply(added('ends', 1000));
    registry.apply(added('later', 2 * DAY_MS));
    registry.apply(added('stays'));
    registry.expire(999);
    expect(listed(registry)).toEqual(['ends', 'later', 'stays']);
    registry.expire(1000);
    expect(listed(registry)).toEqual(['later', 'stays']);
    expect(registry.find('deviceId', 'ends', 999)).toBeDefined();
    expect(registry.find('deviceId', 'ends', 1000)).toBeUndefined();
    registry.expire(1000 + DAY_MS);
    expect(registry.isLive('devices', 'ends')).toBe(false);
    expect(registry.isLive('devices', 'later')).toBe(true);
    registry.expire(10 * DAY_MS);
    expect(listed(registry)).toEqual(['stays']);
    expect(registry.isLive('devices', 'later')).toBe(false);
  });

  it('of a file is not listed after its end either', () => {
    const about = { reason: '', author: '' };
    const registry = new ExclusionRegistry({
      entries: [
        { kind: 'devices', value: 'd', ...about, expiresAtMs: 1000 },
        { kind: 'ips', value: '10.0.0.0/8', ...about, expiresAtMs: 1000 },
      ],
      sharedNetworks: [],
    });
    expect(listed(registry)).toEqual(['d', '10.0.0.0/8']);
    registry.expire(1000);
    expect(listed(registry)).toEqual([]);
  });

  it('is refused when there are as many as are kept, until one ends or is removed', () => {
    const exclusions = new ExclusionRegistry({ entries: [], sharedNetworks: [] });
    for (let n = 0; n < MAX_LIVE; n++) exclusions.apply(added(`d${n}`, n === 0 ? 1000 : undefined));
    const rows: ExclusionChange[] = [];
    const recorder = { addExclusionChange: (change: ExclusionChange) => void rows.push(change) };
    const order = (value: string): string =>
      obeyExclusion(
        { engine: { exclusions }, recorder, config },
        {
          ...{ id: '1-0', actor: 'li', reason: 'shop', issuedAtMs: 0 },
          ...{ kind: 'exclusion', op: 'add', of: 'devices', value },
        },
      ).message;
    expect(order('new')).toMatch(/^deviceId new: 100000 values are excluded by orders, as many as/);
    expect(rows).toEqual([]);
    expect(order('d5')).toMatch(/is excluded/);
    exclusions.expire(1000 + DAY_MS);
    expect(order('new')).toMatch(/is excluded/);
    expect(rows).toHaveLength(2);
  });

  it('may be a range of addresses: it holds for each of them, until it is removed or forgotten', () => {
    const exclusions = new ExclusionRegistry({ entries: [], sharedNetworks: [] });
    const recorder = { addExclusionChange: () => undefined };
    const say = (op: 'add' | 'remove', value: string, expiresAtMs?: number) =>
      obeyExclusion(
        { engine: { exclusions }, recorder, config },
        {
          ...{ id: '1-0', actor: 'li', reason: 'office', issuedAtMs: 0 },
          ...{ kind: 'exclusion', op, of: 'ips', value, expiresAtMs },
        },
      );
    expect(say('add', '203.0.113.7/24').message).toMatch(/^ip 203\.0\.113\.0\/24 is excluded/);
    expect(exclusions.find('ip', '203.0.113.9', 0)).toMatchObject({ reason: 'office' });
    expect(exclusions.keepsApart('ip', '203.0.113.9', 0)).toBe(true);
    expect(exclusions.find('ip', '203.0.114.9', 0)).toBeUndefined();
    expect(say('remove', '203.0.113.0/24')).toMatchObject({ accepted: true });
    expect(exclusions.find('ip', '203.0.113.9', 0)).toBeUndefined();
    say('add', '2001:db8::/32', 1000);
    expect(exclusions.find('ip', '2001:db8::1', 999)).toBeDefined();
    expect(exclusions.find('ip', '2001:db8::1', 1000)).toBeUndefined();
    exclusions.expire(1000 + DAY_MS);
    expect(exclusions.find('ip', '2001:db8::1', 999)).toBeUndefined();
    for (const value of ['0.0.0.0/0', '203.0.113.0/33']) {
      expect(say('add', value)).toMatchObject({ accepted: false });
    }
    expect(exclusions.entries).toEqual([]);
  });
});

describe('what values are known to be excluded', () => {
  const proposed = (op: 'propose' | 'dismiss'): ExclusionChange => ({ ...added('d-1'), op });

  it('stays known while hubs are proposed and dismissed, however many those are', () => {
    const registry = new ExclusionRegistry({ entries: [], sharedNetworks: [] });
    const { generation } = registry;
    registry.apply(proposed('propose'));
    registry.apply(proposed('dismiss'));
    expect(registry.generation).toBe(generation);
  });

  it('is asked anew once an exclusion came, went or was read from the files', () => {
    const registry = new ExclusionRegistry({ entries: [], sharedNetworks: [] });
    const generations = [registry.generation];
    registry.apply(added('d-1'));
    generations.push(registry.generation);
    registry.apply({ ...added('d-1'), op: 'remove' });
    generations.push(registry.generation);
    registry.adopt({ entries: [], sharedNetworks: [] });
    generations.push(registry.generation);
    expect(new Set(generations).size).toBe(4);
  });
});

describe('limits of its own that an order gives an exclusion', () => {
  const ordered = (bands: OwnBands, active = config.active) => {
    const exclusions = new ExclusionRegistry({ entries: [], sharedNetworks: [] });
    const rows: ExclusionChange[] = [];
    const recorder = { addExclusionChange: (change: ExclusionChange) => void rows.push(change) };
    const result = obeyExclusion(
      { engine: { exclusions }, recorder, config: { active } },
      {
        ...{ id: '1-0', actor: 'li', reason: 'shop', issuedAtMs: 0 },
        ...{ kind: 'exclusion', op: 'add', of: 'devices', value: 'd', bands },
      },
    );
    return { exclusions, rows, ...result };
  };

  it('hold for it, stand in its row, and are named in the answer', () => {
    const bands = ownBandsOf(['same-device.accounts.review=300', 'same-device.accounts.block=500']);
    expect(bands).toEqual({ 'same-device': { accounts: { review: 300, block: 500 } } });
    const { exclusions, rows, message } = ordered(bands);
    expect(exclusions.find('deviceId', 'd', 0)?.bands).toEqual(bands);
    expect(rows.map((row) => row.bands)).toEqual([bands]);
    expect(message).toBe(
      'deviceId d is excluded: it links nobody, and findings about it reach no band but same-device.accounts.review=300, same-device.accounts.block=500',
    );
  });

  it('hold also where they are stricter than the bands of all, from the next event on and after a reload', () => {
    const hubs = { windowMs: DAY_MS, quantile: 0.99, values: 100, times: 10, least: {} };
    const detectors = compileDetectors(catalogue, sections, undefined, hubs);
    const exclusions = new ExclusionRegistry({ entries: [], sharedNetworks: [] });
    const values = new Float64Array(detectors.width).fill(2);
    const login = { id: 'l-1', type: 'login', accountId: 'a', deviceId: 'd', occurredAt: at(0) };
    const view = new EventView(batchFrom([login], { decoder: testDecoder() }), 0);
    const found = (): unknown => {
      detectors.bind({ width: detectors.width, values });
      detectors.heed({ exclusions, explain: () => undefined });
      return detectors
        .evaluate(view)
        .filter(({ detector }) => detector === 'same-device')
        .map(({ band, measure, threshold }) => [band, measure, threshold]);
    };
    expect(found()).toEqual([]);
    const bands = { 'same-device': { accounts: { review: 2 } } };
    exclusions.apply({ ...added('d'), bands });
    expect(found()).toEqual([['review', 2, 2]]);
    exclusions.adopt({ entries: [], sharedNetworks: [] });
    expect(found()).toEqual([['review', 2, 2]]);
    exclusions.apply({ ...added('d'), op: 'remove' });
    expect(found()).toEqual([]);
  });

  it('are none where they hold no limit', () => {
    for (const bands of [{}, { 'same-device': {} }, { 'same-device': { accounts: {} } }]) {
      const { rows, message } = ordered(bands);
      expect(message).toMatch(/ findings about it reach no band$/);
      expect(rows.map((row) => row.bands)).toEqual([undefined]);
    }
  });

  it.each([
    [
      'a detector',
      'same-devce.accounts.review=3',
      'same-devce: there is no detector or rule same-devce',
    ],
    [
      'a measure',
      'same-device.acounts.review=3',
      'same-device.acounts: same-device measures no acounts: write one of accounts',
    ],
  ])('are refused where they name %s that is not there', (_what, limit, problem) => {
    const { accepted, message, rows } = ordered(ownBandsOf([limit]));
    expect({ accepted, message }).toEqual({ accepted: false, message: `deviceId d: ${problem}` });
    expect(rows).toEqual([]);
  });

  it('are refused where the measure has no band, so that nothing measures it', () => {
    const bands = ownBandsOf(['same-ip.accounts.review=3']);
    const active = { ...config.active, sections: { ...sections } };
    active.sections['same-ip'] = {
      ...sections['same-ip']!,
      bands: { accounts: {}, newAccounts: { review: 3 } },
    };
    expect(ordered(bands, active)).toMatchObject({
      accepted: false,
      message:
        'deviceId d: same-ip.accounts: the measure has no band, so it is never taken: give it one in detectors.yaml',
    });
    expect(ordered(bands).accepted).toBe(true);
  });

  it('are refused out of order', () => {
    const limits = ['same-device.accounts.review=300', 'same-device.accounts.block=3'];
    expect(ordered(ownBandsOf(limits)).message).toBe(
      'deviceId d: same-device.accounts.block: must be at least 300, the review band',
    );
  });

  it.each(['same-device.accounts=3', 'same-device.accounts.reveiw=3', 'review=3', 'a.b.block=-1'])(
    'are told to be no limits where they are written as %s',
    (text) => {
      expect(() => ownBandsOf([text])).toThrow(
        `--limit ${text} is no limit: write DETECTOR.MEASURE.BAND=NUMBER`,
      );
    },
  );
});
