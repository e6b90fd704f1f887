/**
 * What people change while a campaign runs: pause, add quota or budget, restrict an instrument, replace a
 * merchant list. A change holds from the next batch on and is never retroactive: the ledger keeps the terms
 * that every grant was reserved under.
 */

/** A change as it was ordered. Amounts in minor units; tiers count from 1; a budget line is a dotted path. */
export type CampaignChange = { readonly campaignId: string } & (
  | { readonly kind: 'pause' | 'resume'; readonly offerId?: string | undefined }
  | { readonly kind: 'close' }
  | {
      readonly kind: 'add_quota';
      readonly offerId: string;
      readonly tier?: number | undefined;
      /** The tier by the name its quota is counted under: set when the order is obeyed. */
      readonly part?: string | undefined;
      readonly by: number;
    }
  /** `from` names the line that gives it (the reserve, say); without it every line above grows too. */
  | {
      readonly kind: 'add_budget';
      readonly line: string;
      readonly by: number;
      readonly from?: string | undefined;
    }
  | {
      readonly kind: 'restrict_instrument' | 'allow_instrument';
      readonly offerId?: string | undefined;
      readonly instrument: string;
    }
  | { readonly kind: 'merchant_list'; readonly list: string; readonly merchants: readonly string[] }
);

/**
 * Whether a change takes from customers what the published terms promise them; every other favours them.
 * @param merchants those of the list that it names, as they stand.
 */
export function tightens(change: CampaignChange, merchants: readonly string[]): boolean {
  switch (change.kind) {
    case 'pause':
    case 'close':
    case 'restrict_instrument':
      return true;
    case 'merchant_list': {
      const left = new Set(change.merchants);
      return merchants.some((merchant) => !left.has(merchant));
    }
    default:
      return false;
  }
}

/** A person's word on a reward that waits. Its campaign stands in the grant: the order names only that. */
export interface GrantJudgement {
  readonly campaignId: '';
  readonly kind: 'approve' | 'reject';
  readonly grantId: string;
}

/** What was ordered, with who ordered it, when and why: one row of record each. */
export interface AuditedAction<Ordered = CampaignChange | GrantJudgement> {
  /** The command's id: a replay of the command is the same action. */
  readonly id: string;
  readonly change: Ordered;
  readonly actor: string;
  readonly reason: string;
  readonly issuedAtMs: number;
}
export type CampaignAction = AuditedAction<CampaignChange>;

const NO_INSTRUMENTS: ReadonlySet<string> = new Set();

/** The sum of all changes so far, in the order in which they were obeyed. */
export class Adjustments {
  readonly #obeyed = new Set<string>();
  readonly #closed = new Set<string>();
  readonly #paused = new Set<string>();
  readonly #quotas = new Map<string, number>();
  readonly #budgets = new Map<string, number>();
  readonly #restricted = new Map<string, Set<string>>();
  readonly #lists = new Map<string, readonly string[]>();

  /** @returns false when the action was obeyed before. */
  apply({ id, change }: CampaignAction): boolean {
    if (this.#obeyed.has(id)) return false;
    this.#obeyed.add(id);
    const { campaignId } = change;
    switch (change.kind) {
      case 'pause':
        this.#paused.add(keyOf(campaignId, change.offerId));
        break;
      case 'resume':
        this.#paused.delete(keyOf(campaignId, change.offerId));
        break;
      case 'close':
        this.#closed.add(campaignId);
        break;
      case 'add_quota':
        add(this.#quotas, keyOf(campaignId, change.offerId, change.part), change.by);
        break;
      case 'add_budget':
        for (const line of lineage(change.line)) {
          add(this.#budgets, keyOf(campaignId, line), change.by);
        }
        for (const line of change.from === undefined ? [] : lineage(change.from)) {
          add(this.#budgets, keyOf(campaignId, line), -change.by);
        }
        break;
      case 'restrict_instrument': {
        const key = keyOf(campaignId, change.offerId);
        const instruments = this.#restricted.get(key) ?? new Set();
        this.#restricted.set(key, instruments.add(change.instrument));
        break;
      }
      case 'allow_instrument':
        this.#restricted.get(keyOf(campaignId, change.offerId))?.delete(change.instrument);
        break;
      case 'merchant_list':
        this.#lists.set(keyOf(campaignId, change.list), change.merchants);
        break;
    }
    return true;
  }

  /** Whether the action was obeyed before. */
  has(actionId: string): boolean {
    return this.#obeyed.has(actionId);
  }

  isClosed(campaignId: string): boolean {
    return this.#closed.has(campaignId);
  }

  /** Whether the offer, or its whole campaign, is paused. */
  isPaused(campaignId: string, offerId?: string): boolean {
    return this.#paused.has(keyOf(campaignId)) || this.#paused.has(keyOf(campaignId, offerId));
  }

  /** What was added to an offer's quota, or to that of one of its tiers. */
  addedQuota(campaignId: string, offerId: string, part?: string): number {
    return this.#quotas.get(keyOf(campaignId, offerId, part)) ?? 0;
  }

  /** What was added to a budget line, by its dotted path; negative for a line that gave. */
  addedBudget(campaignId: string, line: string): number {
    return this.#budgets.get(keyOf(campaignId, line)) ?? 0;
  }

  /** Instruments that no longer take part in the offer. */
  restrictedInstruments(campaignId: string, offerId: string): ReadonlySet<string> {
    const everywhere = this.#restricted.get(keyOf(campaignId));
    const here = this.#restricted.get(keyOf(campaignId, offerId));
    if (everywhere === undefined) return here ?? NO_INSTRUMENTS;
    return here === undefined ? everywhere : new Set([...everywhere, ...here]);
  }

  /** The list that took a configured one's place; undefined: none did. */
  merchantList(campaignId: string, list: string): readonly string[] | undefined {
    return this.#lists.get(keyOf(campaignId, list));
  }
}

/** Names of campaigns, offers, lines and lists hold no spaces. */
function keyOf(campaignId: string, ...parts: readonly (string | undefined)[]): string {
  return [campaignId, ...parts].filter((part) => part !== undefined).join(' ');
}

function add(sums: Map<string, number>, key: string, by: number): void {
  sums.set(key, (sums.get(key) ?? 0) + by);
}

/** A line and every line above it: `total.reward.spend` → total, total.reward, total.reward.spend. */
export function lineage(path: string): readonly string[] {
  const parts = path.split('.');
  return parts.map((_part, index) => parts.slice(0, index + 1).join('.'));
}
