/** The live summary of `start`: a block that redraws on a terminal, one line now and then elsewhere. */

import type { Clock } from '../clock.ts';
import type { LedgerBalance } from '../record/tables/ledger-balances.ts';
import type { Tally } from '../tally.ts';
import { piecesOf, visible } from './terminal-text.ts';

export interface SummaryState {
  readonly tally: Tally;
  /** Accounts frozen now. */
  readonly frozen: number;
  /** Posted less clawed back over all campaigns, in minor units. */
  readonly costMinor: number;
  /** Records waiting at the sources, undefined where none can tell. */
  readonly lag: number | undefined;
  /** As `quotasLeft` gives them. */
  readonly quotaLeft: readonly { readonly offer: string; readonly left: number }[];
  /** Decisions' rewards and actions that have not taken effect, and entries of the ledger that are not on record. */
  readonly settling: number;
  readonly recording: number;
  /** Whether a file or a simulation still comes in, has come in whole and is being settled, or is told. */
  readonly input: 'none' | 'read' | 'ended' | 'told';
  /** What holds the path up, or undefined. */
  readonly obstacle: string | undefined;
}

export interface SummaryScreen {
  readonly isTerminal: boolean;
  readonly columns: number;
  write(text: string): void;
}

export interface Summary {
  /** Writes something else to the screen; the summary goes on below it. */
  tell(text: string): void;
  /** Draws a last time and stops. */
  stop(): void;
}

const QUOTA = 'quota/';
const REDRAW_MS = 500;
const LINE_EVERY_MS = 10_000;

/** Units left of each offer's quota: the one first of which the smallest share is left, and of equals the smaller. */
export function quotasLeft(
  balances: readonly Pick<LedgerBalance, 'account' | 'limit' | 'posted' | 'pending'>[],
): SummaryState['quotaLeft'] {
  return balances
    .flatMap(({ account, limit, posted, pending }) => {
      if (limit === undefined || !account.startsWith(QUOTA)) return [];
      const left = limit - posted - pending;
      return [{ offer: account.slice(QUOTA.length), left, share: left / Math.max(1, limit) }];
    })
    .sort((a, b) => a.share - b.share || a.left - b.left)
    .map(({ offer, left }) => ({ offer, left }));
}

/** Starts the summary. */
export function showSummary(
  read: () => SummaryState,
  screen: SummaryScreen,
  clock: Clock,
): Summary {
  const startedMs = clock.monotonic();
  let last = { atMs: startedMs, events: 0 };
  let drawnLines = 0;

  const draw = (): void => {
    const state = read();
    const nowMs = clock.monotonic();
    const seconds = (nowMs - last.atMs) / 1000;
    const rate = seconds > 0 ? (state.tally.events - last.events) / seconds : 0;
    last = { atMs: nowMs, events: state.tally.events };
    if (!screen.isTerminal) {
      screen.write(`${visible(line(state, rate))}\n`);
      return;
    }
    const lines = block(state, rate).map((text) => piecesOf(visible(text), screen.columns - 1)[0]!);
    // Up over the last drawing, each line cleared to its end before it is written again.
    const up = drawnLines === 0 ? '' : `\u001b[${drawnLines}A`;
    screen.write(up + lines.map((text) => `\u001b[2K${text}\n`).join(''));
    drawnLines = lines.length;
  };

  const stop = clock.every(screen.isTerminal ? REDRAW_MS : LINE_EVERY_MS, draw);
  return {
    tell: (text) => {
      // Over the last drawing, of which nothing is left: the next one stands below.
      screen.write(`${drawnLines === 0 ? '' : `\u001b[${drawnLines}A\u001b[J`}${text}`);
      drawnLines = 0;
    },
    stop: () => {
      stop();
      draw();
    },
  };
}

/** One line with everything that matters, for logs. */
export function line(state: SummaryState, eventsPerSecond: number): string {
  const { tally } = state;
  const parts = [
    `${count(tally.events)} events`,
    `${count(eventsPerSecond)}/s`,
    `allow ${count(tally.verdicts.allow)}`,
    `review ${count(tally.verdicts.review)}`,
    `block ${count(tally.verdicts.block)}`,
    `frozen now ${count(state.frozen)}`,
    `cost of rewards ${money(state.costMinor)}`,
    `kept from abusers ${money(tally.interceptedMinor)}`,
  ];
  const [top] = [...tally.detectors].sort((a, b) => b[1] - a[1]);
  if (top !== undefined) parts.push(`most findings ${top[0]} ${count(top[1])}`);
  const [scarcest] = state.quotaLeft;
  if (scarcest !== undefined) parts.push(`least left ${scarcest.offer} ${count(scarcest.left)}`);
  if (state.lag !== undefined) parts.push(`waiting ${count(state.lag)}`);
  if (tally.deadLetters > 0) parts.push(`dead letters ${count(tally.deadLetters)}`);
  if (isBehind(state)) parts.push(stateOf(state));
  return parts.join(' · ');
}

function block(state: SummaryState, eventsPerSecond: number): string[] {
  const { tally } = state;
  const top = [...tally.detectors].sort((a, b) => b[1] - a[1]).slice(0, 4);
  const quotas = state.quotaLeft.slice(0, 3);
  return [
    `events     ${count(tally.events)}   ${count(eventsPerSecond)}/s   repeats ${count(tally.duplicates)}   late ${count(tally.late)}   dead letters ${count(tally.deadLetters)}${state.lag === undefined ? '' : `   waiting ${count(state.lag)}`}`,
    `verdicts   allow ${count(tally.verdicts.allow)}   review ${count(tally.verdicts.review)}   block ${count(tally.verdicts.block)}`,
    `detectors  ${top.length === 0 ? 'quiet' : top.map(([name, hits]) => `${name} ${count(hits)}`).join('   ')}`,
    `freezes    ${count(tally.freezes)}   proposed ${count(tally.proposals)}   frozen now ${count(state.frozen)}`,
    `rewards    granted ${count(tally.grantsPosted)}   cost ${money(state.costMinor)}   held ${count(tally.grantsHeld)}   kept from abusers ${money(tally.interceptedMinor)}`,
    `quota left ${quotas.length === 0 ? 'no limited offer' : quotas.map(({ offer, left }) => `${offer} ${count(left)}`).join('   ')}`,
    `state      ${stateOf(state)}`,
  ];
}

function isBehind({ obstacle, settling, recording, input }: SummaryState): boolean {
  return obstacle !== undefined || (input === 'ended' && settling + recording > 0);
}

/** What goes on: decisions come first, their rewards after them, and the record last. */
function stateOf({ obstacle, settling, recording, input }: SummaryState): string {
  if (obstacle !== undefined) return obstacle;
  if (input === 'none') return 'running';
  if (input === 'told') return 'the input has ended; events by HTTP are still taken';
  const behind = [
    ...(settling === 0 ? [] : [`${count(settling)} rewards and actions to go`]),
    ...(recording === 0 ? [] : [`${count(recording)} ledger entries on their way to the record`]),
  ].join(', ');
  if (input === 'ended')
    return `the input has ended; settling: ${behind === '' ? 'the last rows' : behind}`;
  return behind === '' ? 'reading the input' : `reading the input; behind it ${behind}`;
}

function count(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

/** Minor units with two decimals, exact for every safe integer. */
export function money(minor: number): string {
  const sign = minor < 0 ? '-' : '';
  const abs = Math.abs(minor);
  const cents = String(abs % 100).padStart(2, '0');
  return `${sign}${Math.floor(abs / 100).toLocaleString('en-US')}.${cents}`;
}
