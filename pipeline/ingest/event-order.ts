/**
 * A source's records in (occurredAt, id) order, whatever order and size the input has: an external merge
 * sort through files in the system's temporary folder. For runs over history, where a shuffled file must
 * give the same report. Offsets are not passed on: nothing here is committed.
 */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { typeCodeOf } from '../event.ts';
import { textColumn } from '../event-fields.ts';
import type { Decoder } from './decode.ts';
import {
  compareRecords,
  mergeRuns,
  openRun,
  writeRun,
  type OrderedRecord,
} from './event-order-runs.ts';
import type { Deliver, RawBatch, Source } from './source.ts';

export interface EventOrderOptions {
  /** Reads the time and the id of each record. */
  readonly decoder: Decoder;
  /** Records and bytes sorted in memory at a time. */
  readonly runRecords?: number;
  readonly runBytes?: number;
  readonly batchRecords?: number;
  /** Most run files open at a time. */
  readonly mergeWidth?: number;
  /** Where the run files go; the system's temporary folder when it is not said. */
  readonly folder?: string;
}

const ID = textColumn('id');
const OPENED = typeCodeOf('account.opened');
const RUN_RECORDS = 200_000;
const RUN_BYTES = 256 * 1024 * 1024;
const BATCH_RECORDS = 1000;
const MERGE_WIDTH = 128;

/**
 * The source with its records in order of event time, then of id (by bytes), then of content, so that the
 * order of the input is never seen. Only a sign-up comes before the other events of its instant whatever its id:
 * histories are often kept to the minute, and a payment does not precede the account that makes it. Records that are no events come first, as they stand in the input.
 */
export function inEventOrder(source: Source, options: EventOrderOptions): Source {
  return {
    name: source.name,
    run: (deliver, signal) => new EventSort(options).run(source, deliver, signal),
  };
}

class EventSort {
  private readonly options: EventOrderOptions;
  private held: OrderedRecord[] = [];
  private runBytes = 0;
  private count = 0;
  private readonly runs: string[] = [];
  private made = 0;
  private folder: string | undefined;

  constructor(options: EventOrderOptions) {
    this.options = options;
  }

  async run(source: Source, deliver: Deliver, signal: AbortSignal): Promise<void> {
    try {
      await source.run((batch) => this.collect(batch), signal);
      if (!signal.aborted) await this.deliverAll(source.name, deliver, signal);
    } finally {
      if (this.folder !== undefined) await rm(this.folder, { recursive: true, force: true });
    }
  }

  private async collect(batch: RawBatch): Promise<void> {
    const { runRecords = RUN_RECORDS, runBytes = RUN_BYTES } = this.options;
    for (const record of batch.records) {
      const { decoder } = this.options;
      const source = decoder.read(record);
      const isEvent = source !== undefined;
      const { occurredAtMs, typeCode, spanStart, spanLength } = decoder.drafted;
      this.held.push({
        record,
        occurredAtMs: isEvent ? occurredAtMs : -Infinity,
        // An account is opened before anything else happens on it.
        rank: typeCode === OPENED ? 0 : 1,
        idSource: source ?? record.bytes,
        idStart: isEvent ? spanStart[ID]! : 0,
        idEnd: isEvent ? spanStart[ID]! + spanLength[ID]! : 0,
        sequence: this.count++,
      });
      this.runBytes += record.bytes.length;
      if (this.held.length >= runRecords || this.runBytes >= runBytes) await this.spill();
    }
  }

  private async spill(): Promise<void> {
    this.held.sort(compareRecords);
    await this.keep([this.held]);
    this.held = [];
    this.runBytes = 0;
  }

  private async keep(
    batches: Iterable<OrderedRecord[]> | AsyncIterable<OrderedRecord[]>,
  ): Promise<void> {
    this.folder ??= await mkdtemp(join(this.options.folder ?? tmpdir(), 'sheepdog-order-'));
    const file = join(this.folder, `run-${this.made++}`);
    await writeRun(file, batches);
    this.runs.push(file);
  }

  private async deliverAll(name: string, deliver: Deliver, signal: AbortSignal): Promise<void> {
    const { batchRecords = BATCH_RECORDS, mergeWidth = MERGE_WIDTH } = this.options;
    this.held.sort(compareRecords);
    while (this.runs.length > mergeWidth) {
      const files = this.runs.splice(0, mergeWidth);
      await this.keep(mergeRuns(files.map(openRun), batchRecords));
      await Promise.all(files.map((file) => rm(file)));
    }
    const held = this.held;
    this.held = [];
    const runs = [...this.runs.map(openRun), inMemory(held)];
    for await (const batch of mergeRuns(runs, batchRecords)) {
      await deliver({ source: name, records: batch.map(({ record }) => record) });
      if (signal.aborted) return;
    }
  }
}

/** What was never spilled, as a run. */
async function* inMemory(records: OrderedRecord[]): AsyncGenerator<OrderedRecord[]> {
  yield await Promise.resolve(records);
}
