/** Decisions that are taken once more over a cut of the record: what the cut does not hold was there all the same. */

import { expect, it } from 'vitest';
import { loadConfig } from '../../config/load.ts';
import { assembleEngine } from '../../pipeline/assemble.ts';
import { discoverDetectors } from '../../pipeline/detect/discover.ts';
import { MeasuringAgain } from '../../pipeline/late/measure-again.ts';
import type { ReadEvent } from '../../pipeline/record/late-history.ts';
import { at, testDecoder } from '../support/events.ts';

const MINUTE_MS = 60_000;

it('a farm behind one address is found in a cut of the record, which begins no stream', async () => {
  const config = await loadConfig('config', await discoverDetectors());
  const { engine } = assembleEngine(config);
  const measuring = new MeasuringAgain({
    active: () => config,
    decoderOf: () => testDecoder({ maxFutureMs: Infinity }),
    engine,
  });
  const signUps = Array.from({ length: 60 }, (_, n) => signUp(n));
  const late = new Set(signUps.slice(20, 40).map(({ eventId }) => eventId));
  const asked = new Set(['opened-59']);

  const findingOf = async (without: ReadonlySet<string>) => {
    const decisions = await measuring.decisions(signUps, asked, without);
    const { findings } = decisions.get('opened-59')!;
    return findings.find(({ detector }) => detector === 'same-ip');
  };

  expect(await findingOf(new Set())).toMatchObject({ band: 'block', measure: 60 });
  expect(await findingOf(late)).toMatchObject({ band: 'review', measure: 40 });
});

function signUp(n: number): ReadEvent {
  const occurredAt = at(n * MINUTE_MS);
  const id = `opened-${n}`;
  const event = { id, type: 'account.opened', accountId: `account-${n}`, ip: '121.65.9.9' };
  return {
    eventId: id,
    json: JSON.stringify({ ...event, deviceId: `device-${n}`, occurredAt }),
    receivedAtMs: Date.parse(occurredAt),
  };
}
