import { describe, expect, it } from 'vitest';
import type { Command } from '../../pipeline/decide/account-action.ts';
import { FreezeState } from '../../pipeline/decide/freezing.ts';
import {
  MAX_WAITING_CHARACTERS,
  underControl,
  wantsSecond,
} from '../../pipeline/orders/dual-control.ts';
import type { Obeyed, SettleOrder } from '../../pipeline/orders/obey.ts';

const said = { id: '1-0', actor: 'li', reason: 'ring', issuedAtMs: 1000 } as const;
const entry = { kind: 'accounts', value: 'a' } as const;
const about = { id: 'c', kind: 'label', accountIds: [], decisionId: 'dec_e', atMs: 0 } as const;
const cause = { ...about, byPerson: true, evidence: '' };
const campaign = { campaignId: 'c' } as const;

/** Every order there is, by the mode from which on it wants a second person. */
const ORDERS: Readonly<Record<'manual' | 'all' | 'never', readonly Command[]>> = {
  manual: [
    { ...said, kind: 'freeze', accountId: 'a' },
    { ...said, kind: 'unfreeze', accountId: 'a' },
  ],
  all: [
    { ...said, kind: 'label', decisionId: 'dec_e', label: 'confirmed' },
    { ...said, kind: 'label', decisionId: 'dec_e', label: 'false_positive' },
    { ...said, kind: 'labels', labels: [] },
    { ...said, kind: 'list', order: { op: 'add', list: 'allow', entries: [entry] } },
    { ...said, kind: 'list', order: { op: 'remove', list: 'block', entries: [entry] } },
    { ...said, kind: 'exclusion', op: 'add', of: 'devices', value: 'd' },
    { ...said, kind: 'exclusion', op: 'remove', of: 'devices', value: 'd' },
    { ...said, kind: 'exclusion', op: 'dismiss', of: 'devices', value: 'd' },
    { ...said, kind: 'config', to: 'promoted' },
    { ...said, kind: 'config', to: 'rolled_back' },
    { ...said, kind: 'approve', grantId: 'g' },
    { ...said, kind: 'reject', grantId: 'g' },
    { ...said, kind: 'proposal', proposalId: 'p', word: 'approve' },
    { ...said, kind: 'proposal', proposalId: 'p', word: 'dismiss' },
    { ...said, kind: 'review', accountId: 'a', outcome: 'confirmed' },
    { ...said, kind: 'review', accountId: 'a', outcome: 'cleared' },
    { ...said, kind: 'campaign', change: { ...campaign, kind: 'resume' } },
    { ...said, kind: 'campaign', change: { ...campaign, kind: 'close' } },
    { ...said, kind: 'campaign', change: { ...campaign, kind: 'add_quota', offerId: 'o', by: 1 } },
    { ...said, kind: 'campaign', change: { ...campaign, kind: 'add_budget', line: 'l', by: 1 } },
    {
      ...said,
      kind: 'campaign',
      change: { ...campaign, kind: 'allow_instrument', instrument: 'i' },
    },
    {
      ...said,
      kind: 'campaign',
      change: { ...campaign, kind: 'merchant_list', list: 'l', merchants: [] },
    },
  ],
  never: [
    { ...said, kind: 'appeal', accountId: 'a' },
    { ...said, kind: 'switch', name: 'blocking', to: 'off' },
    { ...said, kind: 'switch', name: 'blocking', to: 'on' },
    { ...said, kind: 'rescore', cause, grants: [] },
    { ...said, kind: 'campaign', change: { ...campaign, kind: 'pause' } },
    {
      ...said,
      kind: 'campaign',
      change: { ...campaign, kind: 'restrict_instrument', instrument: 'i' },
    },
  ],
};

