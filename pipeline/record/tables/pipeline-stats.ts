/** `pipeline_stats`: the running worker's own figures, for its dashboard. */

import type { RowWriter } from '../row-writer.ts';
import { bool, defineTable, float64, instant, text, texts, uint32, uint64 } from '../table.ts';

export const pipelineStats = defineTable('pipeline_stats', {
  worker: text,
  recorded_at: instant,
  events: uint64,
  decisions: uint64,
  duplicates: uint64,
  late_events: uint64,
  dead_letters: uint64,
  lag: uint64,
  latency_p50_us: uint32,
  latency_p99_us: uint32,
  queue_waiting: uint64,
  queue_failed: uint64,
  journal_waiting: uint64,
  buffered_rows: uint64,
  window_keys: uint64,
  window_bytes: uint64,
  paused: bool,
  seconds_since_finding: float64,
  config_version: text,
  drifting: texts,
  config_refused: text,
  warming: texts,
});

export interface PipelineStats {
  readonly events: number;
  readonly decisions: number;
  readonly duplicates: number;
  readonly lateEvents: number;
  readonly deadLetters: number;
  /** Records waiting at the sources. */
  readonly lag: number;
  readonly latencyP50Us: number;
  readonly latencyP99Us: number;
  readonly queueWaiting: number;
  readonly queueFailed: number;
  /** Entries of the ledger's journal that are not on record yet. */
  readonly journalWaiting: number;
  readonly windowKeys: number;
  readonly windowBytes: number;
  readonly paused: boolean;
  /** Event time since the last finding. */
  readonly secondsSinceFinding: number;
  readonly configVersion: string;
  /** Detectors whose rate of findings has left its band. */
  readonly drifting: readonly string[];
  /** Why the last reload was refused, '' once one was taken. */
  readonly configRefused: string;
  /** Features that do not know enough yet to be measured by. */
  readonly warming: readonly string[];
}

export function encodeStats(
  out: RowWriter,
  stats: PipelineStats,
  stamp: { readonly worker: string; readonly bufferedRows: number; readonly recordedAtMs: number },
): void {
  pipelineStats.encode(out, {
    worker: stamp.worker,
    recorded_at: stamp.recordedAtMs,
    events: stats.events,
    decisions: stats.decisions,
    duplicates: stats.duplicates,
    late_events: stats.lateEvents,
    dead_letters: stats.deadLetters,
    lag: stats.lag,
    latency_p50_us: stats.latencyP50Us,
    latency_p99_us: stats.latencyP99Us,
    queue_waiting: stats.queueWaiting,
    queue_failed: stats.queueFailed,
    journal_waiting: stats.journalWaiting,
    buffered_rows: stamp.bufferedRows,
    window_keys: stats.windowKeys,
    window_bytes: stats.windowBytes,
    paused: stats.paused,
    seconds_since_finding: stats.secondsSinceFinding,
    config_version: stats.configVersion,
    drifting: stats.drifting,
    config_refused: stats.configRefused,
    warming: stats.warming,
  });
}
