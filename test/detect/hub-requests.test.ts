/** What is measured of shared values for hubs, and of excluded ones for limits of their own. */

import { describe, expect, it } from 'vitest';
import { MeasureError, type Detector } from '../../pipeline/detect/detector.ts';
import { ExclusionRegistry, type ExclusionChange } from '../../pipeline/detect/exclusion.ts';
import { compileDetectors } from '../../pipeline/detect/evaluate.ts';
import { detectorsSchema } from '../../pipeline/detect/section.ts';
import { EVENT_TYPES, type EventType } from '../../pipeline/event.ts';
import { paymentOf } from '../support/events.ts';
import { at, counting } from './counting-detector.ts';

describe('hubs', () => {
  const least = { devices: 100, cards: 100, ips: 100, phones: 100, payees: 100, inviters: 100 };
  const hubs = { windowMs: 86_400_000, quantile: 0.99, values: 100, times: 10, least };
  /** A detector whose measure is about a field. */
  const about = (subject: 'accountId' | 'cardId' | 'deviceId', on: EventType[]): Detector => {
    const { payments } = counting().measures;
    return counting({ on, measures: { payments: { ...payments!, subject } } });
  };
  const asked = (detectors: Readonly<Record<string, Detector>>, mode = 'live'): unknown[] => {
    const named = Object.entries(detectors).map(([name, detector]) => ({ name, detector }));
    const sections = detectorsSchema(named).parse(
      Object.fromEntries(named.map(({ name }) => [name, { mode }])),
    );
    const { requests } = compileDetectors(named, sections, undefined, hubs);
    return requests.flatMap(({ spec, measuredOn }) => {
      const name = spec.kind === 'sharing' ? spec.field : spec.kind === 'ring' ? 'own' : undefined;
      return name === undefined ? [] : [[name, measuredOn.length === EVENT_TYPES.length]];
    });
  };

  it('are measured of the values that findings are about, at every event', () => {
    expect(asked({ one: about('accountId', ['payment']) })).toEqual([]);
    expect(
      asked({
        one: about('cardId', ['payment']),
        two: about('cardId', ['wallet.bound']),
        three: about('accountId', ['refund']),
      }),
    ).toEqual([['cardId', true]]);
    expect(asked({ one: about('deviceId', ['login']) })).toEqual([
      ['deviceId', true],
      ['own', true],
    ]);
  });

  it('are measured of nothing for a detector that is off', () => {
    expect(asked({ one: about('deviceId', ['login']) }, 'off')).toEqual([]);
  });
});

describe('a limit that an excluded value has of its own', () => {
  const order = (op: 'add' | 'remove'): ExclusionChange => ({
    ...{ id: op, op, kind: 'devices', value: 'kiosk', accounts: 0, hubLimit: 0, actor: 'li.wei' },
    ...{ reason: 'a kiosk', decisionId: '', occurredAtMs: 0, expiresAtMs: undefined },
    ...(op === 'add' && { bands: { one: { payments: { review: 2 } } } }),
  });
  const { payments } = counting().measures;
  let taken = 0;
  const measure = {
    ...payments!,
    subject: 'deviceId' as const,
    ceiling: 'payments',
    of: (_event: unknown, features: { payments: number }) => {
      taken++;
      if (features.payments < 3) throw new MeasureError('divided by 0');
      return features.payments;
    },
  };
  const detector = counting({ measures: { payments: measure } });

  it('has nobody else measured further down, and nobody at all once it is gone', () => {
    const named = [{ name: 'one', detector }];
    const least = { devices: 100 };
    const compiled = compileDetectors(named, detectorsSchema(named).parse({}), undefined, {
      ...{ windowMs: 86_400_000, quantile: 0.99, values: 100, times: 10, least },
    });
    const exclusions = new ExclusionRegistry({ entries: [], sharedNetworks: [] });
    const told = (deviceId: string): readonly (string | undefined)[] => {
      compiled.heed({ exclusions, explain: () => undefined });
      const values = [2, NaN, NaN, NaN];
      return at(compiled, values, paymentOf({ deviceId })).map(({ band }) => band);
    };
    expect([told('kiosk'), taken]).toEqual([[], 0]);
    exclusions.apply(order('add'));
    expect([told('kiosk'), told('telephone'), taken]).toEqual([['error'], [], 2]);
    exclusions.apply(order('remove'));
    expect([told('kiosk'), taken]).toEqual([[], 2]);
  });
});
