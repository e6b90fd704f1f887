/**
 * A process that appends to an inbox until it is killed, told to stop by a refusal, or done: `FOLDER FIRST COUNT`.
 * Each appended record is printed once its append has resolved, which is when an HTTP caller would be answered.
 */

import { writeSync } from 'node:fs';
import { systemClock } from '../../pipeline/clock.ts';
import { Inbox } from '../../pipeline/ingest/inbox.ts';
import { silentLogger } from '../../pipeline/telemetry.ts';

const [folder, first, count] = process.argv.slice(2);
const inbox = await Inbox.open({
  folder: folder!,
  clock: systemClock,
  log: silentLogger(),
  segmentBytes: 20_000,
});
let next = Number(first);
const end = next + Number(count);

async function caller(): Promise<void> {
  while (next < end) {
    const body = `{"id":"e${next++}","note":"${'x'.repeat(next % 300)}"}`;
    try {
      await inbox.append([{ bytes: Buffer.from(body), receivedAtMs: 1000 + next }]);
    } catch (error) {
      writeSync(1, `refused ${(error as Error).message}\n`);
      next = end;
      return;
    }
    writeSync(1, `${body}\n`);
  }
}

await Promise.all(Array.from({ length: 8 }, caller));
