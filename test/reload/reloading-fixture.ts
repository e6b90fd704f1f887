/** A record for a test file, empty after each test, and the worker of the test, whose configuration can be edited. */

import { afterAll, afterEach, beforeAll } from 'vitest';
import { temporaryAnalytics, type TemporaryAnalytics } from '../support/chdb.ts';
import { startReloading, type Reloading } from '../support/reloading.ts';

export let store: TemporaryAnalytics;
export let running: Reloading;

/** Registers the hooks; call it once at the top of a test file. */
export function useReloading(): void {
  beforeAll(async () => {
    store = await temporaryAnalytics();
  });
  afterEach(async () => {
    await running.close();
    await store.clear();
  });
  afterAll(() => store.close());
}

/** Starts the worker of a test on the record; with `edits` of the shipped configuration's files. */
export async function startWorker(edits?: Parameters<typeof startReloading>[1]): Promise<void> {
  running = await startReloading(store.analytics, edits);
}
