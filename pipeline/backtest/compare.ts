/** What another configuration would have decided differently, event by event, account by account and in money. */

import { ALLOW } from '../decide/policy.ts';
import type { Decision, Finding, Verdict } from '../decide/decision.ts';
import type { EventView } from '../event.ts';
import { AccountVerdicts } from './account-changes.ts';
import {
  byTruth,
  truthOf,
  type ChangedDecision,
  type ChangedFinding,
  type ChangeLine,
  type Comparison,
  type DetectorChanges,
} from './comparison.ts';

/** Changed decisions named one by one in the report; the counts hold all. */
const NAMED = 1000;
const NAMED_A_DETECTOR = 100;
/** Currencies that are told apart; senders write what they like. */
const MAX_CURRENCIES = 100;

type Counts = Omit<
  Comparison,
  'configVersion' | 'policy' | 'detectors' | 'campaigns' | 'rewards' | 'caveats'
>;

interface DetectorTally extends DetectorChanges {
  readonly newlyFlagged: ReturnType<typeof noCounts>;
  readonly noLongerFlagged: ReturnType<typeof noCounts>;
  otherBand: number;
  readonly events: ChangedFinding[];
}

export class Differences {
  readonly #changes = new Map<string, number>();
  readonly #decisions: ChangedDecision[] = [];
  readonly #accounts = new AccountVerdicts();
  readonly #detectors = new Map<string, DetectorTally>();
  readonly #payments = new Map<string, Map<string, ReturnType<typeof noAmounts>>>();
  readonly #lines: ChangeLine[] | undefined;
  /** Blocked by the first configuration alone. */
  readonly #unblocked = { events: 0, unlabelled: 0 };
  #changed = 0;
  #newlyCaught = 0;
  #newlyMissed = 0;
  #newlyFlaggedHonest = 0;
  #noLongerFlaggedHonest = 0;

  /** @param keepLines whether every change is wanted as a line. */
  constructor(keepLines: boolean) {
    this.#lines = keepLines ? [] : undefined;
  }

