/** Labels: what decisions turned out to be, said one by one or imported. */

import type { Command } from 'commander';
import { audited, imported, type AnalystFlags, type ImportFlags } from './command-options.ts';

export function addLabels(root: Command): void {
  const label = root
    .command('label')
    .description('say what decisions turned out to be; held rewards are voided or released');
  audited(
    label
      .command('decision', { isDefault: true })
      .description('one decision; `label ID WORD` is short for it')
      .argument('<decision>')
      .addArgument(
        root.createArgument('<label>', 'the truth').choices(['confirmed', 'false_positive']),
      ),
  ).action(
    async (decisionId: string, word: 'confirmed' | 'false_positive', flags: AnalystFlags) => {
      const { order } = await import('./order.ts');
      await order({ kind: 'label', decisionId, label: word }, flags);
    },
  );
  imported(
    label.command('import').description('the rows of a CSV, such as a bank file of chargebacks'),
  ).action(async (file: string, flags: ImportFlags) => {
    const { importLabels } = await import('./import-labels.ts');
    await importLabels(file, flags);
  });
}
