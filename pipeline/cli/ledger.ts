/** `ledger verify`, `ledger rebuild` and `ledger balances`. */

import { readEnvironment } from '../../config/environment.ts';
import { loadConfig } from '../../config/load.ts';
import { acquireOwnership, groupOf } from '../act/ownership.ts';
import { systemClock } from '../clock.ts';
import { expectUsed } from '../data-folder.ts';
import { discoverDetectors } from '../detect/discover.ts';
import { Failure } from '../failure.ts';
import { Lifecycle } from '../lifecycle.ts';
import type { UpkeepFlags } from './command-upkeep.ts';
import { print } from '../terminal/print.ts';
import { withRedis } from './with-redis.ts';
import { RowPrinter } from '../terminal/print-rows.ts';
import { ledgerHistory } from '../record/ledger-history.ts';
import { Adjustments } from '../reward/adjustments.ts';
import { sharedAccounts } from '../reward/campaign-accounts.ts';
import { Ledger } from '../reward/ledger.ts';
import { rebuild } from '../reward/rebuild.ts';
import { verify } from '../reward/verify.ts';
import { openStores } from '../stores.ts';
import { createLogger } from '../telemetry.ts';

/** @throws Failure when the ledger does not match its journal, or a part is not to be had. */
export async function ledgerCommand(
  name: 'verify' | 'rebuild' | 'balances',
  flags: UpkeepFlags,
): Promise<void> {
  if (name === 'balances') await balances(flags);
  else await withJournal(flags, name === 'verify' ? check : restore);
}

async function balances(flags: UpkeepFlags): Promise<void> {
  const config = await loadConfig(flags.config, await discoverDetectors());
  const accounts = sharedAccounts(config.campaigns, new Adjustments());
  await withRedis(flags, async (redis) => {
    const connection = redis.connect('effects');
    try {
      const ledger = new Ledger(connection);
      const added = await ledger.added();
      const found = await ledger.balances(accounts.map(({ account }) => account));
      const rows = found.map(({ account, posted, pending }, index) => {
        const limit = accounts[index]!.limit + (added.get(account) ?? 0);
        return { account, limit, posted, pending, left: limit - posted - pending };
      });
      const printer = new RowPrinter(['account', 'limit', 'posted', 'pending', 'left'], flags);
      await printer.print(rows);
      await printer.end('no campaign is configured');
    } finally {
      connection.disconnect();
    }
  });
}

type JournalWork = (
  ledger: Ledger,
  history: ReturnType<typeof ledgerHistory>,
  own: () => Promise<AbortSignal>,
) => Promise<void>;

/** The embedded record has one process at a time, so these two need the worker stopped there. */
async function withJournal(flags: UpkeepFlags, work: JournalWork): Promise<void> {
  const log = createLogger('warn');
  const clock = systemClock;
  const lifecycle = new Lifecycle(clock, log);
  const environment = readEnvironment();
  const config = await loadConfig(flags.config, await discoverDetectors());
  try {
    const { profile, data: dataDir } = flags;
    // With servers of its own it is they that hold the ledger or the record.
    const { redisUrl, clickhouseUrl } = environment;
    if (profile === 'embedded' && (redisUrl ?? clickhouseUrl) === undefined)
      await expectUsed(dataDir);
    const stores = await openStores({ profile, dataDir, environment, clock, log, lifecycle });
    const connection = stores.redis.connect('effects');
    lifecycle.onClose('ledger connection', () => connection.disconnect());
    const own = async (): Promise<AbortSignal> => {
      const group = groupOf(profile, config.system.kafka.groupId);
      const ownership = await acquireOwnership(group, { redis: connection, clock });
      lifecycle.onClose('ownership', () => ownership.release());
      return ownership.lost;
    };
    await work(new Ledger(connection), ledgerHistory(stores.analytics), own);
  } finally {
    await lifecycle.close();
  }
}

const check: JournalWork = async (ledger, history) => {
  const result = await verify(ledger, history);
  await print(`${JSON.stringify(result, null, 2)}\n`);
  if (result.differences.length > 0 || result.missing > 0) {
    throw new Failure(
      `the ledger does not match its journal: ${result.differences.length} accounts differ, ${result.missing} entries are missing; ` +
        'keep both, find out why, then `ledger rebuild` restores the balances from the journal',
    );
  }
};

/** It takes the worker's place: one that ran beside it would grant on a state that is being replaced. */
const restore: JournalWork = async (ledger, history, own) => {
  const sequence = await rebuild(ledger, history, await own());
  process.stdout.write(`rebuilt from the journal up to entry ${sequence}\n`);
};
