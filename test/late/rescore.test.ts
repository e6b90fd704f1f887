import { expect, it } from 'vitest';
import type { NewCommand } from '../../pipeline/act/commands.ts';
import { systemClock } from '../../pipeline/clock.ts';
import type { Cause, CausedGrant } from '../../pipeline/decide/cause.ts';
import type { Grant } from '../../pipeline/reward/grant.ts';
import { orderAbout, type RescoreParts } from '../../pipeline/late/rescore.ts';

const CAUSE: Cause = {
  ...{ id: 'labels_1', kind: 'label', accountIds: [], decisionId: '' },
  ...{ atMs: 0, byPerson: true, evidence: 'bank: code 83' },
};

it('what was given since is asked of the ledger many at a time, and ordered about as given', async () => {
  const grants = Array.from({ length: 1201 }, (_, n): CausedGrant => ({
    ...{ grantId: `g-${n}`, campaignId: 'c', accountId: 'a', customerId: 'x', eventId: 'e' },
    ...{ amountMinor: 1, standing: n % 2 === 0 ? 'held' : 'live' },
  }));
  const asked: string[] = [];
  let waves = 0;
  let asking = false;
  const grant = async (id: string): Promise<Grant> => {
    asked.push(id);
    if (!asking) waves++;
    asking = true;
    await new Promise(setImmediate);
    asking = false;
    return { id, state: id.endsWith('8') ? 'posted' : 'held' } as Grant;
  };
  const orders: (readonly CausedGrant[])[] = [];
  const commands = {
    append: (command: NewCommand) => {
      if (command.kind === 'rescore') orders.push(command.grants);
      return Promise.resolve('1-0');
    },
    wait: (commandId: string) => Promise.resolve({ commandId, accepted: true, message: '' }),
  };
  const parts = {
    ...{ ledger: { grant }, commands, clock: systemClock },
    signal: new AbortController().signal,
  } as unknown as RescoreParts;
  expect(await orderAbout(parts, CAUSE, grants)).toBe(true);
  const held = grants.filter(({ standing }) => standing === 'held');
  expect(asked).toEqual(held.map(({ grantId }) => grantId));
  expect(waves).toBe(2);
  const since = held.filter(({ grantId }) => grantId.endsWith('8'));
  expect(orders.flat().slice(grants.length)).toEqual(
    since.map((each) => ({ ...each, standing: 'live' })),
  );
});
