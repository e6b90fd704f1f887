/** What persons' words leave of the proposals about rewards, on a real path, ledger and record. */

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { loadConfig } from '../../config/load.ts';
import { assembleDecoder, assembleEngine } from '../../pipeline/assemble.ts';
import { systemClock } from '../../pipeline/clock.ts';
import type { CommandResult } from '../../pipeline/decide/account-action.ts';
import { discoverDetectors } from '../../pipeline/detect/discover.ts';
import { askedAnew } from '../../pipeline/orders/earned-anew.ts';
import { BadShareGuard } from '../../pipeline/ingest/bad-share.ts';
import { keysOf } from '../../pipeline/keys.ts';
import { Pipeline } from '../../pipeline/pipeline.ts';
import { proposalSteps } from '../../pipeline/record/proposal-history.ts';
import { LiveConfig } from '../../pipeline/reload/live-config.ts';
import { Ledger } from '../../pipeline/reward/ledger.ts';
import type { LedgerOp, ReserveOp } from '../../pipeline/reward/ledger-op.ts';
import { LiveCampaigns } from '../../pipeline/reward/live-campaigns.ts';
import {
  proposalIdOf,
  RewardProposals,
  type RewardProposal,
} from '../../pipeline/reward/proposal.ts';
import { Settlement } from '../../pipeline/settlement.ts';
import { Tally } from '../../pipeline/tally.ts';
import { silentLogger } from '../../pipeline/telemetry.ts';
import { startRecording } from '../record/recording.ts';
import {
  authorise,
  capture,
  claim,
  DAY_MS,
  goodsChoice,
  pointsChoice,
  reserve,
} from '../reward/ledger-offers.ts';
import { FRIDAY_NOON_MS, label, refund, SPEND, TOTAL } from '../reward/ledger-scenario.ts';
import { redis, store, useStores } from '../support/stores.ts';

const config = await loadConfig('config', await discoverDetectors());
const BY = { actor: 'ann', reason: 'looked at' };
const EARNED = reserve({ id: 'e', category: 'e' }, { choices: [pointsChoice(500)] });
const BLOCKED = { intent: 'voided', reason: 'risk_block' } as const;
/** An exchange, and a share of what it spends. */
const base = (given: Partial<ReserveOp> = {}): ReserveOp =>
  reserve({ id: 's', category: 's' }, { choices: [pointsChoice(-400)], ...given });
const share = (given: Partial<ReserveOp> = {}): ReserveOp =>
  reserve(
    { id: 's', category: 't' },
    { grantId: 'g_share', needs: ['g_s'], choices: [pointsChoice(20)], ...given },
  );

useStores();

let ledger: Ledger;
let life: Life;
/** What the event earns by now. */
let earned: readonly ReserveOp[];
let starts = 0;
let orders = 0;
beforeEach(async () => {
  ledger = new Ledger(redis.connect());
  life = await live();
  earned = [base(), share()];
});
afterEach(() => life.stop());

type Life = Awaited<ReturnType<typeof live>>;

/** A worker from its start to its stop, without sources. */
async function live() {
  const { history, recorder, metrics } = await startRecording(
    store.analytics,
    {},
    `worker-${++starts}`,
  );
  const shared = { clock: systemClock, log: silentLogger(), metrics };
  const { engine, engineVersion } = assembleEngine(config);
  const proposals = new RewardProposals(10);
  for await (const page of proposalSteps(store.analytics, history.condition)) {
    for (const step of page) proposals.apply(step);
  }
  const settlement = new Settlement({
    ...shared,
    reward: (ops) => ledger.apply(ops),
    act: () => Promise.resolve(),
    rescore: () => Promise.resolve(),
    refuse: () => Promise.resolve(),
    isTransient: () => false,
    maxWaiting: 1000,
    fail: (error) => {
      throw error as Error;
    },
  });
  const pipeline = new Pipeline(
    {
      ...shared,
      ...{ engine, history, recorder, settlement, engineVersion },
      decoder: assembleDecoder(config, keysOf(Buffer.alloc(32))),
      guard: new BadShareGuard(config.system.ingest.badShare),
      config: new LiveConfig({ ...shared, engine, history, recorder }, config),
      campaigns: new LiveCampaigns(config.campaigns, { drawKey: Buffer.from('draws') }),
      spentOn: () => Promise.resolve(undefined),
      rewards: () => [],
      rewardsOfLabel: () => [],
      caseWork: {
        ...{ proposals, automatic: false },
        earnAnew: ({ grantId }, { id: wordId, issuedAtMs: atMs }) =>
          Promise.resolve(askedAnew(earned, grantId, { wordId, atMs })),
      },
      tally: new Tally(),
    },
    {},
  );
  const stop = async (): Promise<void> => {
    await pipeline.idle();
    await recorder.close();
  };
  return { pipeline, proposals, recorder, stop };
}

