/** What was decided and given and is not part of the figures yet: a worker settles and records behind its decisions. */

export interface OutstandingRow {
  /** Decisions of the newest start whose rewards have not taken effect, or not all of them. */
  readonly decisions: number;
  /** Entries that the ledger has made and the record does not hold. */
  readonly entries: number;
}

/**
 * Decisions beyond the newest start's marker. What an older one left behind is decided anew under a newer number, or
 * never comes again: counted, it would be said to be outstanding for ever. One column is read, without FINAL.
 */
export const OUTSTANDING = `
SELECT (SELECT toFloat64(uniqExact(arrival)) FROM decisions
    PREWHERE arrival > (SELECT max(bitShiftLeft(toUInt64(epoch), 38) + sequence) FROM progress)) AS decisions,
  toFloat64(greatest(0, (SELECT max(toInt64(sequence)) FROM ledger_balances)
    - (SELECT max(toInt64(sequence)) FROM ledger_entries))) AS entries`;
