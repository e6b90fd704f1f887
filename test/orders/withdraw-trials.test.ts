/** What a configuration proposed on trial, about rewards and shared values, goes with it when it is taken back. */

import { beforeEach, describe, expect, it } from 'vitest';
import { loadConfig, type LoadedConfig } from '../../config/load.ts';
import { assembleDecoder, assembleEngine } from '../../pipeline/assemble.ts';
import { systemClock } from '../../pipeline/clock.ts';
import type { Command } from '../../pipeline/decide/account-action.ts';
import { causesOf, type Cause, type CausedGrant } from '../../pipeline/decide/cause.ts';
import type { Engine } from '../../pipeline/decide/engine.ts';
import { Rollout } from '../../pipeline/decide/rollout.ts';
import type { Ruling } from '../../pipeline/decide/ruling.ts';
import { discoverDetectors } from '../../pipeline/detect/discover.ts';
import type { ExclusionChange } from '../../pipeline/detect/exclusion.ts';
import { EventBatch, EventView } from '../../pipeline/event.ts';
import { keysOf } from '../../pipeline/keys.ts';
import { LiveConfig } from '../../pipeline/reload/live-config.ts';
import { obey, type ObeyParts } from '../../pipeline/orders/obey.ts';
import { rescore } from '../../pipeline/orders/obey-rescore.ts';
import type { Grant } from '../../pipeline/reward/grant.ts';
import { RewardProposals, type RewardProposal } from '../../pipeline/reward/proposal.ts';
import type { LedgerOp } from '../../pipeline/reward/ledger-op.ts';
import { Metrics, silentLogger } from '../../pipeline/telemetry.ts';
import { withdrawTrials } from '../../pipeline/orders/withdraw-trials.ts';
import { at, paymentOf } from '../support/events.ts';

