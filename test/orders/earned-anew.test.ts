/** What rests on a reward that was kept back is made good with it, and not without it. */

import { beforeEach, expect, test } from 'vitest';
import { loadConfig } from '../../config/load.ts';
import { assembleEngine } from '../../pipeline/assemble.ts';
import { judgeProposal } from '../../pipeline/orders/case-work.ts';
import { discoverDetectors } from '../../pipeline/detect/discover.ts';
import { askedAnew } from '../../pipeline/orders/earned-anew.ts';
import type { ObeyParts, SettleOrder } from '../../pipeline/orders/obey.ts';
import type { Grant } from '../../pipeline/reward/grant.ts';
import type { LedgerOp } from '../../pipeline/reward/ledger-op.ts';
import {
  proposalIdOf,
  RewardProposals,
  type RewardProposal,
} from '../../pipeline/reward/proposal.ts';
import { reserve } from '../reward/ledger-offers.ts';

const { engine } = assembleEngine(await loadConfig('config', await discoverDetectors()));
const BY = { actor: 'ann', reason: 'cleared' };
/** What one redemption earns: an exchange, a share of what it spends, and something of its own. */
const EARNED: readonly LedgerOp[] = [
  reserve({ id: 's' }),
  reserve({ id: 's' }, { grantId: 'g_other' }),
  reserve({ id: 's' }, { grantId: 'g_share', needs: ['g_s'] }),
];

let proposals: RewardProposals;
let steps: string[];
let asked: string[];

beforeEach(() => {
  proposals = new RewardProposals(10);
  [steps, asked] = [[], []];
});

function open(grantId: string): string {
  const id = proposalIdOf('compensation', grantId);
  proposals.apply({
    ...{ ...BY, id, actionId: 'a', kind: 'compensation', state: 'open', grantId },
    ...{ campaignId: 'c', accountId: 'a', customerId: 'u', eventId: 's', amountMinor: 1 },
    ...{ causeKind: 'cleared', causeId: 'x', evidence: '', occurredAtMs: 1 },
  });
  return id;
}

async function approve(proposalId: string) {
  const parts = {
    engine,
    recorder: {
      addRewardProposal: ({ id, state }: RewardProposal) => steps.push(`${id} ${state}`),
    },
    change: (work: () => void) => Promise.resolve().then(work),
    caseWork: {
      proposals,
      automatic: false,
      earnAnew: ({ grantId }: RewardProposal) =>
        Promise.resolve(askedAnew(EARNED, grantId, { wordId: 'w', atMs: 7 })),
    },
  } as unknown as ObeyParts;
  const settle: SettleOrder = ({ ops = [] }) => {
    const made = ops.filter((op) => op.kind === 'reserve');
    for (const { grantId, anew } of made)
      asked.push([grantId, anew!.wordId, anew!.along].filter(Boolean).join(' '));
    return Promise.resolve(made.map(({ grantId: id }) => [{ id, state: 'posted' } as Grant]));
  };
  const command = { ...BY, id: 'w', issuedAtMs: 7, kind: 'proposal', word: 'approve' } as const;
  return await (
    await judgeProposal(parts, { ...command, proposalId }, settle)
  ).answer;
}

test('a share of what an exchange spends comes back with the exchange, by one approval', async () => {
  const [base, share] = [open('g_s.again'), open('g_share')];
  expect(await approve(base)).toMatchObject({ accepted: true });
  expect(asked).toEqual(['g_s w', 'g_share w any']);
  expect(steps).toEqual([`${base} approved`, `${share} approved`]);
  expect(proposals.size).toBe(0);
});

test('a share that is not proposed comes back only if it was lost with the exchange', async () => {
  await approve(open('g_s'));
  expect(asked).toEqual(['g_s w', 'g_share w base_missing']);
});

test('it is not given before the exchange that it is a share of, and can be afterwards', async () => {
  const [base, share] = [open('g_s'), open('g_share')];
  const early = await approve(share);
  expect(early.accepted).toBe(false);
  expect(early.message).toContain(`approve ${base}; it stays open`);
  expect(asked).toEqual([]);
  await approve(base);
  const alone = open('g_share.again');
  expect(await approve(alone)).toMatchObject({ accepted: true });
  expect(asked.at(-1)).toBe('g_share w');
});

test('what nothing rests on is asked for alone, and what the event earns no more is not', async () => {
  await approve(open('g_other'));
  expect(asked).toEqual(['g_other w']);
  expect((await approve(open('g_gone'))).message).toContain('does not earn reward g_gone any more');
});
