/** What an order does to the exclusions: added, removed or dismissed, in force from the next event on. */

import type { Command, CommandResult } from '../decide/account-action.ts';
import { valueProblem } from '../decide/list-entry.ts';
import type { Engine } from '../decide/engine.ts';
import {
  asRead,
  EXCLUSION_FIELDS,
  MAX_LIVE,
  unknownValue,
  type ExclusionChange,
} from '../detect/exclusion.ts';
import { bandsText, misnamedBands, unmeasuredBands, type Limited } from '../detect/own-bands.ts';
import type { Recorder } from '../record/recorder.ts';

export interface ObeyExclusionParts {
  readonly engine: Pick<Engine, 'exclusions'>;
  readonly recorder: Pick<Recorder, 'addExclusionChange'>;
  /** What own limits are held against. */
  readonly config: { readonly active: Limited };
}

/** The change is made and recorded; an order that changes nothing is answered and leaves no row. */
export function obeyExclusion(
  { engine: { exclusions }, recorder, config }: ObeyExclusionParts,
  command: Extract<Command, { readonly kind: 'exclusion' }>,
): CommandResult {
  const { id: commandId, op, of: kind, actor, reason, issuedAtMs } = command;
  const value = asRead({ kind, value: command.value });
  const named = `${EXCLUSION_FIELDS[kind]} ${value}`;
  const problem =
    op === 'add' && kind === 'ips'
      ? (valueProblem(kind, value) ?? unknownValue({ kind, value }))
      : undefined;
  if (problem !== undefined) {
    return { commandId, accepted: false, message: `${named}: ${problem}` };
  }
  const { bands: said = {} } = op === 'add' ? command : {};
  const wrong = [misnamedBands, unmeasuredBands].flatMap((of) => of(said, config.active));
  if (wrong.length > 0) {
    const told = wrong.map(({ path, message: why }) => `${path.join('.')}: ${why}`);
    return { commandId, accepted: false, message: `${named}: ${told.join('; ')}` };
  }
  if (op === 'remove' && !exclusions.isLive(kind, value)) {
    const message = `${named} is not excluded by an order: a file's exclusion is taken out of lists/exclusions.yaml`;
    return { commandId, accepted: false, message };
  }
  if (op === 'add' && exclusions.isFull && !exclusions.isLive(kind, value)) {
    const message = `${named}: ${MAX_LIVE} values are excluded by orders, as many as are kept: remove some, or write it into lists/exclusions.yaml`;
    return { commandId, accepted: false, message };
  }
  // Without a limit in them they say what none at all say.
  const limits = bandsText(said);
  const bands = limits === '' ? undefined : said;
  const change: ExclusionChange = {
    id: commandId,
    op,
    kind,
    value,
    accounts: 0,
    hubLimit: 0,
    actor,
    reason,
    decisionId: '',
    occurredAtMs: issuedAtMs,
    expiresAtMs: op === 'add' ? command.expiresAtMs : undefined,
    ...(bands && { bands }),
  };
  exclusions.apply(change);
  recorder.addExclusionChange(change);
  const outcome = {
    add: `is excluded: it links nobody, and findings about it reach no band${limits === '' ? '' : ` but ${limits}`}`,
    remove: 'is no longer excluded',
    dismiss:
      'is held to be no shared value: findings about it count in full, and it is not proposed again',
  } as const;
  return { commandId, accepted: true, message: `${named} ${outcome[op]}` };
}
