/** `decisions`: the answer to every event. */

import { decisionIdOf, type Decision } from '../../decide/decision.ts';
import { EVENT_TYPES, type EventBatch } from '../../event.ts';
import { textColumn } from '../../event-fields.ts';
import { encodedText, type RowWriter } from '../row-writer.ts';
import {
  arrival,
  bool,
  code,
  defineTable,
  instant,
  int64,
  nullable,
  text,
  texts,
  uint32,
} from '../table.ts';
import { writeAmount, writeStamp, type RowStamp } from './events.ts';

const VERDICT_CODES = { allow: 0, review: 1, block: 2 } as const;

/** The columns in the order in which `encodeDecision` writes them. */
export const decisions = defineTable('decisions', {
  decision_id: text,
  event_id: text,
  type: text,
  occurred_at: instant,
  account_id: text,
  amount_minor: nullable(int64),
  verdict: code(VERDICT_CODES),
  reasons: texts,
  detectors: texts,
  listed: text,
  late: bool,
  config_version: text,
  engine_version: text,
  latency_us: uint32,
  arrival,
  recorded_at: instant,
});

const TYPES = EVENT_TYPES.map(encodedText);
const ID = textColumn('id');
const ACCOUNT = textColumn('accountId');
/** What stands before the event's id in a decision's. */
export const DECISION_PREFIX: Uint8Array = Buffer.from(decisionIdOf(''));

/** Appends the decision on event i. `configVersion` and `engineVersion` come encoded. */
export function encodeDecision(
  out: RowWriter,
  batch: EventBatch,
  i: number,
  decision: Decision,
  configVersion: Uint8Array,
  engineVersion: Uint8Array,
  latencyUs: number,
  stamp: RowStamp,
): void {
  const { capacity, spanStart, spanLength } = batch;
  const bytes = batch.source[i]!;
  const idStart = spanStart[ID * capacity + i]!;
  const idLength = spanLength[ID * capacity + i]!;
  out.prefixed(DECISION_PREFIX, bytes, idStart, idLength);
  out.bytes(bytes, idStart, idLength);
  out.encoded(TYPES[batch.typeCode[i]!]!);
  out.i64At(batch.occurredAtMs, i);
  out.bytes(bytes, spanStart[ACCOUNT * capacity + i]!, spanLength[ACCOUNT * capacity + i]!);
  writeAmount(out, batch.amountMinor, i);
  out.u8(VERDICT_CODES[decision.verdict]);
  if (decision.reasons.length === 0) out.count(0);
  else texts.write(out, decision.reasons);
  writeDetectors(out, decision);
  out.text(decision.listed.length === 0 ? '' : JSON.stringify(decision.listed));
  out.bool(decision.late);
  out.encoded(configVersion);
  out.encoded(engineVersion);
  uint32.write(out, latencyUs);
  writeStamp(out, stamp);
}

/** The detectors whose live findings the decision rests on. */
function writeDetectors(out: RowWriter, { findings }: Decision): void {
  // A loop over a frozen array, even an empty one, makes objects; most decisions share one.
  if (findings.length === 0) {
    out.count(0);
    return;
  }
  let live = 0;
  for (const { mode } of findings) if (mode === 'live') live++;
  out.count(live);
  for (const { detector, mode } of findings) if (mode === 'live') out.text(detector);
}
