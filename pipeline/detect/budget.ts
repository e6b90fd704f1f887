/** Configured bounds that several holders share: what they hold together stays within the bound of one. */

/** What is bounded. */
export type Bound = 'keys' | 'entries' | 'lastSeen' | 'ringNodes' | 'burstCounts' | 'burstMembers';

/** One holder's part in a bound. */
export interface Budget {
  readonly bound: Bound;
  /** What it holds. */
  readonly used: number;
  /** What it may hold at the moment. */
  limit: number;
  /** What all holders of the bound together may hold. */
  readonly most: number;
}

export class SharedBudgets {
  readonly #groups: readonly (readonly Budget[])[];

  constructor(budgets: readonly Budget[]) {
    const groups = new Map<Bound, Budget[]>(budgets.map(({ bound }) => [bound, []]));
    for (const budget of budgets) groups.get(budget.bound)!.push(budget);
    this.#groups = [...groups.values()];
    this.share();
  }

  /**
   * What nobody holds is shared out in equal parts, so that the limits never come to more than the bound, and who
   * came last has room as soon as anybody lets go of something. Costs nothing where a bound has one holder.
   */
  share(): void {
    for (const group of this.#groups) {
      let free = group[0]!.most;
      for (const budget of group) free -= budget.used;
      const part = Math.max(0, Math.floor(free / group.length));
      for (const budget of group) budget.limit = budget.used + part;
    }
  }
}
