/** The lists and the labels, from the command line. */

import { Option, type Command } from 'commander';
import { audited, configOption, dataOption, jsonOption, profileOption } from './command-options.ts';
import type { AnalystFlags } from './command-orders.ts';
import { LIST_KINDS, LIST_NAMES, type ListKind, type ListName } from '../decide/list-entry.ts';
import type { ImportFlags } from './import-file.ts';
import type { ListAddFlags } from './lists.ts';
import type { ShowFlags } from './show-lists.ts';

export function addLists(root: Command): void {
  const list = root.command('list').description('block, allow and watch lists');
  const entry = (name: string, description: string): Command =>
    audited(
      list
        .command(name)
        .description(description)
        .addArgument(root.createArgument('<list>').choices([...LIST_NAMES]))
        .addArgument(root.createArgument('<kind>').choices([...LIST_KINDS]))
        .argument('<values...>'),
    );
  entry('add', 'put values on a list, from the next event on; ips take ranges too')
    .option('--expires <instant>', 'the first instant at which the entry no longer holds, RFC 3339')
    .option('--author <name>', 'who vouches for it, where that is not --actor')
    .action(async (name: ListName, kind: ListKind, values: string[], flags: ListAddFlags) => {
      const { addToList } = await import('./lists.ts');
      await addToList(name, kind, values, flags);
    });
  entry('remove', 'take values off a list, from the next event on').action(
    async (name: ListName, kind: ListKind, values: string[], flags: AnalystFlags) => {
      const { removeFromList } = await import('./lists.ts');
      await removeFromList(name, kind, values, flags);
    },
  );
  list
    .command('show')
    .description('what stands on the lists')
    .addArgument(root.createArgument('[list]').choices([...LIST_NAMES]))
    .addOption(new Option('--kind <kind>', 'these subjects only').choices([...LIST_KINDS]))
    .addOption(jsonOption)
    .addOption(configOption)
    .addOption(profileOption)
    .addOption(dataOption)
    .action(async (name: ListName | undefined, flags: ShowFlags) => {
      const { showLists } = await import('./show-lists.ts');
      await showLists(name, flags);
    });
  imported(list.command('import').description('put the rows of a CSV on a list'))
    .addOption(
      new Option('--list <list>', 'which list').choices([...LIST_NAMES]).makeOptionMandatory(),
    )
    .action(async (file: string, flags: ImportFlags & { list: ListName }) => {
      const { importList } = await import('./lists.ts');
      await importList(file, flags);
    });
}

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
    const { importLabels } = await import('./lists.ts');
    await importLabels(file, flags);
  });
}

function imported(command: Command): Command {
  return audited(command.argument('<file>', '.csv, also .gz'))
    .requiredOption('--map <file>', 'how to read the columns')
    .option('--rejects <file>', 'where refused lines go; exit code 1 when there are some');
}
