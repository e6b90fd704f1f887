/** When who gave an order is told of it: once the record shows what it did, and no later than they wait. */

import { beforeEach, expect, it } from 'vitest';
import { fixedClock } from '../../pipeline/clock.ts';
import { Lifecycle } from '../../pipeline/lifecycle.ts';
import { followCommands, type FollowParts } from '../../pipeline/orders/follow-commands.ts';
import { silentLogger } from '../../pipeline/telemetry.ts';

const FREEZE = {
  ...({ kind: 'freeze', accountId: 'a-1' } as const),
  ...{ actor: 'li', reason: 'farm', issuedAtMs: 0 },
};

/** Lets everything that is ready run. */
const turn = (): Promise<void> => new Promise(setImmediate);

/** What happened, in its order; what the record still has to do ends when the test says so. */
let happened: string[];
let naps: { readonly ms: number; readonly wake: () => void }[];
let steps: (() => void)[];
beforeEach(() => {
  [happened, naps, steps] = [[], [], []];
});

async function follow(obstacle: string | undefined, ...ids: readonly string[]): Promise<void> {
  const lasting = (what: string): Promise<void> => {
    happened.push(what);
    return new Promise((done) => steps.push(done));
  };
  const clock = {
    ...fixedClock(0),
    sleep: (ms: number) => new Promise<void>((wake) => naps.push({ ms, wake })),
  };
  const log = silentLogger();
  const lifecycle = new Lifecycle(clock, log);
  const commands: FollowParts['commands'] = {
    read: () => Promise.resolve([]),
    async *follow() {
      await Promise.resolve();
      for (const id of ids) yield { ...FREEZE, id };
      lifecycle.stop('no more orders');
    },
    answer: ({ commandId }) => {
      happened.push(`told ${commandId}`);
      return Promise.resolve();
    },
    trim: () => Promise.resolve(),
  };
  const pipeline: FollowParts['pipeline'] = {
    obey: ({ id }) => {
      happened.push(`obeyed ${id}`);
      return Promise.resolve({ commandId: id, accepted: true, message: '' });
    },
  };
  await followCommands({
    ...{ commands, pipeline, position: undefined, lifecycle, clock, log },
    journal: { caughtUp: () => lasting('drained').then(() => true) },
    recorder: { obstacle, flush: () => lasting('flushed') },
  });
  await turn();
}

it('nobody is told of an order before the record shows it, its rewards first', async () => {
  await follow(undefined, '1-0');
  expect(happened).toEqual(['obeyed 1-0', 'drained']);
  steps[0]!();
  await turn();
  expect(happened).toEqual(['obeyed 1-0', 'drained', 'flushed']);
  steps[1]!();
  await turn();
  expect(happened.at(-1)).toBe('told 1-0');
});

it('the orders behind it do not wait for that', async () => {
  await follow(undefined, '1-0', '2-0');
  expect(happened).toContain('obeyed 2-0');
  expect(happened).not.toContain('told 1-0');
});

it('a record that is slow is waited for less long than who gave the order waits', async () => {
  await follow(undefined, '1-0');
  expect(naps.map(({ ms }) => ms)).toEqual([1500]);
  naps[0]!.wake();
  await turn();
  expect(happened).toEqual(['obeyed 1-0', 'drained', 'told 1-0']);
});

it('a record that is away is not waited for', async () => {
  await follow('ClickHouse is away', '1-0');
  expect(happened).toEqual(['obeyed 1-0', 'told 1-0']);
});
