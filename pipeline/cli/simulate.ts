/** The command `simulate`: the labelled stream into a file, or to stdout. */

import type { SimulateFlags } from './command-history.ts';
import { Failure } from '../failure.ts';
import { writeSimulation } from '../simulate/write.ts';

/** @throws Failure when the start is no instant, or the stream cannot be made or written. */
export async function simulateToFile(flags: SimulateFlags): Promise<void> {
  const startMs = Date.parse(flags.start);
  if (Number.isNaN(startMs) || !/(Z|[+-]\d\d:\d\d)$/.test(flags.start)) {
    throw new Failure(
      `--start ${flags.start}: write an instant such as 2026-11-20T08:00:00+08:00`,
      {
        exitCode: 2,
      },
    );
  }
  const attacks = flags.attack?.filter((name) => name !== 'none');
  const written = await writeSimulation(
    flags.out === '-' ? process.stdout : flags.out,
    {
      seed: flags.seed,
      startMs,
      minutes: flags.minutes,
      ratePerSecond: flags.rate,
      ...(attacks && { attacks }),
      attackShare: flags.attackShare,
      ...(flags.crowd && { crowds: flags.crowd }),
    },
    ({ events, done }) =>
      process.stderr.write(`simulate: ${events} events, ${Math.round(done * 100)} %\n`),
  );
  process.stderr.write(
    `simulate: ${written.events} events, ${written.fraud} of them fraud, to ${flags.out}\n`,
  );
}
