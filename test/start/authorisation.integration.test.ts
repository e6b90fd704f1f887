import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { askRecord } from '../support/ask-record.ts';
import { endAll, newFolder, run, startIn, type Cli } from '../support/cli.ts';
import {
  answered,
  Crowd,
  patientConfigOf,
  send,
  told,
  TRIAL,
  type Answer,
  type Fields,
} from './trial-campaign.ts';

let data: string;
let worker: Cli;
let address: string;
let crowd: Crowd;
beforeAll(async () => {
  data = join(await newFolder(), 'data');
  worker = startIn(data, ['--config', await patientConfigOf(TRIAL)]);
  address = await worker.ready();
  crowd = new Crowd();
});
afterAll(endAll);

const authorise = (who?: string): Fields & { id: string } => crowd.of('till', who);
/** What comes of an authorisation. */
function conclude(
  authorisation: Fields & { id: string },
  type: 'payment' | 'payment.cancelled',
  fields: Fields = {},
): Fields & { id: string } {
  const { customerId, amount, currency, category, merchantId } = authorisation;
  return {
    ...crowd.of('till', String(customerId).slice(2)),
    ...{ type, amount, currency, category, merchantId },
    attributes: { authorisationId: authorisation.id },
    ...fields,
  };
}
const rewardsOf = ({ rewards }: Answer): readonly { grantId: string; amountMinor: number }[] =>
  rewards as readonly { grantId: string; amountMinor: number }[];

describe('an authorising payment', () => {
  it('is answered with its discount, reserved in the same call, and its payment posts it', async () => {
    const [first, second, third] = [authorise(), authorise(), authorise()];
    const reserved = await send(address, first);
    expect(reserved).toMatchObject({ verdict: 'allow' });
    expect(rewardsOf(reserved)).toMatchObject([{ offerId: 'till', amountMinor: 700 }]);
    expect(told(reserved)).toEqual(['till held awaiting_payment']);
    expect(told(await answered(address, second))).toEqual(['till held awaiting_payment']);
    expect(told(await answered(address, third))).toEqual(['till rejected quota_exhausted']);

    const paid = await send(address, conclude(first, 'payment'));
    expect(told(paid)).toEqual(['till posted granted']);
    expect(rewardsOf(paid)[0]!.grantId).toBe(rewardsOf(reserved)[0]!.grantId);

    // A cancelled one gives its place back.
    expect(told(await answered(address, conclude(second, 'payment.cancelled')))).toEqual([
      'till voided payment_cancelled',
    ]);
    const next = authorise();
    expect(told(await answered(address, next))).toEqual(['till held awaiting_payment']);

    // So does one whose time is up; its payment then earns nothing that is not there any more.
    const late = new Date(Date.parse(String(next['occurredAt'])) + 30 * 60_000).toISOString();
    const after = { ...authorise(), occurredAt: late };
    expect(told(await answered(address, after))).toEqual(['till held awaiting_payment']);
    const overdue = await send(address, conclude(next, 'payment', { occurredAt: late }));
    expect(told(overdue)).toContain('till voided authorisation_expired');

    const ended = await worker.stop();
    expect(ended.code, ended.stderr).toBe(0);
    const [states, quota] = await askRecord(
      data,
      'SELECT toString(state) AS state, count() AS n FROM grants FINAL GROUP BY state ORDER BY state',
      "SELECT sum(posted_delta) AS posted, sum(pending_delta) AS pending FROM ledger_entries FINAL WHERE account LIKE 'quota/trial/till/%'",
    );
    expect(states.map(({ state, n }) => `${String(state)} ${String(n)}`)).toEqual([
      'held 1',
      'posted 1',
      'rejected 1',
      'voided 2',
    ]);
    expect(quota).toMatchObject([{ posted: 1, pending: 1 }]);
    expect((await run(['ledger', 'verify', '--data', data])).code).toBe(0);
  });
});
