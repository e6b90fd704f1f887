import { describe, expect, it } from 'vitest';
import { fixedClock, systemClock } from '../../pipeline/clock.ts';
import { Lifecycle } from '../../pipeline/lifecycle.ts';
import { silentLogger } from '../../pipeline/telemetry.ts';

describe('the end of the process', () => {
  it('closes what was opened last first, and goes on past what fails', async () => {
    const lifecycle = new Lifecycle(systemClock, silentLogger());
    const closed: string[] = [];
    lifecycle.onClose('first', () => void closed.push('first'));
    lifecycle.onClose('second', () => Promise.reject(new Error('stuck drawer')));
    lifecycle.onClose('third', () => void closed.push('third'));
    await expect(lifecycle.close()).rejects.toThrow('stuck drawer');
    expect(closed).toEqual(['third', 'first']);
  });

  it('names the part that hangs and leaves time for those after it', async () => {
    const clock = fixedClock(0);
    const given: number[] = [];
    const sleep = async (ms: number): Promise<void> => {
      given.push(ms);
      await new Promise(setImmediate);
      clock.set(clock.now() + ms);
    };
    const lifecycle = new Lifecycle({ ...clock, sleep }, silentLogger());
    let closed = false;
    lifecycle.onClose('record', async () => {
      await Promise.resolve();
      closed = true;
    });
    lifecycle.onClose('source', () => new Promise(() => undefined));
    await expect(lifecycle.close(400)).rejects.toThrow('source did not close in time');
    expect(closed).toBe(true);
    expect(given).toEqual([200, 100]);
  });

  it('stops everybody at a failure, which wins over the stop', async () => {
    const lifecycle = new Lifecycle(systemClock, silentLogger());
    const defect = new Error('torn');
    lifecycle.fail(defect);
    expect(lifecycle.signal.aborted).toBe(true);
    await expect(lifecycle.failed).rejects.toBe(defect);
  });
});
