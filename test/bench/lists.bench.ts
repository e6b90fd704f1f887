/** The lists with a million entries: what they take in memory, to load, and per event on the path. */

import { canonicalValue, type ListChange } from '../../pipeline/decide/list-entry.ts';
import { LiveLists } from '../../pipeline/decide/live-lists.ts';
import { EventBatch, EventView } from '../../pipeline/event.ts';
import { Decoder } from '../../pipeline/ingest/decode.ts';
import { compare } from './measure.ts';
import type { Bench, Report } from './report.ts';

const ENTRIES = 1_000_000;
const EVENTS = 1024;
const TURNS = 200;
const AT_MS = Date.parse('2026-03-06T02:00:00Z');

const decoder = new Decoder({
  hashSeed: [1, 2],
  placeholders: ['unknown'],
  cardTokenKey: 'bench',
  limits: {
    ...{ maxRecordBytes: 1_048_576, maxDepth: 8, maxAmountMinor: 1e11 },
    ...{ earliestMs: 0, maxFutureMs: 1e15 },
  },
});

function change(kind: ListChange['kind'], value: string, place: number): ListChange {
  return {
    id: `1-0.${place}`,
    op: 'add',
    list: 'block',
    kind,
    value: canonicalValue(kind, value),
    reason: 'imported',
    author: 'bench',
    actor: 'bench',
    decisionId: '',
    detail: '',
    occurredAtMs: AT_MS,
    expiresAtMs: undefined,
  };
}

/** Events of which one in a hundred is on the list of devices. */
function batch(): EventBatch {
  const events = new EventBatch(EVENTS);
  for (let i = 0; i < EVENTS; i++) {
    const json = {
      ...{ id: `e-${i}`, type: 'payment', occurredAt: '2026-03-06T02:00:00Z' },
      ...{ accountId: `acc-${i}`, cardId: `card-${i}`, merchantId: `m-${i % 50}` },
      deviceId: i % 100 === 0 ? `device-${i}` : `clean-${i}`,
      ip: `10.${i & 255}.${i >> 8}.7`,
    };
    decoder.decode(Buffer.from(JSON.stringify(json)), AT_MS, events);
  }
  return events;
}

function heapBytes(): number {
  globalThis.gc?.();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

/** Devices alone, so that the other kinds name nothing. */
function filled(report: Report, entries: number): LiveLists {
  const before = heapBytes();
  const startedMs = performance.now();
  const live = new LiveLists(entries);
  for (let i = 0; i < entries; i++) live.apply(change('devices', `device-${i}`, i), decoder, AT_MS);
  const seconds = (performance.now() - startedMs) / 1000;
  report.section(`${entries} entries`);
  report.figure('loading', seconds, 's', { atMost: 10 });
  report.figure('memory', (heapBytes() - before) / entries, 'bytes an entry', { atMost: 80 });
  return live;
}

function withRanges(count: number): LiveLists {
  const live = new LiveLists(count);
  for (let i = 0; i < count; i++) {
    const value = `${11 + (i >> 14)}.${(i >> 6) & 255}.${(i << 2) & 255}.0/${22 + (i % 3)}`;
    live.apply(change('ips', value, i), decoder, AT_MS);
  }
  return live;
}

export const bench: Bench = {
  name: 'lists',
  summary: 'A look at every list per event: none, a million entries, and thousands of ranges.',
  run: async (report) => {
    const million = filled(report, Math.round(ENTRIES * report.scale));
    const events = batch();
    const view = new EventView(events, 0);
    const look = (live: LiveLists) => () => {
      let hits = 0;
      for (let turn = 0; turn < TURNS; turn++) {
        for (let row = 0; row < EVENTS; row++) {
          view.row = row;
          hits += live.match(view).length;
        }
      }
      return hits;
    };
    const count = EVENTS * TURNS;
    const variants = [
      { name: 'empty', count, run: look(new LiveLists(10)) },
      { name: 'a million devices', count, run: look(million) },
      { name: '10,000 address ranges', count, run: look(withRanges(10_000)) },
    ];
    report.section('one event');
    report.comparison(await compare(variants, { rounds: 5 }), 'events');
  },
};
