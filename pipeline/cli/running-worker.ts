/**
 * The worker that holds a data folder, as a command beside it finds and asks it: the embedded record has one process
 * at a time, and that process answers the same questions by HTTP.
 */

import { readFile, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readEnvironment } from '../../config/environment.ts';
import { holderOf } from '../data-folder.ts';
import { Failure, messageOf } from '../failure.ts';

const FILE = 'address';

/** Leaves word of where the worker of the folder answers. @returns what takes it back. */
export async function leaveAddress(data: string, address: string): Promise<() => Promise<void>> {
  const file = join(data, FILE);
  await writeFile(file, `${process.pid} ${address}\n`);
  return () => unlink(file).catch(() => undefined);
}

/** Asks the worker at `address`. */
export class RunningWorker {
  readonly #address: string;
  readonly #token: string | undefined;

  constructor(address: string, token: string | undefined) {
    this.#address = address;
    this.#token = token;
  }

  /** @returns what it answered as JSON. @throws Failure with its own words when it refuses. */
  async ask(path: string): Promise<unknown> {
    const headers = {
      accept: 'application/json',
      ...(this.#token !== undefined && { authorization: `Bearer ${this.#token}` }),
    };
    const { status, text } = await fetch(this.#address + path, { headers }).then(
      async (response) => ({ status: response.status, text: await response.text() }),
      (error: unknown) => {
        const why = messageOf(error instanceof Error ? (error.cause ?? error) : error);
        throw new Failure(`the worker at ${this.#address} does not answer: ${why}`);
      },
    );
    if (status === 200) return JSON.parse(text);
    if (status === 401) {
      throw new Failure(
        `the worker at ${this.#address} wants its API token: set SHEEPDOG_API_TOKEN as the worker has it`,
      );
    }
    throw new Failure(refusalIn(text) ?? `the worker at ${this.#address} answered ${status}`);
  }
}

/**
 * @returns undefined where no process holds the folder.
 * @throws Failure when it is held by one that does not answer: a command, or a worker that still starts.
 */
export async function workerAt(data: string): Promise<RunningWorker | undefined> {
  const holder = await holderOf(data);
  if (holder === undefined) return undefined;
  const said = await readFile(join(data, FILE), 'utf8').catch(() => '');
  const [pid, address] = said.trim().split(' ');
  // What a killed worker left is not the word of the one that holds the folder now.
  if (address !== undefined && Number(pid) === holder) {
    return new RunningWorker(address, readEnvironment().apiToken);
  }
  throw new Failure(
    `data folder ${data} is in use by process ${holder}, which does not answer by HTTP yet: a worker that starts does so in a moment, another command has to end first`,
  );
}

function refusalIn(text: string): string | undefined {
  try {
    const { error } = JSON.parse(text) as { error?: { message?: string } };
    return error?.message;
  } catch {
    return undefined;
  }
}