type Word =
  | { readonly kind: 'approve' | 'reject'; readonly grantId: string }
  | {
      readonly kind: 'proposal';
      readonly proposalId: string;
      readonly word: 'approve' | 'dismiss';
    };

async function say(word: Word): Promise<CommandResult> {
  const command = { ...BY, ...word, id: `${++orders}-0`, issuedAtMs: FRIDAY_NOON_MS + orders };
  return await life.pipeline.obey(command);
}

const approve = (proposalId: string): Promise<CommandResult> =>
  say({ kind: 'proposal', proposalId, word: 'approve' });

/** As the policy proposes it. @returns the proposal's id. */
async function open(kind: 'clawback' | 'compensation', grantId: string): Promise<string> {
  const { pipeline, proposals, recorder } = life;
  const id = proposalIdOf(kind, grantId);
  const opened: RewardProposal = {
    ...{ ...BY, id, actionId: `open-${++orders}`, kind, state: 'open', grantId, eventId: 's' },
    ...{ campaignId: 'c', accountId: 'a', customerId: 'u', amountMinor: 1, evidence: '' },
    ...{ causeKind: 'late_block', causeId: 'x', occurredAtMs: 1 },
  };
  await pipeline.change(() => {
    proposals.apply(opened);
    recorder.addRewardProposal(opened);
  });
  return id;
}

/** Which are open, once everything said has happened. */
async function stillOpen(): Promise<string[]> {
  await life.pipeline.idle();
  return [...life.proposals.all()].map(({ id }) => id).sort();
}

async function standings(...ids: readonly string[]): Promise<string[]> {
  const grants = await Promise.all(ids.map((id) => ledger.grant(id)));
  return grants.flatMap((grant) => (grant ? [`${grant.state} ${grant.reason}`] : []));
}

describe('a proposal to take back what is gone by another word', () => {
  test.each([
    ['', true],
    [' that did not wait for the answer', false],
  ])('is over, also after a stop%s with no event behind the word', async (_how, waits) => {
    await ledger.apply([reserve({ id: 'p' }, { intent: 'held', reason: 'held_for_review' })]);
    const proposal = await open('clawback', 'g_p');
    const answer = say({ kind: 'reject', grantId: 'g_p' });
    if (waits) await answer;
    await life.stop();
    expect(await answer).toMatchObject({ accepted: true });
    life = await live();
    expect(life.proposals.stateOf(proposal)).toBe('done');
  });

  test.each<[string, Word]>([
    ['a rejection of it', { kind: 'reject', grantId: 'g_s' }],
    ['an approval to take it back', { kind: 'proposal', proposalId: 'claw_g_s', word: 'approve' }],
  ])('is over for what goes along with it: %s', async (_what, word) => {
    const waits = word.kind === 'reject';
    const held = { intent: 'held', reason: 'held_for_review' } as const;
    await ledger.apply([EARNED, base(waits ? held : {}), share(waits ? held : {})]);
    await open('clawback', 'g_s');
    await open('clawback', 'g_share');
    expect(await say(word)).toMatchObject({ accepted: true });
    expect(await standings('g_share')).toEqual([
      waits ? 'voided base_missing' : 'clawed_back base_missing',
    ]);
    expect(await stillOpen()).toEqual([]);
  });

  test('is left to its own word by one that came to nothing', async () => {
    await ledger.apply([reserve({ id: 'p' }, { intent: 'held', reason: 'held_for_review' })]);
    const proposal = await open('clawback', 'g_p');
    await ledger.apply(refund('r', 'p', 30_000));
    expect(await say({ kind: 'approve', grantId: 'g_p' })).toMatchObject({ accepted: false });
    expect(await stillOpen()).toEqual([proposal]);
  });

  const late = { occurredAtMs: FRIDAY_NOON_MS + 1000 };
  const room = [SPEND, TOTAL, 'stock/bills/cup'].map((account) => ({ account, limit: 1e9 }));
  const end: LedgerOp = { kind: 'advance', occurredAtMs: FRIDAY_NOON_MS + DAY_MS + 1 };
  test.each<[string, boolean, ReserveOp, LedgerOp]>([
    [
      'a prize that was missed',
      false,
      reserve(
        { id: 'p' },
        {
          choices: [goodsChoice('cup', 5)],
          next: { kind: 'claim', untilMs: FRIDAY_NOON_MS + DAY_MS },
        },
      ),
      { ...claim('g_p', { id: 'c' }), ...late, room },
    ],
    [
      'an authorisation that ran out, and is approved',
      true,
      authorise({ id: 'p' }, { reason: 'awaiting_payment_and_review' }),
      capture('pay', 'p', 30_000, { ...late, room }),
    ],
  ])('stands while that may come alive: %s', async (_what, accepted, reserved, inTime) => {
    await ledger.apply([reserved, end]);
    const proposal = await open('clawback', 'g_p');
    expect(await say({ kind: 'approve', grantId: 'g_p' })).toMatchObject({ accepted });
    expect(await stillOpen()).toEqual([proposal]);
    await ledger.apply([inTime]);
    expect(await standings('g_p')).toEqual([expect.stringMatching(/^posted /)]);
  });
});

