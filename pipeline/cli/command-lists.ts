/** The block, allow and watch lists: orders that change them, and what stands there. */

import { Option, type Command } from 'commander';
import {
  audited,
  configOption,
  dataOption,
  imported,
  jsonOption,
  profileOption,
  type AnalystFlags,
  type ImportFlags,
} from './command-options.ts';
import { LIST_KINDS, LIST_NAMES, type ListKind, type ListName } from '../decide/list-entry.ts';
import type { ListAddFlags } from './change-lists.ts';
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
      const { addToList } = await import('./change-lists.ts');
      await addToList(name, kind, values, flags);
    });
  entry('remove', 'take values off a list, from the next event on').action(
    async (name: ListName, kind: ListKind, values: string[], flags: AnalystFlags) => {
      const { removeFromList } = await import('./change-lists.ts');
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
      const { importList } = await import('./change-lists.ts');
      await importList(file, flags);
    });
}
