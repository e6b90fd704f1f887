/** What was decided and given and is not part of the figures yet: a worker settles and records behind its decisions. */

export interface OutstandingRow {
  /** Decisions whose rewards have not taken effect, or not all of them. */
  readonly decisions: number;
  /** Entries that the ledger has made and the record does not hold. */
  readonly entries: number;
}

/** @param isHistory the SQL condition that holds for rows whose consequences have taken effect. */
export function outstandingSql(isHistory: string): string {
  return `
SELECT (SELECT toFloat64(count()) FROM decisions FINAL WHERE NOT (${isHistory})) AS decisions,
  toFloat64(greatest(0, (SELECT max(toInt64(sequence)) FROM ledger_balances)
    - (SELECT max(toInt64(sequence)) FROM ledger_entries))) AS entries`;
}
