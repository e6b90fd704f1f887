import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { fixedClock, type Clock } from '../../pipeline/clock.ts';
import type { Deliver } from '../../pipeline/ingest/source.ts';
import { lettingGo } from '../../pipeline/let-go.ts';

const BATCH = {} as Parameters<Deliver>[0];
const never = (): Promise<void> => new Promise(() => undefined);

/** A clock whose sleepers wake when they are told to. */
function sleeping(): { clock: Clock; wake: () => void; naps: number[] } {
  const naps: number[] = [];
  let wake = (): void => undefined;
  const sleep = (ms: number): Promise<void> => {
    naps.push(ms);
    return new Promise((resolve) => (wake = resolve));
  };
  return { clock: { ...fixedClock(0), sleep }, wake: () => wake(), naps };
}

describe('a delivery', () => {
  it('ends as it ends, in good as in bad', async () => {
    const { signal } = new AbortController();
    const { clock } = sleeping();
    await expect(lettingGo(() => Promise.resolve(), signal, clock)(BATCH)).resolves.toBe(undefined);
    const broken = lettingGo(() => Promise.reject(new Error('away')), signal, clock);
    await expect(broken(BATCH)).rejects.toThrow('away');
  });

  it('that waits is let go seconds after the stop, and so is each one after it', async () => {
    const stop = new AbortController();
    const { clock, wake, naps } = sleeping();
    const deliver = lettingGo(never, stop.signal, clock);
    let ended = 0;
    const first = deliver(BATCH).then(() => ended++);
    stop.abort();
    await Promise.resolve();
    expect([ended, naps]).toEqual([0, [3000]]);
    wake();
    await first;
    await deliver(BATCH);
    expect(ended).toBe(1);
  });

  it('is forgotten when it has ended, however many there are', async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const deliver = lettingGo(
      () => Promise.resolve(),
      new AbortController().signal,
      sleeping().clock,
    );
    const used = async (batches: number): Promise<number> => {
      for (let n = 0; n < batches; n++) await deliver(BATCH);
      collect();
      return process.memoryUsage().heapUsed;
    };
    const before = await used(10_000);
    expect((await used(200_000)) - before).toBeLessThan(200_000 * 10);
  });
});