  add(event: EventView, fraud: boolean | undefined, base: Decision, other: Decision): void {
    // Most events are plain allows under both, which is one shared value.
    if (base === ALLOW && other === ALLOW) return;
    const from = base.verdict;
    const to = other.verdict;
    this.#accounts.add(event, fraud, from, to);
    const findings = differing(base.findings, other.findings);
    for (const [detector, found] of findings) this.#addFinding(event, fraud, detector, found);
    if (from !== to) this.#addVerdict(event, fraud, from, to);
    if (this.#lines === undefined || (from === to && findings.length === 0)) return;
    this.#lines.push(lineOf(event, fraud, base, other, findings));
  }

  /** The lines since the last call. */
  takeLines(): readonly ChangeLine[] {
    return this.#lines?.splice(0) ?? [];
  }

  counts(): Counts {
    return {
      changed: this.#changed,
      changes: Object.fromEntries([...this.#changes].sort()),
      newlyCaught: this.#newlyCaught,
      newlyMissed: this.#newlyMissed,
      newlyFlaggedHonest: this.#newlyFlaggedHonest,
      noLongerFlaggedHonest: this.#noLongerFlaggedHonest,
      accounts: this.#accounts.report(),
      payments: Object.fromEntries(
        [...this.#payments]
          .sort(byName)
          .map(([change, sums]) => [change, Object.fromEntries([...sums].sort(byName))]),
      ),
      detectorChanges: Object.fromEntries([...this.#detectors].sort(byName)),
      decisions: this.#decisions,
    };
  }

  /** What the labels cannot say. */
  caveats(): string[] {
    const { events, unlabelled } = this.#unblocked;
    if (events === 0) return [];
    return [
      `${events} events that the first configuration blocks would pass or go to review, ${unlabelled} of them without a label. ` +
        'Blocked traffic seldom gets a truth of its own: nobody charges back what was refused. What an allow rule or a higher ' +
        'threshold lets through cannot be judged on it; newlyMissed and the fraud in newlyGranted are lower bounds.',
    ];
  }

  #addVerdict(event: EventView, fraud: boolean | undefined, from: Verdict, to: Verdict): void {
    this.#changed++;
    const change = `${from} → ${to}`;
    this.#changes.set(change, (this.#changes.get(change) ?? 0) + 1);
    if (this.#decisions.length < NAMED) {
      this.#decisions.push({ ...named(event, fraud), from, to });
    }
    if (from === 'block') {
      this.#unblocked.events++;
      if (fraud === undefined) this.#unblocked.unlabelled++;
    }
    this.#addAmount(event, fraud, change);
    if (isFlag(from) === isFlag(to) || fraud === undefined) return;
    if (isFlag(to)) {
      if (fraud) this.#newlyCaught++;
      else this.#newlyFlaggedHonest++;
    } else if (fraud) this.#newlyMissed++;
    else this.#noLongerFlaggedHonest++;
  }

  #addAmount(event: EventView, fraud: boolean | undefined, change: string): void {
    const { type, amountMinor } = event;
    if (type !== 'payment' || amountMinor === undefined) return;
    const sums = this.#payments.get(change) ?? new Map<string, ReturnType<typeof noAmounts>>();
    this.#payments.set(change, sums);
    const own = event.currency ?? '';
    const currency = sums.has(own) || sums.size < MAX_CURRENCIES ? own : 'others';
    const sum = sums.get(currency) ?? noAmounts();
    sums.set(currency, sum);
    sum[truthOf(fraud)].events++;
    sum[truthOf(fraud)].minor += amountMinor;
  }

  #addFinding(
    event: EventView,
    fraud: boolean | undefined,
    detector: string,
    { from, to }: Change,
  ): void {
    const tally = this.#detectors.get(detector) ?? noChanges();
    this.#detectors.set(detector, tally);
    // A rule that failed on an event has said nothing about it, as in its rates.
    const [before, now] = [from, to].map((word) => word !== 'none' && !word.startsWith('error'));
    if (before === now) tally.otherBand++;
    else (now === true ? tally.newlyFlagged : tally.noLongerFlagged)[truthOf(fraud)]++;
    if (tally.events.length < NAMED_A_DETECTOR) {
      tally.events.push({ ...named(event, fraud), from, to });
    }
  }
}

interface Change {
  readonly from: string;
  readonly to: string;
}

/** Detectors that say something else, in the order of their names. */
function differing(
  base: readonly Finding[],
  other: readonly Finding[],
): (readonly [string, Change])[] {
  if (base === other) return [];
  const words = new Map<string, { from: string; to: string }>();
  for (const finding of base) words.set(finding.detector, { from: wordOf(finding), to: 'none' });
  for (const finding of other) {
    const known = words.get(finding.detector);
    if (known === undefined) words.set(finding.detector, { from: 'none', to: wordOf(finding) });
    else known.to = wordOf(finding);
  }
  return [...words].filter(([, { from, to }]) => from !== to).sort(byName);
}

function wordOf({ band, conclusive, mode }: Finding): string {
  const word = conclusive ? 'conclusive' : band;
  return mode === 'shadow' ? `${word} (shadow)` : word;
}

function named(
  { id, accountId }: EventView,
  fraud: boolean | undefined,
): Pick<ChangedDecision, 'eventId' | 'accountId' | 'fraud'> {
  return { eventId: id, accountId, fraud: fraud ?? null };
}

function lineOf(
  event: EventView,
  fraud: boolean | undefined,
  base: Decision,
  other: Decision,
  findings: readonly (readonly [string, Change])[],
): ChangeLine {
  const { type, occurredAtMs, amountMinor, currency } = event;
  return {
    ...named(event, fraud),
    from: base.verdict,
    to: other.verdict,
    type,
    occurredAt: new Date(occurredAtMs).toISOString(),
    ...(amountMinor !== undefined && { amountMinor }),
    ...(currency !== undefined && { currency }),
    reasonsFrom: base.reasons,
    reasonsTo: other.reasons,
    detectors: Object.fromEntries(
      findings.map(([name, { from, to }]) => [name, `${from} → ${to}`]),
    ),
  };
}

function noCounts() {
  return byTruth(() => 0);
}

function noChanges(): DetectorTally {
  return { newlyFlagged: noCounts(), noLongerFlagged: noCounts(), otherBand: 0, events: [] };
}

function noAmounts() {
  return byTruth(() => ({ events: 0, minor: 0 }));
}

function isFlag(verdict: Verdict): boolean {
  return verdict !== 'allow';
}

function byName([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : 1;
}
