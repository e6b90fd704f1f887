/** A figure's definition, in words and as SQL: whoever changes one changes the other. */

export interface Kpi {
  readonly definition: string;
  readonly sql: string;
}