describe('orders that want a second person', () => {
  for (const [from, orders] of Object.entries(ORDERS)) {
    it(`are asked for as the table says: ${from}`, () => {
      for (const order of orders) {
        const wanted = (['none', 'manual', 'all'] as const).filter((mode) =>
          wantsSecond(order, mode),
        );
        const modes = { manual: ['manual', 'all'], all: ['all'], never: [] };
        expect(wanted, JSON.stringify(order)).toEqual(modes[from as 'manual']);
      }
    });
  }
});

describe('an order that waits', () => {
  const off = { automatic: false, perHour: 0, expiresAfterMs: undefined };
  const settings = { ...off, dualControl: 'all', requestsLapseAfterMs: 5000 } as const;
  const settle: SettleOrder = () => Promise.resolve([]);
  const done: Command[] = [];
  const execute = (command: Command): Promise<Obeyed> => {
    done.push(command);
    const answer = { commandId: command.id, accepted: true, message: 'done' };
    return Promise.resolve({ answer: Promise.resolve(answer) });
  };
  const config = { subject: 'v1' };

  async function give(freezing: FreezeState, command: Command): Promise<string> {
    const parts = { engine: { freezing }, config };
    const { answer } = await underControl(parts, command, settle, execute);
    const { accepted, message } = await answer;
    return `${String(accepted)} ${message}`;
  }

  it('about the configuration names the version that it was given for', async () => {
    const freezing = new FreezeState(settings);
    await give(freezing, { ...said, kind: 'config', to: 'promoted' });
    const { id } = [...freezing.cases.all()][0]!.opened;
    const word = { kind: 'proposal', proposalId: id, word: 'approve' } as const;
    done.length = 0;
    await give(freezing, { ...said, id: '2-0', actor: 'wang', ...word });
    expect(done).toMatchObject([{ kind: 'config', to: 'promoted', version: 'v1', id: '2-0' }]);
  });

  it('is confirmed by nobody who only writes the own name otherwise', async () => {
    const freezing = new FreezeState(settings);
    await give(freezing, { ...said, kind: 'reject', grantId: 'g' });
    const { id } = [...freezing.cases.all()][0]!.opened;
    const word = { kind: 'proposal', proposalId: id, word: 'approve' } as const;
    for (const actor of ['li', 'Li', ' li ', '\uff4ci']) {
      expect(await give(freezing, { ...said, id: '2-0', actor, ...word })).toMatch(
        /^false li gave/,
      );
    }
    expect(await give(freezing, { ...said, id: '3-0', actor: 'wang', ...word })).toBe('true done');
  });

  it('is withdrawn by one person alone, also by the one who gave it', async () => {
    const freezing = new FreezeState(settings);
    await give(freezing, { ...said, kind: 'reject', grantId: 'g' });
    const { id } = [...freezing.cases.all()][0]!.opened;
    const word = { kind: 'proposal', proposalId: id, word: 'dismiss' } as const;
    expect(await give(freezing, { ...said, id: '2-0', ...word })).toMatch(/is withdrawn$/);
    expect(freezing.cases.open.order).toBe(0);
  });

  it('is refused when those before it fill the memory that is kept for them, until one is decided', async () => {
    const freezing = new FreezeState(settings);
    const value = 'x'.repeat(MAX_WAITING_CHARACTERS / 4);
    const large = (id: string): Command => ({
      ...{ ...said, id, kind: 'list' },
      order: { op: 'add', list: 'block', entries: [{ kind: 'accounts', value }] },
    });
    for (const id of ['1-0', '2-0', '3-0']) {
      expect(await give(freezing, large(id))).toMatch(/^true waits/);
    }
    expect(await give(freezing, large('4-0'))).toMatch(/^false 3 orders wait already/);
    const { id } = [...freezing.cases.all()][0]!.opened;
    const word = { kind: 'proposal', proposalId: id, word: 'dismiss' } as const;
    await give(freezing, { ...said, id: '5-0', ...word });
    expect(await give(freezing, large('6-0'))).toMatch(/^true waits/);
  });
});
