import { describe, expect, it } from 'vitest';
import { MistakenNews } from '../../pipeline/tell/mistaken-news.ts';
import { createLogger, Metrics } from '../../pipeline/telemetry.ts';
import { batchFrom, paymentOf } from '../support/events.ts';

describe('addresses that are none', () => {
  it('are counted, and each source hears of the first', async () => {
    const lines: string[] = [];
    const metrics = new Metrics();
    const log = createLogger('warn', { write: (line) => lines.push(line) });
    const news = new MistakenNews();
    const sound = batchFrom([paymentOf()]);
    const wrong = batchFrom(
      ['203.0.113.9', '203.0.113.9, 10.0.0.1', '999.1.1.1'].map((ip, i) =>
        paymentOf({ ip, id: `p-${i}` }),
      ),
    );
    news.tell({ metrics, log }, 'kafka', sound);
    expect(lines).toEqual([]);
    news.tell({ metrics, log }, 'kafka', wrong);
    news.tell({ metrics, log }, 'kafka', wrong);
    news.tell({ metrics, log }, 'http', wrong);
    expect(lines.map((line) => JSON.parse(line) as object)).toMatchObject([
      { source: 'kafka', eventId: 'p-1' },
      { source: 'http', eventId: 'p-1' },
    ]);
    expect(await metrics.registry.metrics()).toContain(
      'sheepdog_mistaken_values_total{field="ip"} 6\n',
    );
  });
});
