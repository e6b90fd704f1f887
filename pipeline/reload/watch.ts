/**
 * Sees that the configuration folder changed: by the file system's word, by a look every few seconds, because
 * that word does not come when a mounted ConfigMap is exchanged, and by SIGHUP.
 */

import { basename } from 'node:path';
import { watch } from 'chokidar';
import { folderStamp } from '../../config/folder-texts.ts';
import type { Clock } from '../clock.ts';
import { messageOf } from '../failure.ts';
import type { Lifecycle } from '../lifecycle.ts';
import type { Cause } from './config-status.ts';
import type { Reloader } from './reloader.ts';
import type { Logger } from '../telemetry.ts';

export interface WatchParts {
  readonly directory: string;
  readonly reloader: Pick<Reloader, 'look' | 'stop' | 'idle'>;
  readonly clock: Clock;
  readonly log: Logger;
  readonly lifecycle: Lifecycle;
  readonly process: Pick<NodeJS.Process, 'on' | 'off'>;
}

const POLL_MS = 3000;
/** Several files of one change are written one after the other: they are looked at when they have come to rest. */
const QUIET_MS = 150;
/** An edit that never rests is looked at all the same. */
const AT_MOST_QUIETS = 10;

const STOP_WITHIN_MS = 1000;

const CHANGED: Cause = { actor: 'watch', reason: 'the files changed' };
const SIGNALLED: Cause = { actor: 'signal', reason: 'SIGHUP' };

/** Watches until the process stops. */
export async function watchConfig(parts: WatchParts): Promise<void> {
  const { directory, reloader, clock, log, lifecycle } = parts;
  let stamp = await folderStamp(directory).catch(() => '');
  let looking: Promise<void> | undefined;
  const look = async (): Promise<void> => {
    for (let quiet = 0; quiet < AT_MOST_QUIETS && !lifecycle.signal.aborted; quiet++) {
      await clock.sleep(QUIET_MS, lifecycle.signal);
      const now = await folderStamp(directory).catch(() => stamp);
      if (now === stamp && quiet > 0) break;
      stamp = now;
    }
    // Not waited for: what it fills may take minutes, and another change must be seen meanwhile.
    if (!lifecycle.signal.aborted) reloader.look(CHANGED).catch(tell);
  };
  const tell = (error: unknown): void =>
    log.error({ error: messageOf(error) }, 'the configuration folder was not looked at');
  const wake = (): void => {
    looking ??= look()
      .catch(tell)
      .finally(() => {
        looking = undefined;
      });
  };
  const watcher = watch(directory, {
    ignoreInitial: true,
    depth: 3,
    ignored: (path) => path !== directory && basename(path).startsWith('.'),
  });
  watcher.on('all', wake);
  watcher.on('error', (error) =>
    log.warn(
      { error: messageOf(error) },
      'the configuration folder is looked at every few seconds only',
    ),
  );
  const stopPolling = clock.every(POLL_MS, () => {
    folderStamp(directory).then(
      (now) => {
        if (now !== stamp) wake();
      },
      () => undefined,
    );
  });
  const onSignal = (): void => void reloader.look(SIGNALLED, true).catch(tell);
  parts.process.on('SIGHUP', onSignal);
  lifecycle.onClose('configuration watch', async () => {
    parts.process.off('SIGHUP', onSignal);
    stopPolling();
    reloader.stop();
    await watcher.close();
    await looking;
    // What waits for the record has nothing left to do: it is not waited for.
    await Promise.race([reloader.idle(), clock.sleep(STOP_WITHIN_MS)]);
  });
  // The files may have changed since they were loaded.
  reloader.look(CHANGED).catch(tell);
}
