/** Orders about one account or one reward: freeze and unfreeze, approve and reject. */

import type { Command } from 'commander';
import { audited, type AnalystFlags } from './command-options.ts';

export function addOrders(root: Command): void {
  for (const kind of ['freeze', 'unfreeze'] as const) {
    audited(root.command(kind).argument('<account>'))
      .description(`${kind} an account`)
      .action(async (accountId: string, options: AnalystFlags) => {
        const { order } = await import('./order.ts');
        await order({ kind, accountId }, options);
      });
  }
  for (const kind of ['approve', 'reject'] as const) {
    audited(root.command(kind).argument('<grant>'))
      .description(`${kind} a reward that waits for a review`)
      .action(async (grantId: string, options: AnalystFlags) => {
        const { order } = await import('./order.ts');
        await order({ kind, grantId }, options);
      });
  }
}
