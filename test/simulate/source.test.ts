import { describe, expect, test } from 'vitest';
import { fixedClock, systemClock, type Clock } from '../../pipeline/clock.ts';
import type { RawBatch } from '../../pipeline/ingest/source.ts';
import { DEFAULT_SIMULATION, simulate } from '../../pipeline/simulate/simulate.ts';
import { SimulatorSource } from '../../pipeline/simulate/source.ts';

const SHORT = { ...DEFAULT_SIMULATION, minutes: 2, attacks: [] };
const UNPACED = { ...SHORT, speedUp: Infinity };

/** A clock that moves only while somebody sleeps. */
function sleepingClock(): Clock {
  const clock = fixedClock(1_000);
  return {
    ...clock,
    sleep: (ms) => {
      clock.set(clock.now() + ms);
      return Promise.resolve();
    },
  };
}

async function collect(
  source: SimulatorSource,
  signal = new AbortController().signal,
): Promise<RawBatch[]> {
  const batches: RawBatch[] = [];
  await source.run((batch) => {
    batches.push(batch);
    return Promise.resolve();
  }, signal);
  return batches;
}

describe('the simulator as a source', () => {
  test('delivers the whole simulation, in order, in batches of the given size', async () => {
    const batches = await collect(
      new SimulatorSource({ ...UNPACED, batchEvents: 100 }, fixedClock(0)),
    );
    const bodies = batches.flatMap(({ records }) => records.map(({ bytes }) => bytes.toString()));
    expect(bodies).toEqual([...simulate(SHORT)].map((event) => JSON.stringify(event)));
    expect(Math.max(...batches.map(({ records }) => records.length))).toBe(100);
    const positions = batches.flatMap(({ records }) => records.map(({ position }) => position));
    expect(positions).toEqual(bodies.map((_, index) => String(index)));
  });

  test('stops at its limit', async () => {
    const batches = await collect(new SimulatorSource({ ...UNPACED, limit: 42 }, fixedClock(0)));
    expect(batches.flatMap(({ records }) => records)).toHaveLength(42);
  });

  test('lets event time run ahead of the wall by the speed-up', async () => {
    const clock = sleepingClock();
    await collect(new SimulatorSource({ ...SHORT, speedUp: 60 }, clock));
    // Two minutes of event time at sixty to one take two seconds.
    expect(clock.monotonic() - 1_000).toBeGreaterThan(1_900);
    expect(clock.monotonic() - 1_000).toBeLessThanOrEqual(2_050);
  });

  test('never lets an event arrive before it happened', async () => {
    const batches = await collect(new SimulatorSource(UNPACED, fixedClock(0)));
    const early = batches
      .flatMap(({ records }) => records)
      .filter(({ bytes, receivedAtMs }) => {
        const { occurredAt } = JSON.parse(bytes.toString()) as { occurredAt: string };
        return receivedAtMs < Date.parse(occurredAt);
      });
    expect(early).toEqual([]);
  });

  test('ends when it is told to, with nothing in flight', async () => {
    const stop = new AbortController();
    const source = new SimulatorSource({ ...UNPACED, minutes: Infinity }, fixedClock(0));
    let delivered = 0;
    await source.run(() => {
      delivered += 1;
      if (delivered === 3) stop.abort();
      return Promise.resolve();
    }, stop.signal);
    expect(delivered).toBe(3);
  });

  test('leaves time for everything else on its thread, however far it is behind', async () => {
    let others = 0;
    const stop = systemClock.every(0, () => {
      others += 1;
    });
    const source = new SimulatorSource({ ...UNPACED, batchEvents: 100, limit: 1000 }, systemClock);
    const batches = await collect(source);
    stop();
    expect(batches).toHaveLength(10);
    expect(others).toBeGreaterThanOrEqual(5);
  });

  test('gathers what falls due into few batches, also while each delivery takes its time', async () => {
    const clock = sleepingClock();
    const source = new SimulatorSource({ ...SHORT, speedUp: 60 }, clock);
    let batches = 0;
    await source.run(async () => {
      batches += 1;
      // More than one event falls due in the meantime.
      await clock.sleep(2);
    }, new AbortController().signal);
    // Two seconds of wall time in ticks of 25 ms.
    expect(batches).toBeLessThanOrEqual(81);
  });

  test('counts what is due and not delivered as its lag', async () => {
    const clock = sleepingClock();
    const source = new SimulatorSource({ ...SHORT, speedUp: 60, limit: 1 }, clock);
    expect(source.lag()).toBe(0);
    let lag = 0;
    await source.run(async () => {
      await clock.sleep(1_000);
      lag = source.lag();
    }, new AbortController().signal);
    // One second of wall time is a minute of event time, at ten events a second.
    expect(lag).toBeLessThanOrEqual(615);
    expect(lag).toBeGreaterThanOrEqual(600);
  });
});
