/** Where a backtest's history comes from: a file in any order, or the tables of record. */

import { randomBytes } from 'node:crypto';
import type { LoadedConfig } from '../../config/load.ts';
import { assembleDecoder, assembleHistoryDecoder } from '../assemble.ts';
import { systemClock } from '../clock.ts';
import type { NamedDetector } from '../detect/detector.ts';
import { Failure } from '../failure.ts';
import type { Decoder } from '../ingest/decode.ts';
import { inEventOrder } from '../ingest/event-order.ts';
import { readMap } from '../ingest/csv-map-file.ts';
import { FileSource } from '../ingest/file.ts';
import type { Source } from '../ingest/source.ts';
import { keysOf } from '../keys.ts';
import { recordedCondition } from '../record/markers.ts';
import { withRecord } from '../cli/with-record.ts';
import { replayAsOf, type AsOfOptions, type AsOfReport } from './as-of.ts';
import { recordedPast } from './recorded-past.ts';
import { loadVersions } from './versions.ts';
import { RecordedEvents } from './recorded-events.ts';

/** The options that name a history, as commander hands them over. */
export interface InputFlags {
  readonly input?: string;
  readonly map?: string;
  readonly fromClickhouse?: boolean;
  readonly from?: string;
  readonly to?: string;
  readonly data: string;
}

export interface HistoryInput {
  /** Delivers in event order. */
  readonly source: Source;
  readonly decoder: Decoder;
  /** Events before it only fill windows. */
  readonly countFromMs: number | undefined;
}

const ELSEWHERE = 'copy the data folder, or point CLICKHOUSE_URL at a server';

/**
 * Hands the history over to `work`.
 * @param warmUpMs how far before `--from` events still matter.
 * @throws Failure (exit code 2) when the options do not fit together.
 */
export async function withHistory<Value>(
  flags: InputFlags,
  config: LoadedConfig,
  warmUpMs: number,
  work: (input: HistoryInput) => Promise<Value>,
): Promise<Value> {
  // A hash seed of its own: nothing that is computed is kept.
  const keys = keysOf(randomBytes(32));
  const { fromMs, toMs } = spanOf(flags);
  if (flags.fromClickhouse !== true) {
    return work({
      ...(await fileInput(flags, config, assembleDecoder(config, keys))),
      countFromMs: undefined,
    });
  }
  return withRecord({ profile: 'embedded', data: flags.data }, ELSEWHERE, async (analytics) => {
    const isHistory = await recordedCondition(analytics);
    const source = new RecordedEvents({
      ...{ analytics, isHistory, toMs },
      fromMs: fromMs === undefined ? undefined : fromMs - warmUpMs,
    });
    return work({ source, decoder: assembleHistoryDecoder(config, keys), countFromMs: fromMs });
  });
}

/** Replays the record by the versions of then. @throws Failure when none of them can be loaded. */
export async function replayRecord(
  { data }: InputFlags,
  catalogue: readonly NamedDetector[],
  options: Omit<AsOfOptions, 'past' | 'versions' | 'keys'>,
): Promise<AsOfReport> {
  return withRecord({ profile: 'embedded', data }, ELSEWHERE, async (analytics) => {
    const isHistory = await recordedCondition(analytics);
    return replayAsOf({
      ...options,
      past: recordedPast(analytics, isHistory),
      versions: await loadVersions(analytics, isHistory, catalogue),
      keys: keysOf(randomBytes(32)),
    });
  });
}

async function fileInput(
  { input, map }: InputFlags,
  config: LoadedConfig,
  decoder: Decoder,
): Promise<Pick<HistoryInput, 'source' | 'decoder'>> {
  const columns = await readMap(map);
  const { maxRecordBytes } = config.system.ingest;
  const file = new FileSource({
    path: input!,
    ...(columns && { map: columns }),
    maxRecordBytes,
    clock: systemClock,
  });
  return { source: inEventOrder(file, { decoder }), decoder };
}

interface TimeSpan {
  readonly fromMs: number | undefined;
  readonly toMs: number | undefined;
}

/** @throws Failure (exit code 2) when the options do not fit together. */
export function spanOf({ input, map, fromClickhouse, from, to }: InputFlags): TimeSpan {
  if ((input === undefined) === (fromClickhouse !== true)) {
    throw wrong('name the history: --input FILE, or --from-clickhouse');
  }
  if (fromClickhouse !== true && (from !== undefined || to !== undefined)) {
    throw wrong('--from and --to need --from-clickhouse: a file is read whole');
  }
  if (fromClickhouse === true && map !== undefined) throw wrong('--map needs --input');
  const [fromMs, toMs] = [instantOf('--from', from), instantOf('--to', to)];
  if (fromMs !== undefined && toMs !== undefined && fromMs >= toMs) {
    throw wrong('--from must be before --to');
  }
  return { fromMs, toMs };
}

function instantOf(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const ms = Date.parse(text);
  if (!Number.isNaN(ms) && /T.*(Z|[+-]\d\d:\d\d)$/.test(text)) return ms;
  throw wrong(`${option} ${text}: write an instant such as 2026-11-20T08:00:00+08:00`);
}

function wrong(message: string): Failure {
  return new Failure(message, { exitCode: 2 });
}
