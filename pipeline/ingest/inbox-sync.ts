/**
 * A thread of its own for fdatasync. The shared thread pool has four threads, and the embedded database holds all
 * of them while it inserts: there, a sync of 0.3 ms waited 40 ms for its turn, and with it every answer.
 */

import { Worker } from 'node:worker_threads';

/** Plain JavaScript, so that it runs the same from the sources and from a build. */
const THREAD = `
const { parentPort } = require('node:worker_threads');
const { fdatasyncSync } = require('node:fs');
parentPort.on('message', (fd) => {
  let failure;
  try {
    fdatasyncSync(fd);
  } catch (error) {
    failure = error.message;
  }
  parentPort.postMessage(failure);
});
`;

interface Waiting {
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

export class SyncThread {
  #worker: Worker | undefined;
  #waiting: Waiting | undefined;

  /**
   * Resolves when what was written to the open file is on disk. One call at a time.
   * @throws the disk's error
   */
  sync(fd: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
      // Only an unfinished sync keeps the process alive.
      this.#worker ??= this.#start();
      this.#worker.ref();
      this.#worker.postMessage(fd);
    });
  }

  async close(): Promise<void> {
    await this.#worker?.terminate();
  }

  #start(): Worker {
    const worker = new Worker(THREAD, { eval: true, execArgv: [] });
    worker.on('message', (failure: string | undefined) => this.#settle(failure));
    worker.on('error', ({ message }) => this.#settle(message));
    worker.on('exit', () => this.#settle('the sync thread ended'));
    return worker;
  }

  #settle(failure: string | undefined): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    this.#worker?.unref();
    if (failure === undefined) waiting?.resolve();
    else waiting?.reject(new Error(failure));
  }
}
