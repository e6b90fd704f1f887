/** What a configuration on trial does to accounts: it proposes, and takes its word back when it is taken back. */

import { beforeEach, expect, test } from 'vitest';
import { loadConfig, type LoadedConfig } from '../../config/load.ts';
import { assembleDecoder, assembleEngine } from '../../pipeline/assemble.ts';
import type { Engine } from '../../pipeline/decide/engine.ts';
import { Rollout } from '../../pipeline/decide/rollout.ts';
import type { Ruling } from '../../pipeline/decide/ruling.ts';
import { discoverDetectors } from '../../pipeline/detect/discover.ts';
import { EventBatch } from '../../pipeline/event.ts';
import { keysOf } from '../../pipeline/keys.ts';
import { at, paymentOf } from '../support/events.ts';

const config = await loadConfig('config', await discoverDetectors());
/** Blocks every payment for certain. */
const bad: LoadedConfig = {
  ...config,
  version: 'bad-1',
  judging: 'bad',
  sections: {
    ...config.sections,
    'account-velocity': {
      ...config.sections['account-velocity']!,
      bands: {
        ...config.sections['account-velocity']!.bands,
        payments: { review: 0, block: 1, conclusive: 1 },
      },
    },
  },
};
const ACCOUNTS = 60;
const decoder = assembleDecoder(config, keysOf(Buffer.alloc(32, 3)));
let engine: Engine;
let ruling: Ruling;

beforeEach(() => {
  const assembled = assembleEngine(config, bad);
  ({ engine } = assembled);
  ruling = assembled.trial!;
});

const settings = { ...config.system.rollout, share: 0.5 };
const tryOut = (minimumEvents: number): void =>
  engine.tryOut({
    ruling,
    rollout: new Rollout({ ...settings, minimumEvents }, -Infinity),
  });

/** One payment of every account. */
function round(hour: number) {
  const batch = new EventBatch(ACCOUNTS);
  for (let n = 0; n < ACCOUNTS; n++) {
    const who = `${n}`;
    const event = paymentOf({
      ...{ id: `${hour}-${n}`, accountId: who, customerId: who, cardId: who, deviceId: who },
      ...{ ip: undefined, occurredAt: at(hour * 3_600_000 + n) },
    });
    const bytes = Buffer.from(JSON.stringify(event));
    expect(decoder.decode(bytes, Date.parse(at(hour * 3_600_000)), batch)).toBeUndefined();
  }
  return engine.judge(batch);
}

const kinds = (actions: readonly { readonly kind: string }[]) =>
  actions.map(({ kind }) => kind).sort();
const proposals = () => engine.freezing.cases.open.freeze;

test('it freezes nobody: whom it blocks it proposes, and rolled back it dismisses what it proposed', () => {
  tryOut(20);
  const { actions, ended } = round(0);
  expect(ended).toMatchObject({ outcome: 'rolled_back' });
  expect(kinds(actions)).toEqual([
    ...Array<string>(20).fill('dismiss'),
    ...Array<string>(20).fill('propose'),
  ]);
  expect(actions.slice(20)).toMatchObject(
    actions.slice(0, 20).map(({ id, accountId }) => ({ answers: id, accountId, actor: 'policy' })),
  );
  expect(engine.freezing.size).toBe(0);
  expect(proposals()).toBe(0);
});

test('what it proposed waits for people while it goes on, also through an edit of other parts, and when it is promoted', () => {
  tryOut(1000);
  const { actions } = round(0);
  expect(new Set(kinds(actions))).toEqual(new Set(['propose']));
  expect(actions[0]!.reason).toBe('account-velocity (by the configuration on trial)');
  const open = proposals();
  expect(open).toBe(actions.length);
  const { rollout } = engine.trial!;
  engine.adopt({ ...engine.ruling, version: 'other lists' });
  engine.tryOut({ ruling: { ...ruling, version: 'bad-2' }, rollout });
  expect(round(1).actions).toEqual([]);
  expect(proposals()).toBe(open);
  engine.endTrial('promoted');
  // Whoever it did not judge before is frozen by it now, as by any configuration.
  expect(kinds(round(2).actions)).toContain('freeze');
});

test('withdrawn for another configuration it takes its proposals back before the next event', () => {
  tryOut(1000);
  const { length } = round(0).actions;
  engine.adopt({ ...engine.ruling, version: 'next', judging: 'next' });
  expect(kinds(round(1).actions)).toEqual(Array<string>(length).fill('dismiss'));
  expect(proposals()).toBe(0);
});

test('after a restart, a judging that history says was taken back takes its proposals back too', () => {
  tryOut(1000);
  const { actions } = round(0);
  const again = assembleEngine(config).engine;
  for (const action of actions) again.freezing.apply(action);
  again.disown(config.judging);
  expect(again.dismissals()).toEqual([]);
  again.disown('bad');
  expect(again.dismissals()).toHaveLength(actions.length);
});
