/** Orders about values that join strangers: exclude one, end that, or say that it is none. */

import type { Command } from 'commander';
import { audited, instantOf, type AnalystFlags } from './command-options.ts';
import { EXCLUSION_KINDS, type ExclusionKind } from '../detect/exclusion.ts';
import type { OwnBands } from '../detect/own-bands.ts';
import { Failure } from '../failure.ts';

interface AddFlags extends AnalystFlags {
  readonly expires?: string;
  readonly limit?: readonly string[];
}

const DESCRIBED = {
  add: 'exclude a value: it links no accounts, and findings about it reach no band; accepts a proposal',
  remove: 'end an exclusion that was ordered',
  dismiss: 'say that a proposed value joins no strangers: findings about it count in full again',
} as const;

export function addExclusions(root: Command): void {
  const exclusion = root
    .command('exclusion')
    .description('values that join strangers, such as a demo phone; proposals: GET /v1/exclusions');
  for (const op of ['add', 'remove', 'dismiss'] as const) {
    const command = audited(
      exclusion
        .command(op)
        .addArgument(root.createArgument('<kind>', 'what it is').choices(EXCLUSION_KINDS))
        .argument('<value>'),
    ).description(DESCRIBED[op]);
    if (op === 'add') {
      command
        .option('--expires <instant>', 'its end, such as 2027-01-01T00:00:00Z')
        .option(
          '--limit <limit...>',
          'a limit of its own, such as same-device.accounts.review=300; all others reach no band',
        );
    }
    command.action(async (of: ExclusionKind, value: string, options: AddFlags) => {
      const { expires } = options;
      const expiresAtMs = expires === undefined ? undefined : instantOf('--expires', expires);
      const { order } = await import('./order.ts');
      const bands = options.limit && ownBandsOf(options.limit);
      await order({ kind: 'exclusion', op, of, value, expiresAtMs, bands }, options);
    });
  }
}

/** @throws Failure (exit code 2) on what is no limit. */
export function ownBandsOf(limits: readonly string[]): OwnBands {
  const bands: Record<string, Record<string, Record<string, number>>> = {};
  for (const text of limits) {
    const [, detector, measure, band, limit] =
      /^([^.=]+)\.([^.=]+)\.(review|block|conclusive)=(\d+(?:\.\d+)?)$/.exec(text) ?? [];
    if (detector === undefined) {
      throw new Failure(
        `--limit ${text} is no limit: write DETECTOR.MEASURE.BAND=NUMBER, such as same-device.accounts.review=300`,
        { exitCode: 2 },
      );
    }
    ((bands[detector] ??= {})[measure!] ??= {})[band!] = Number(limit);
  }
  return bands;
}
