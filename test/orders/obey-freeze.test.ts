/** What a freeze waits for before it is answered: the orders behind it wait as long. */

import { beforeEach, expect, it } from 'vitest';
import { loadConfig } from '../../config/load.ts';
import { assembleEngine } from '../../pipeline/assemble.ts';
import { systemClock } from '../../pipeline/clock.ts';
import { discoverDetectors } from '../../pipeline/detect/discover.ts';
import { obey, type ObeyParts } from '../../pipeline/orders/obey.ts';

const config = await loadConfig('config', await discoverDetectors());
const FROZEN = 'account x is frozen from its next event on';
const UNKNOWN = `${FROZEN}; no event of it is on record yet: check its id`;
const NEVER = new Promise<never>(() => undefined);

let flushes: number;
let waited: number[];
beforeEach(() => {
  flushes = 0;
  waited = [];
});

/**
 * @param record what it says of the account, question by question; undefined: it is away.
 * @param isLate whether the time to answer is up before the record has answered.
 */
async function freeze(
  record: readonly (boolean | undefined | typeof NEVER)[],
  {
    flushed = Promise.resolve(),
    isLate = false,
  }: { flushed?: Promise<void>; isLate?: boolean } = {},
): Promise<string> {
  const answers = [...record];
  const parts = {
    engine: assembleEngine(config).engine,
    recorder: {
      obstacle: undefined,
      flush: () => {
        flushes++;
        return flushed;
      },
    },
    history: { knowsAccount: () => Promise.resolve(answers.shift()) },
    clock: {
      ...systemClock,
      sleep: (ms: number) => {
        waited.push(ms);
        return isLate ? Promise.resolve() : NEVER;
      },
    },
  } as unknown as ObeyParts;
  const said = { id: '1-0', actor: 'li', reason: 'seen', issuedAtMs: 0, accountId: 'x' };
  const { answer } = await obey(parts, { ...said, kind: 'freeze' }, () => Promise.resolve([]));
  const { message, accepted } = await answer;
  expect(accepted).toBe(true);
  expect(answers).toEqual([]);
  return message;
}

it('of a known account, or with a record that is away, it has nothing written', async () => {
  expect(await freeze([true])).toBe(FROZEN);
  expect(await freeze([undefined])).toBe(FROZEN);
  expect(flushes).toBe(0);
});

it('of an account that nothing is on record of, what is on its way there is looked at first', async () => {
  expect(await freeze([false, false])).toBe(UNKNOWN);
  expect(await freeze([false, true])).toBe(FROZEN);
  expect(flushes).toBe(2);
});

it('is answered in time by a record that never answers, or never writes', async () => {
  expect(await freeze([NEVER], { isLate: true })).toBe(FROZEN);
  expect(await freeze([false], { isLate: true, flushed: NEVER })).toBe(FROZEN);
  expect(waited).toEqual([2000, 2000]);
});
