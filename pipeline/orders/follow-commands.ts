/** Applies analysts' orders as they come, from where history ends, in the order of the command log. */

import { LOG_START, type CommandLog } from '../act/commands.ts';
import type { Clock } from '../clock.ts';
import type { Command, CommandResult } from '../decide/account-action.ts';
import { messageOf } from '../failure.ts';
import type { JournalDrain } from '../journal-drain.ts';
import type { Lifecycle } from '../lifecycle.ts';
import type { Pipeline } from '../pipeline.ts';
import type { Recorder } from '../record/recorder.ts';
import { isUnavailable } from '../reward/redis.ts';
import type { Logger } from '../telemetry.ts';

export interface FollowParts {
  readonly commands: Pick<CommandLog, 'read' | 'follow' | 'answer' | 'trim'>;
  readonly pipeline: Pick<Pipeline, 'obey'>;
  readonly journal: Pick<JournalDrain, 'caughtUp'>;
  readonly recorder: Pick<Recorder, 'flush' | 'obstacle'>;
  /** Id of the last command that is part of history; undefined: none. */
  readonly position: string | undefined;
  readonly lifecycle: Lifecycle;
  readonly clock: Clock;
  readonly log: Logger;
}

const FOLLOW_AGAIN_MS = 1000;
/** Less than whoever ordered waits for the word. */
const SHOWN_WITHIN_MS = 1500;

/**
 * Obeys what waits in the log before the first event is decided: orders that were given while no worker ran, and
 * those that were in force before a kill took them back. Waits through an absence of Redis.
 * @returns the position from which to follow. @throws Stopped
 */
export async function catchUp(parts: FollowParts): Promise<string> {
  const { commands, lifecycle, clock, log } = parts;
  let position = parts.position ?? LOG_START;
  for (;;) {
    lifecycle.throwIfStopping();
    try {
      const waiting = await commands.read(position);
      if (waiting.length === 0) return position;
      for (const command of waiting) {
        await commands.answer(await obey(parts, command));
        position = command.id;
      }
    } catch (error) {
      if (!isUnavailable(error)) throw error;
      log.warn({ error: messageOf(error) }, 'the command log is away');
      await clock.sleep(FOLLOW_AGAIN_MS, lifecycle.signal);
    }
  }
}

/** Ends when the process stops; an absence of Redis is waited through, any other error ends the process. */
export async function followCommands(parts: FollowParts): Promise<void> {
  const { commands, lifecycle, clock, log } = parts;
  let position = parts.position ?? LOG_START;
  while (!lifecycle.signal.aborted) {
    try {
      for await (const command of commands.follow(position, lifecycle.signal)) {
        void tell(parts, await obey(parts, command));
        position = command.id;
      }
    } catch (error) {
      // Stopping breaks the blocking read; the loop then ends.
      if (!isUnavailable(error)) {
        lifecycle.fail(error);
        return;
      }
      log.warn({ error: messageOf(error) }, 'the command log is away');
      await clock.sleep(FOLLOW_AGAIN_MS, lifecycle.signal);
    }
  }
}

async function obey(
  { commands, pipeline, log }: FollowParts,
  command: Command,
): Promise<CommandResult> {
  const result = await pipeline.obey(command, () => {
    commands.trim(command.id).catch((error: unknown) => {
      log.debug({ error: messageOf(error) }, 'the command log is trimmed later');
    });
  });
  log.info({ actor: command.actor, ...result }, 'command obeyed');
  return result;
}

/**
 * Who is told of an order finds it in the record, rewards included, unless that takes too long: what was ordered is
 * in force already, and the orders behind it do not wait.
 */
async function tell(
  { commands, journal, recorder, clock, log }: FollowParts,
  result: CommandResult,
): Promise<void> {
  const done = new AbortController();
  const late = clock.sleep(SHOWN_WITHIN_MS, done.signal);
  const shown = async (): Promise<void> => {
    await journal.caughtUp();
    await recorder.flush();
  };
  try {
    if (recorder.obstacle === undefined) await Promise.race([shown(), late]);
    await commands.answer(result);
  } catch (error) {
    log.warn({ commandId: result.commandId, error: messageOf(error) }, 'an order was not answered');
  } finally {
    done.abort();
  }
}
