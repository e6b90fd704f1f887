import { Writable } from 'node:stream';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { FreezeState } from '../../pipeline/decide/freezing.ts';
import { Metrics } from '../../pipeline/telemetry.ts';
import { gaugeCases } from '../../pipeline/tell/actions.ts';

describe('cases that wait for people', () => {
  it('are counted, and told in the log, when they make room for newer ones', async () => {
    const freezing = new FreezeState({ automatic: false, perHour: 0, expiresAfterMs: undefined });
    for (let n = 0; n <= 100_000; n++) freezing.onBlock(`a${n}`, `dec_${n}`, 'x', n);
    const lines: string[] = [];
    const sink = new Writable({
      write: (line: Buffer, _encoding, done) => {
        lines.push(line.toString());
        done();
      },
    });
    const metrics = new Metrics();
    const parts = { engine: { freezing }, log: pino(sink), metrics, told: { dropped: 0 } };
    gaugeCases(parts, 0, 0);
    gaugeCases(parts, 0, 0);
    expect(await metrics.registry.metrics()).toContain('sheepdog_cases_dropped 1\n');
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain('open cases made room for newer ones');
  });
});
