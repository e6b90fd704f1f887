/** The closing report of a campaign. */

import { Option, type Command } from 'commander';
import {
  configOption,
  dataOption,
  integer,
  profileOption,
  type StoreFlags,
} from './command-options.ts';
import { DEFAULT_MARGIN_BP } from '../report/margin.ts';

export interface ReportFlags extends StoreFlags {
  readonly campaign: string;
  readonly out?: string;
  readonly json?: string;
  readonly marginBp: number;
  readonly config: string;
}

export function addReport(root: Command): void {
  root
    .command('report')
    .description(
      'the closing report of a campaign: targets, cost, quotas, funnel, return, abuse stopped',
    )
    .requiredOption('--campaign <id>', 'which campaign')
    .option('--out <file>', 'a page that needs nothing else, for reading and printing: .html')
    .option(
      '--json <file>',
      'the same as JSON, - for stdout; there without either option where that is no terminal',
    )
    .addOption(
      new Option(
        '--margin-bp <bp>',
        'what a payment brings the bank, in basis points of its amount',
      )
        .argParser(integer(0))
        .default(DEFAULT_MARGIN_BP),
    )
    .addOption(configOption)
    .addOption(profileOption)
    .addOption(dataOption)
    .action(async (options: ReportFlags) => {
      const { writeReport } = await import('./report.ts');
      await writeReport(options);
    });
}
