/** Whether the record has ever heard of an account. */

import { AnalyticsError, type Analytics } from './analytics.ts';

/** Whoever asks waits for the answer of an order that has taken effect already. */
const SECONDS = 2;

/** @returns undefined when the record cannot tell in time, or is away. */
export async function knowsAccount(
  analytics: Pick<Analytics, 'query'>,
  isHistory: string,
  accountId: string,
): Promise<boolean | undefined> {
  try {
    const rows = await analytics.query(
      `SELECT 1 FROM decisions WHERE account_id = {accountId:String} AND ${isHistory} LIMIT 1
       SETTINGS max_execution_time = ${SECONDS}`,
      { accountId },
    );
    return rows.length > 0;
  } catch (error) {
    if (error instanceof AnalyticsError) return undefined;
    throw error;
  }
}
