/** Orders about cases: proposals, appeals and their reviews, and stopping what the policy does by itself. */

import { Option, type Command } from 'commander';
import ms, { type StringValue } from 'ms';
import { CASE_KINDS, type BoardKind } from '../orders/case-board.ts';
import {
  audited,
  dataOption,
  jsonOption,
  profileOption,
  type AnalystFlags,
  type StoreFlags,
} from './command-options.ts';
import { SWITCHES } from '../decide/freeze-cases.ts';
import { Failure } from '../failure.ts';
import type { RowsFlags } from '../terminal/print-rows.ts';

export interface CaseListFlags extends StoreFlags, RowsFlags {
  readonly kind?: BoardKind;
}

export function addCases(root: Command): void {
  addProposals(root);
  audited(root.command('appeal').argument('<account>'))
    .description('ask for a review of a freeze')
    .action(async (accountId: string, options: AnalystFlags) => {
      const { order } = await import('./order.ts');
      await order({ kind: 'appeal', accountId }, options);
    });
  audited(
    root
      .command('review')
      .argument('<account>')
      .addArgument(
        root.createArgument('<outcome>', 'what it was').choices(['confirmed', 'cleared']),
      ),
  )
    .description('end the review of a freeze: it goes on, or the account is cleared and made good')
    .option('--for <duration>', 'how long a confirmed freeze goes on, such as 30d')
    .action(
      async (
        accountId: string,
        outcome: 'confirmed' | 'cleared',
        options: AnalystFlags & { for?: string },
      ) => {
        const forMs = options.for === undefined ? {} : { forMs: durationOf(options.for) };
        const { order } = await import('./order.ts');
        await order({ kind: 'review', accountId, outcome, ...forMs }, options);
      },
    );
  const described = {
    freezing: 'whether the policy freezes accounts by itself; off: freezes become proposals',
    blocking: 'whether the policy blocks events by itself; off: blocks become reviews',
  };
  for (const name of SWITCHES) {
    const to = root.createArgument('<to>', 'from the next event on').choices(['on', 'off']);
    audited(root.command(name).addArgument(to))
      .description(described[name])
      .action(async (value: 'on' | 'off', options: AnalystFlags) => {
        const { order } = await import('./order.ts');
        await order({ kind: 'switch', name, to: value }, options);
      });
  }
}

function addProposals(root: Command): void {
  const proposals = root
    .command('proposals')
    .description('what waits for a person: freezes, second persons, appeals, rewards');
  proposals
    .command('list')
    .description('all of them, the oldest of each kind first')
    .addOption(new Option('--kind <kind>', 'only these').choices(CASE_KINDS))
    .addOption(jsonOption)
    .addOption(profileOption)
    .addOption(dataOption)
    .action(async (options: CaseListFlags) => {
      const { listCases } = await import('./show-cases.ts');
      await listCases(options);
    });
  const described = {
    approve: 'let a proposal happen, or an order that wants a second person',
    dismiss: 'end a proposal, or withdraw an order, without effect',
  };
  for (const word of ['approve', 'dismiss'] as const) {
    audited(proposals.command(word).argument('<proposals...>'))
      .description(described[word])
      .action(async (proposalIds: string[], options: AnalystFlags) => {
        const { order } = await import('./order.ts');
        for (const proposalId of proposalIds) {
          await order({ kind: 'proposal', proposalId, word }, options);
        }
      });
  }
}

/** @throws Failure (exit code 2) */
function durationOf(text: string): number {
  if (/^\d+(\.\d+)?(ms|s|m|h|d|w)$/.test(text)) return ms(text as StringValue);
  throw new Failure(`--for ${text}: write a duration such as 12h or 30d`, { exitCode: 2 });
}