describe('an exchange that is made good', () => {
  const words = (): Promise<string[]> => standings('g_s', 'g_s.again', 'g_share', 'g_share.again');

  test('brings what was proposed with it, and that proposal is over for good', async () => {
    await ledger.apply([EARNED, base(BLOCKED), share(BLOCKED)]);
    const own = await open('compensation', 'g_s');
    const too = await open('compensation', 'g_share');
    expect(await approve(own)).toMatchObject({ accepted: true });
    expect(await words()).toEqual(['posted compensated', 'posted compensated']);
    await life.stop();
    life = await live();
    expect([own, too].map((id) => life.proposals.stateOf(id))).toEqual(['approved', 'approved']);
  });

  test('brings what was lost with it, unasked', async () => {
    await ledger.apply([EARNED, base(), share(), ...label('s', 'confirmed', 1)]);
    await approve(await open('compensation', 'g_s'));
    expect(await words()).toEqual([
      ...['clawed_back review_confirmed', 'posted compensated'],
      ...['clawed_back base_missing', 'posted compensated'],
    ]);
  });

  test('does not bring what was dismissed', async () => {
    await ledger.apply([EARNED, base(BLOCKED), share(BLOCKED)]);
    const own = await open('compensation', 'g_s');
    const proposalId = await open('compensation', 'g_share');
    await say({ kind: 'proposal', proposalId, word: 'dismiss' });
    await approve(own);
    expect(await words()).toEqual(['posted compensated', 'voided risk_block']);
    expect(life.proposals.stateOf(proposalId)).toBe('dismissed');
  });

  test('leaves what is proposed with it open when that is turned down itself', async () => {
    earned = [base(), share({ limits: [{ account: 'limit/used-up', limit: 0 }] })];
    await ledger.apply([EARNED, base(BLOCKED), share(BLOCKED)]);
    const own = await open('compensation', 'g_s');
    const too = await open('compensation', 'g_share');
    await approve(own);
    expect(await words()).toEqual(['posted compensated', 'rejected limit_reached']);
    expect(await stillOpen()).toEqual([too]);
  });

  test('leaves what is proposed with it open when the ledger turns it down', async () => {
    await ledger.apply([base(BLOCKED), share(BLOCKED)]);
    const own = await open('compensation', 'g_s');
    const too = await open('compensation', 'g_share');
    expect((await approve(own)).message).toMatch(/is rejected \(insufficient_points\)/);
    expect(await words()).toEqual(['rejected insufficient_points', 'voided risk_block']);
    expect(await stillOpen()).toEqual([too]);
  });
});
