import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { FreezeCapNews, LateNews, WindowCapNews } from '../../pipeline/tell/cap-news.ts';
import { FreezeState } from '../../pipeline/decide/freezing.ts';

const HOUR = 3_600_000;

/** A log, and what it was told. */
function listening(): { readonly log: pino.Logger; readonly told: Record<string, unknown>[] } {
  const told: Record<string, unknown>[] = [];
  const write = (line: string): void => void told.push(JSON.parse(line) as (typeof told)[number]);
  return { log: pino({ base: null }, { write }), told };
}

/** Blocks of accounts of their own at these times, as the policy answers them under a cap of two an hour. */
function blocked(...timesMs: readonly number[]): Record<string, unknown>[] {
  const freezing = new FreezeState({ automatic: true, perHour: 2, expiresAfterMs: undefined });
  const { log, told } = listening();
  const news = new FreezeCapNews();
  timesMs.forEach((atMs, n) => {
    news.tell(log, 2, freezing.onBlock(`a-${n}`, `dec_${n}`, 'same-device', atMs));
  });
  return told;
}

describe('the cap of automatic freezes', () => {
  it('is told when it is reached, and not again with every proposal of the hour', () => {
    expect(blocked(0, 1)).toEqual([]);
    expect(blocked(0, 1, 2, 3, 4, 5)).toMatchObject([{ perHour: 2, decisionId: 'dec_2' }]);
  });

  it('is told again when it is reached in another hour', () => {
    const told = blocked(0, 1, 2, 3, 2 * HOUR, 2 * HOUR + 1, 2 * HOUR + 2);
    expect(told).toMatchObject([{ decisionId: 'dec_2' }, { decisionId: 'dec_6' }]);
  });
});

describe('full windows', () => {
  it('are told when the first event is left out, and whenever their number has doubled', () => {
    const { log, told } = listening();
    const news = new WindowCapNews();
    for (const capped of [0, 0, 3, 3, 5, 6, 11, 12, 12]) news.tell(log, capped);
    expect(told.map(({ capped }) => capped)).toEqual([3, 6, 12]);
    expect(String(told[0]!['msg'])).toContain('windows.maxKeys');
  });
});

describe('what comes late beyond all bounds', () => {
  it('is told of when it begins, and whenever it has doubled', () => {
    const { log, told } = listening();
    const news = new LateNews();
    for (const refused of [0, 3, 2, 1, 1, 5, 1]) news.tell(log, refused);
    expect(told.map(({ refused }) => refused)).toEqual([3, 6, 12]);
  });
});
