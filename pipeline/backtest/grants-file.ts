/** The grants of a dry run as NDJSON, written as they come. */

import { open, type FileHandle } from 'node:fs/promises';
import { Failure, messageOf } from '../failure.ts';
import type { JudgedGrant } from './dry-run.ts';

export class GrantsFile {
  readonly #path: string;
  readonly #handle: FileHandle;

  private constructor(path: string, handle: FileHandle) {
    this.#path = path;
    this.#handle = handle;
  }

  /** @throws Failure when the file cannot be written: before the run, not after it. */
  static async open(path: string): Promise<GrantsFile> {
    try {
      return new GrantsFile(path, await open(path, 'w'));
    } catch (error) {
      throw unwritable(path, error);
    }
  }

  /** @throws Failure when the disk is full, say. */
  async write(grants: readonly JudgedGrant[]): Promise<void> {
    try {
      await this.#handle.appendFile(grants.map(lineOf).join(''));
    } catch (error) {
      throw unwritable(this.#path, error);
    }
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }
}

function lineOf({ grant, fraud }: JudgedGrant): string {
  const { id: grantId, occurredAtMs, deadlineMs, detail } = grant;
  const { campaignId, offerId, label, state, reason, amountMinor, clawedBackMinor } = grant;
  const { eventId, accountId, customerId, beneficiaryId, cardId, paymentMinor } = grant;
  const line = {
    ...{ grantId, campaignId, offerId, label, state, reason, amountMinor, clawedBackMinor },
    award: grant.award,
    budgetLine: grant.budgetLine,
    ...{ eventId, accountId, customerId, beneficiaryId, cardId, paymentMinor },
    occurredAt: new Date(occurredAtMs).toISOString(),
    ...(deadlineMs > 0 && { deadline: new Date(deadlineMs).toISOString() }),
    ...(detail !== '' && { draw: JSON.parse(detail) as unknown }),
    ...(fraud !== undefined && { fraud }),
  };
  return `${JSON.stringify(line)}\n`;
}

function unwritable(path: string, error: unknown): Failure {
  return new Failure(`${path}: the grants cannot be written: ${messageOf(error)}`);
}
