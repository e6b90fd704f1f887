/** A process that opens the data folder it is given and prints the failure's one line: run by a test. */

import { messageOf } from '../../pipeline/failure.ts';
import { openAnalytics } from '../../pipeline/record/clickhouse.ts';

try {
  await (await openAnalytics({ path: process.argv[2] })).close();
  process.stdout.write('opened\n');
} catch (error) {
  process.stdout.write(`${messageOf(error)}\n`);
}
