/** What a file of labels does: a bank's chargebacks, say, each with the time at which the bank knew. */

import { createHash } from 'node:crypto';
import type { Command, CommandResult, Label, RefusedItem } from '../decide/account-action.ts';
import { decisionIdOf, eventIdOf } from '../decide/decision.ts';
import type { LabelStanding } from '../record/label-history.ts';

type LabelsCommand = Extract<Command, { readonly kind: 'labels' }>;

/** The events that the labels are about. */
export function labelledEvents({ labels }: LabelsCommand): readonly string[] {
  return labels.map(({ decisionId }) => eventIdOf(decisionId));
}

export interface ReadLabels {
  /** New words, in the order of the file. */
  readonly words: readonly Label[];
  readonly result: CommandResult;
}

/**
 * Tells the labels that are new from those that are on record and those of decisions that are not. A label's
 * id is made of what it says: the same line, in whichever file, is the same word, and does not outlive a
 * later one by being read again.
 */
export function readLabels(command: LabelsCommand, { decided, known }: LabelStanding): ReadLabels {
  const words: Label[] = [];
  const refused: RefusedItem[] = [];
  const seen = new Set<string>();
  let same = 0;
  command.labels.forEach(({ decisionId, label, labelledAtMs, actor, reason }, index) => {
    const eventId = eventIdOf(decisionId);
    const who = actor ?? command.actor;
    const id = `import_${digest([eventId, label, String(labelledAtMs), who])}`;
    if (!decided.has(eventId)) {
      refused.push({ index, why: `there is no decision ${decisionIdOf(eventId)}` });
    } else if (known.has(id) || seen.has(id)) {
      same++;
    } else {
      seen.add(id);
      words.push({
        id,
        decisionId: decisionIdOf(eventId),
        label,
        actor: who,
        reason: reason ?? command.reason,
        labelledAtMs,
      });
    }
  });
  const done = words.length;
  const accepted = done + same > 0 || command.labels.length === 0;
  const message = `${done} decisions labelled, ${same} stood already, ${refused.length} refused`;
  const result = { commandId: command.id, accepted, message, items: { done, same, refused } };
  return { words, result };
}

function digest(parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32);
}
