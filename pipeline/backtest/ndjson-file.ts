/** Results that are too many for a report, as NDJSON written as they come. */

import { open, type FileHandle } from 'node:fs/promises';
import { Failure, messageOf } from '../failure.ts';

export class NdjsonFile {
  readonly #path: string;
  readonly #what: string;
  readonly #handle: FileHandle;

  private constructor(path: string, what: string, handle: FileHandle) {
    this.#path = path;
    this.#what = what;
    this.#handle = handle;
  }

  /**
   * @param what is written, for messages: `grants`, say.
   * @throws Failure when the file cannot be written: before the run, not after it.
   */
  static async open(path: string, what: string): Promise<NdjsonFile> {
    try {
      return new NdjsonFile(path, what, await open(path, 'w'));
    } catch (error) {
      throw unwritable(path, what, error);
    }
  }

  /** One line each. @throws Failure when the disk is full, say. */
  async write(values: readonly unknown[]): Promise<void> {
    try {
      await this.#handle.appendFile(values.map((value) => `${JSON.stringify(value)}\n`).join(''));
    } catch (error) {
      throw unwritable(this.#path, this.#what, error);
    }
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }
}

function unwritable(path: string, what: string, error: unknown): Failure {
  return new Failure(`${path}: the ${what} cannot be written: ${messageOf(error)}`);
}