const config = await loadConfig('config', await discoverDetectors());
/** Blocks every payment for certain, and takes a device of four accounts for a hub. */
const bad: LoadedConfig = {
  ...config,
  ...{ version: 'bad-1', judging: 'bad' },
  system: { ...config.system, hubs: { ...config.system.hubs, devices: 3 } },
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
const BY = { actor: 'li', reason: 'too strict' };
const decoder = assembleDecoder(config, keysOf(Buffer.alloc(32, 3)));

let engine: Engine;
let ruling: Ruling;
let live: LiveConfig;
let proposals: RewardProposals;
let rows: { readonly rewards: RewardProposal[]; readonly exclusions: ExclusionChange[] };

function parts(automatic = false): ObeyParts {
  const recorder = {
    addRewardProposal: (row: RewardProposal) => rows.rewards.push(row),
    addExclusionChange: (row: ExclusionChange) => rows.exclusions.push(row),
    addCampaignAction: () => undefined,
  };
  const caseWork = { proposals, automatic };
  return {
    engine,
    config: live,
    caseWork,
    recorder,
    metrics: new Metrics(),
    change: (work: () => void) => Promise.resolve().then(work),
  } as unknown as ObeyParts;
}

beforeEach(() => {
  const assembled = assembleEngine(config, bad);
  ({ engine } = assembled);
  ruling = assembled.trial!;
  proposals = new RewardProposals(100);
  rows = { rewards: [], exclusions: [] };
  live = new LiveConfig(
    {
      ...{ engine, clock: systemClock, log: silentLogger(), metrics: new Metrics() },
      recorder: { addConfigChange: () => undefined, addConfigVersion: () => undefined },
      history: { epoch: 1 },
    },
    config,
  );
});

function tryOut(): void {
  const rollout = new Rollout({ ...config.system.rollout, share: 0.5 }, -Infinity);
  live.tryOut(bad, ruling, rollout, BY);
}

/** A payment of each of 40 accounts on one device. @returns the causes that the trial's decisions gave. */
function round(hour: number): Cause[] {
  const batch = new EventBatch(40);
  for (let n = 0; n < 40; n++) {
    const event = paymentOf({
      ...{ id: `${hour}-${n}`, accountId: `${n}`, customerId: `${n}`, cardId: `${n}` },
      ...{ deviceId: 'shop-phone', ip: undefined, occurredAt: at(hour * 3_600_000 + n) },
    });
    decoder.decode(Buffer.from(JSON.stringify(event)), Date.parse(at(hour * 3_600_000)), batch);
  }
  const { judgements, versionAt, exclusionChanges } = engine.judge(batch);
  rows.exclusions.push(...exclusionChanges);
  const causes: Cause[] = [];
  judgements.forEach((judgement, row) => {
    if (judgement.kind !== 'decided') return;
    causesOf(new EventView(batch, row), judgement.decision, causes, live.onTrial(versionAt(row)));
  });
  const own = causes.filter(({ trial }) => trial !== undefined);
  // The others find the crowd on one device as well, and theirs stay what they are.
  expect(own.length).toBeLessThan(causes.length);
  return own;
}

let orders = 0;
function follow(
  cause: Cause,
  automatic = false,
  standing: CausedGrant['standing'] = 'live',
): readonly LedgerOp[] {
  const grant: CausedGrant = {
    ...{ grantId: `g_${cause.accountIds[0]}`, campaignId: 'c', accountId: cause.accountIds[0]! },
    ...{ customerId: 'x', eventId: 'e', standing, amountMinor: 1000 },
  };
  const said = { id: `${++orders}-0`, actor: 'late-truth', reason: '', issuedAtMs: 1 };
  const command: Extract<Command, { kind: 'rescore' }> = {
    kind: 'rescore',
    cause,
    grants: [grant],
    ...said,
  };
  let ops: readonly LedgerOp[] = [];
  rescore(parts(automatic), command, (follows) => {
    ops = follows.ops ?? [];
    return Promise.resolve([]);
  });
  return ops;
}

const rollBack = (): void => {
  live.order({ ...BY, kind: 'config', to: 'rolled_back', id: '9-0', issuedAtMs: 1 });
  withdrawTrials(parts());
};
const open = (): string[] => [...proposals.all()].map(({ grantId }) => grantId);

describe('a trial that is taken back', () => {
  it('takes the clawbacks with it that came of its blocks, and each as a row', () => {
    tryOut();
    const causes = round(0);
    expect(causes.length).toBeGreaterThan(5);
    expect(new Set(causes.map(({ trial }) => trial))).toEqual(new Set(['bad']));
    for (const cause of causes) follow(cause);
    const proposed = open();
    expect(proposed).toHaveLength(new Set(causes.flatMap(({ accountIds }) => accountIds)).size);
    withdrawTrials(parts());
    expect(open()).toEqual(proposed);
    rollBack();
    expect(open()).toEqual([]);
    const withdrawn = rows.rewards.filter(({ state }) => state === 'withdrawn');
    expect(withdrawn.map(({ grantId }) => grantId)).toEqual(proposed);
    expect(withdrawn[0]).toMatchObject({ actor: 'policy', trial: 'bad' });
    expect(new Set(rows.rewards.map(({ actionId }) => actionId)).size).toBe(rows.rewards.length);
  });

  it('takes the proposed exclusions with it, and the next configuration may propose them anew', () => {
    tryOut();
    round(0);
    expect(engine.exclusions.proposals).toMatchObject([{ value: 'shop-phone', trial: 'bad' }]);
    rollBack();
    expect(engine.exclusions.proposals).toEqual([]);
    expect(rows.exclusions).toMatchObject([{ op: 'propose' }, { op: 'remove', actor: 'policy' }]);
    expect(engine.exclusions.mayPropose('deviceId', 'shop-phone', 0)).toBe(true);
  });

  it('leaves what a person accepted, what another one proposed, and what speaks for itself by now', () => {
    tryOut();
    const [first, second, third] = round(0);
    follow(first!);
    follow(second!);
    follow(third!);
    const [byTrial, spoken, judged] = [...proposals.all()];
    proposals.apply({ ...judged!, state: 'approved', actor: 'li' });
    const { trial: _, ...certain } = second!;
    follow({ ...certain, id: 'block_of_everybody' });
    rollBack();
    expect(open()).toEqual([spoken!.grantId]);
    expect(proposals.stateOf(judged!.id)).toBe('approved');
    expect(proposals.stateOf(byTrial!.id)).toBeUndefined();
  });

  it('leaves nothing that is followed only afterwards, and nothing that a later cause cannot propose', () => {
    tryOut();
    const [first, second] = round(0);
    follow(first!);
    rollBack();
    follow(second!);
    expect(open()).toEqual([]);
    const { trial: _, ...certain } = first!;
    follow({ ...certain, id: 'block_of_everybody' });
    expect(open()).toEqual([`g_${first!.accountIds[0]}`]);
  });

  it('takes nothing back from a customer while it runs, whatever is set', () => {
    tryOut();
    const [first] = round(0);
    expect(follow(first!, true)).toEqual([]);
    const { trial: _, ...certain } = first!;
    expect(follow({ ...certain, accountIds: ['other'] }, true)).toHaveLength(1);
  });
});

it('a trial keeps nothing waiting that it could not let go of, and what speaks for itself keeps it', () => {
  tryOut();
  const [first] = round(0);
  for (const automatic of [false, true]) expect(follow(first!, automatic, 'held')).toEqual([]);
  expect(open()).toEqual([`g_${first!.accountIds[0]}`]);
  const { trial: _, ...certain } = first!;
  expect(follow({ ...certain, id: 'block_of_everybody' }, false, 'held')).toMatchObject([
    { kind: 'settle', to: 'held', reason: 'held_for_review' },
  ]);
  rollBack();
  expect(open()).toEqual([]);
});

it('what a trial proposed of a reward that waits is over once a person rejects that', async () => {
  tryOut();
  const [first] = round(0);
  follow(first!, false, 'held');
  const grantId = `g_${first!.accountIds[0]}`;
  const rejected = { id: grantId, state: 'voided', reason: 'review_rejected' } as Grant;
  const order = { ...BY, kind: 'reject', grantId, id: '9-0', issuedAtMs: 1 } as const;
  const { answer } = await obey(parts(), order, () => Promise.resolve([[rejected]]));
  expect(await answer).toMatchObject({ accepted: true });
  expect(open()).toEqual([]);
  expect(rows.rewards.at(-1)).toMatchObject({ state: 'done', actor: 'li' });
});

it('what speaks for itself takes the place of what a trial proposed, however full the list is', () => {
  tryOut();
  const [first, second] = round(0);
  proposals = new RewardProposals(1);
  follow(first!);
  const { trial: _, ...certain } = first!;
  follow({ ...certain, id: 'block_of_everybody' });
  expect([...proposals.all()]).toMatchObject([{ causeId: 'block_of_everybody' }]);
  follow({ ...certain, accountIds: second!.accountIds });
  rollBack();
  expect(open()).toEqual([`g_${first!.accountIds[0]}`]);
});

describe('what a trial proposed stays', () => {
  it('when it is promoted, and when only other parts of the configuration change', () => {
    tryOut();
    for (const cause of round(0)) follow(cause);
    const proposed = open();
    const { rollout } = live.trial!;
    live.adopt({ ...config, version: 'other lists' }, engine.ruling, BY);
    live.tryOut({ ...bad, version: 'bad-2' }, { ...ruling, version: 'bad-2' }, rollout, BY);
    withdrawTrials(parts());
    expect(open()).toEqual(proposed);
    live.order({ ...BY, kind: 'config', to: 'promoted', id: '9-0', issuedAtMs: 1 });
    withdrawTrials(parts());
    expect(open()).toEqual(proposed);
    expect(engine.exclusions.proposals).toHaveLength(1);
  });
});

it('after a restart, a judging that history says was taken back takes its proposals back too', () => {
  tryOut();
  for (const cause of round(0)) follow(cause);
  const steps = [...rows.rewards];
  const changes = [...rows.exclusions];
  const again = assembleEngine(config).engine;
  engine = again;
  for (const change of changes) again.exclusions.apply(change);
  proposals = new RewardProposals(100);
  for (const step of steps) proposals.apply(step);
  live = new LiveConfig(
    {
      ...{ engine: again, clock: systemClock, log: silentLogger(), metrics: new Metrics() },
      recorder: { addConfigChange: () => undefined, addConfigVersion: () => undefined },
      history: { epoch: 2 },
    },
    config,
  );
  const before = { version: config.version, files: config.files };
  const none = { trial: undefined, dropped: undefined };
  live.begin({ active: config, before, ...none, rolledBack: 'bad' });
  withdrawTrials(parts());
  expect(open()).toEqual([]);
  expect(again.exclusions.proposals).toEqual([]);
});
