import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  ExclusionRegistry,
  type ExclusionChange,
  type ExclusionKind,
} from '../../pipeline/detect/exclusion.ts';
import { discoverDetectors } from '../../pipeline/detect/discover.ts';
import type { OwnBands } from '../../pipeline/detect/own-bands.ts';
import { obeyExclusion } from '../../pipeline/orders/obey-exclusion.ts';
import { openHistory } from '../../pipeline/record/history.ts';
import { temporaryAnalytics, type TemporaryAnalytics } from '../support/chdb.ts';
import { AWKWARD, startRecording } from './recording.ts';

const DAY_MS = Date.UTC(2026, 2, 1);
const catalogue = await discoverDetectors();
const NOTHING = { entries: [], sharedNetworks: [] };
const PROPOSAL: ExclusionChange = {
  id: 'propose_dec_e-1_devices',
  op: 'propose',
  kind: 'devices',
  value: AWKWARD,
  accounts: 101,
  hubLimit: 100,
  actor: 'policy',
  reason: 'more than 100 accounts in 24 h',
  decisionId: 'dec_e-1',
  trial: 'judging-2',
  occurredAtMs: DAY_MS,
  expiresAtMs: undefined,
};

let store: TemporaryAnalytics;
beforeAll(async () => {
  store = await temporaryAnalytics();
});
afterAll(() => store.close());
beforeEach(() => store.clear());

/** Gives orders to a registry and records what comes of them, as a worker does between two batches. */
async function work(
  orders: readonly ['add' | 'remove' | 'dismiss', ExclusionKind, string, OwnBands?][],
) {
  const { recorder } = await startRecording(store.analytics);
  const exclusions = new ExclusionRegistry(NOTHING);
  exclusions.apply(PROPOSAL);
  recorder.addExclusionChange(PROPOSAL);
  const results = orders.map(([op, of, value, bands], n) =>
    obeyExclusion(
      { engine: { exclusions }, recorder, config: { active: { catalogue, sections: {} } } },
      {
        id: `${n}-0`,
        kind: 'exclusion',
        op,
        of,
        value,
        actor: 'li.wei',
        reason: 'seen there',
        issuedAtMs: DAY_MS,
        ...(op === 'add' ? { expiresAtMs: DAY_MS + 1000, bands } : {}),
      },
    ),
  );
  recorder.seal(recorder.endBatch(), {}, DAY_MS);
  recorder.addExclusionChange({ ...PROPOSAL, id: 'torn', value: 'torn' });
  await recorder.flush();
  return { exclusions, results };
}

async function restored(): Promise<ExclusionRegistry> {
  const registry = new ExclusionRegistry(NOTHING);
  const history = await openHistory(store.analytics, 'worker-1');
  for (const change of await history.restoreExclusionChanges()) registry.apply(change);
  return registry;
}

describe('exclusions on record', () => {
  it('are what they were after a restart, without torn rows', async () => {
    const { exclusions } = await work([
      ['add', 'devices', AWKWARD],
      ['add', 'ips', '2001:DB8:0::1'],
      ['dismiss', 'cards', 'card-9'],
    ]);
    const again = await restored();
    expect(again.entries).toEqual(exclusions.entries);
    expect(again.proposals).toEqual([]);
    expect(again.find('deviceId', AWKWARD, DAY_MS)?.author).toBe('li.wei');
    expect(again.find('ip', '2001:db8::1', DAY_MS + 999)).toBeDefined();
    expect(again.find('ip', '2001:db8::1', DAY_MS + 1000)).toBeUndefined();
    expect(again.isDismissed('cardId', 'card-9')).toBe(true);
  });

  it('keep the limits of their own', async () => {
    const own = { 'same-device': { accounts: { review: 300, block: 0 } } };
    const { exclusions, results } = await work([
      ['add', 'devices', 'phone-1', own],
      ['add', 'devices', 'phone-2', { 'same-devce': { accounts: { review: 300 } } }],
    ]);
    expect(results.map(({ accepted }) => accepted)).toEqual([true, false]);
    const again = await restored();
    expect(again.find('deviceId', 'phone-1', DAY_MS)?.bands).toEqual(own);
    expect(again.entries).toEqual(exclusions.entries);
  });

  it('stay open as proposals until somebody says a word, with the counts and the first decision', async () => {
    await work([]);
    expect((await restored()).proposals).toEqual([PROPOSAL]);
    const rows = await store.analytics.query(
      'SELECT kind, value, accounts, hub_limit, decision_id, state FROM exclusion_proposals',
    );
    expect(rows.filter((row) => (row as { value: string }).value !== 'torn')).toEqual([
      {
        kind: 'devices',
        value: AWKWARD,
        accounts: 101,
        hub_limit: 100,
        decision_id: 'dec_e-1',
        state: 'open',
      },
    ]);
  });

  it('end by the order that removes them, and nothing that no order added can be removed by one', async () => {
    const { results } = await work([
      ['remove', 'devices', 'phone-1'],
      ['add', 'devices', 'phone-1'],
      ['remove', 'devices', 'phone-1'],
    ]);
    expect(results.map(({ accepted }) => accepted)).toEqual([false, true, true]);
    expect((await restored()).entries).toEqual([]);
  });
});
