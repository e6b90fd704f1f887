/** What keeps the stores right: the ledger proven or restored, deliveries tried again, the schema brought up to date. */

import type { Command } from 'commander';
import {
  configOption,
  dataOption,
  jsonOption,
  profileOption,
  type StoreFlags,
} from './command-options.ts';
import type { RowsFlags } from '../terminal/print-rows.ts';

export interface UpkeepFlags extends StoreFlags, RowsFlags {
  readonly config: string;
}

export function addUpkeep(root: Command): void {
  addLedger(root);
  addDeliveries(root);
  addMigrate(root);
}

function addLedger(root: Command): void {
  const ledger = root
    .command('ledger')
    .description('the reward ledger: prove it, mend it, read it');
  const described = {
    verify: 'recompute every balance from the journal and compare',
    rebuild: 'restore the ledger from the journal in ClickHouse',
    balances:
      'what stands on every account, beside its limit: that of the configuration and what the ledger knows to be added since',
  };
  addEach(ledger, described, 'balances', async (name, options) => {
    const { ledgerCommand } = await import('./ledger.ts');
    await ledgerCommand(name, options);
  });
}

function addDeliveries(root: Command): void {
  const deliveries = root
    .command('deliveries')
    .description('what other systems are to give and have not acknowledged');
  const described = {
    list: 'those waiting, without an endpoint, or failed',
    retry: 'try those again that failed and needed a person',
  };
  addEach(deliveries, described, 'list', async (name, options) => {
    const { deliveriesCommand } = await import('./deliveries.ts');
    await deliveriesCommand(name, options);
  });
}

/** @param printing the one that prints rows. */
function addEach<Name extends string>(
  group: Command,
  described: Readonly<Record<Name, string>>,
  printing: Name,
  run: (name: Name, options: UpkeepFlags) => Promise<void>,
): void {
  for (const [name, description] of Object.entries(described) as [Name, string][]) {
    const command = group
      .command(name)
      .description(description)
      .addOption(profileOption)
      .addOption(dataOption)
      .addOption(configOption)
      .action((options: UpkeepFlags) => run(name, options));
    if (name === printing) command.addOption(jsonOption);
  }
}

function addMigrate(root: Command): void {
  root
    .command('migrate')
    .description('bring the ClickHouse schema up to date')
    .addOption(profileOption)
    .addOption(dataOption)
    .action(async (options: StoreFlags) => {
      const { migrateRecord } = await import('./migrate.ts');
      await migrateRecord(options);
    });
}
