/** At a stop, a batch that waits for room behind a part that is away is let go: its source delivers it again. */

import type { Clock } from './clock.ts';
import type { Deliver } from './ingest/source.ts';

const LET_GO_AFTER_MS = 3000;

/**
 * Delivers as `deliver` does, and from some seconds after the signal on waits for nothing any more. What waits is
 * known while it waits and no longer: a race against a promise that settles at the stop would keep every batch's.
 */
export function lettingGo(deliver: Deliver, signal: AbortSignal, clock: Clock): Deliver {
  const waiting = new Set<() => void>();
  let isOver = false;
  const letGo = (): void => {
    isOver = true;
    for (const resolve of waiting) resolve();
  };
  signal.addEventListener('abort', () => void clock.sleep(LET_GO_AFTER_MS).then(letGo), {
    once: true,
  });
  return (batch) =>
    new Promise((resolve, reject) => {
      waiting.add(resolve);
      if (isOver) resolve();
      deliver(batch)
        .then(resolve, reject)
        .finally(() => waiting.delete(resolve));
    });
}
