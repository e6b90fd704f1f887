/** The configuration: checked, shown, described; and a person's word on one that is on trial. */

import type { Command } from 'commander';
import {
  audited,
  configOption,
  dataOption,
  profileOption,
  type AnalystFlags,
  type StoreFlags,
} from './command-options.ts';

export interface ShowConfigFlags extends StoreFlags {
  readonly config: string;
}

export function addConfig(root: Command): void {
  const config = root.command('config').description('check, show or describe the configuration');
  config
    .command('check')
    .description('all errors at once, as file:line:column')
    .addOption(configOption)
    .action(async (options: { config: string }) => {
      const { checkConfig } = await import('./check-config.ts');
      await checkConfig(options.config);
    });
  config
    .command('show')
    .description(
      'the effective configuration and its version; of a running worker: what judges now',
    )
    .addOption(configOption)
    .addOption(profileOption)
    .addOption(dataOption)
    .action(async (options: ShowConfigFlags) => {
      const { showConfig } = await import('./show-config.ts');
      await showConfig(options);
    });
  config
    .command('schema')
    .description('JSON Schemas of the configuration files, for editors')
    .option('--write <dir>', 'into files of a folder, such as config/schemas')
    .action(async (options: { write?: string }) => {
      const { showSchemas } = await import('./show-schemas.ts');
      await showSchemas(options.write);
    });
  addWords(config);
}

/** A person's word on the configuration that is on trial. */
function addWords(config: Command): void {
  const words = {
    promote: ['promoted', 'let the configuration on trial judge everybody'],
    rollback: ['rolled_back', 'end the trial; without one, go back to the version before'],
  } as const;
  for (const [name, [to, description]] of Object.entries(words)) {
    audited(config.command(name))
      .description(description)
      .action(async (options: AnalystFlags) => {
        const { order } = await import('./order.ts');
        await order({ kind: 'config', to }, options);
      });
  }
}
