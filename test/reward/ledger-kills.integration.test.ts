import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { seededRandom, type Random } from '../../pipeline/clock.ts';
import type { JournalEntry } from '../../pipeline/reward/journal.ts';
import { Ledger } from '../../pipeline/reward/ledger.ts';
import type { LedgerOp } from '../../pipeline/reward/ledger-op.ts';
import { rebuild } from '../../pipeline/reward/rebuild.ts';
import { startTestRedis, type TestRedis } from '../support/redis.ts';
import {
  checkIntercepted,
  checkStanding,
  foldJournal,
  hasOneGrantAKey,
  keepsWhatIsWritten,
  saysByWhichRules,
  staysWithin,
  staysWithinParents,
  sumsToZero,
  takesBackNoMoreThanGiven,
  waitsInTime,
} from './ledger-invariants.ts';
import { Table, wholeState } from './ledger-state.ts';
import { LIMITS, story } from './ledger-story.ts';
import type { Group } from './ledger-writer.ts';

/** One story a database. */
const STORIES = 14;
const WRITERS = 4;
const WRITER_KILLS = 2;
const SERVER_KILLS = 4;
const GROUP = 6;

/** What an operation is about, so that what comes after it stays after it. */
function subjectOf(op: LedgerOp): string {
  return /(?:%002f|\/)(\d+)/.exec(JSON.stringify(op))?.[1] ?? '';
}

/** Another order of the same operations: those about one payment keep theirs. */
function shuffled(list: readonly LedgerOp[], random: Random): LedgerOp[] {
  const subjects = [...new Set(list.map(subjectOf))];
  const left = subjects.map((subject) => list.filter((op) => subjectOf(op) === subject));
  return list.map(() => {
    const open = left.filter((ops) => ops.length > 0);
    return open[Math.floor(random() * open.length)]!.shift()!;
  });
}

function groupsOf(list: readonly LedgerOp[], database: number): Group[] {
  const starts = list.map((_op, index) => index).filter((index) => index % GROUP === 0);
  return starts.map((from) => [database, list.slice(from, from + GROUP)]);
}

/** Each operation goes to two writers, each of which has an order of its own. */
function dealt(stories: readonly (readonly LedgerOp[])[], random: Random): Group[][] {
  return Array.from({ length: WRITERS }, (_, writer) =>
    stories.flatMap((list, database) => {
      const mine = list.filter((op) => {
        const first = Number(subjectOf(op)) % WRITERS;
        return writer === first || writer === (first + 1) % WRITERS;
      });
      return groupsOf(shuffled(mine, random), database);
    }),
  );
}

interface Run {
  readonly server: TestRedis;
  /** Rewards that a writer was told of, with their database. */
  readonly acknowledged: Set<string>;
  readonly killed: (NodeJS.Signals | null)[];
  away: number;
  /** Called for each group that is acknowledged. */
  readonly progress: () => void;
}

/** The group at which a writer is gone, and how many turns of its event loop after it was sent. */
type Kill = readonly [group: number, turns: number];

/** Applies a writer's groups in a process that is killed while it writes, and begins anew each time. */
async function write(run: Run, file: string, kills: readonly Kill[]): Promise<void> {
  const script = join(import.meta.dirname, 'ledger-writer.ts');
  for (const kill of [...kills, undefined]) {
    const args = ['--import', 'tsx', script, run.server.address, file];
    args.push(...(kill ?? []).map(String));
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    createInterface(child.stdout).on('line', (line) => {
      if (line === 'away') {
        run.away++;
        return;
      }
      for (const id of JSON.parse(line) as string[]) run.acknowledged.add(id);
      run.progress();
    });
    const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
    if (kill === undefined) expect(code).toBe(0);
    else run.killed.push(signal);
  }
}

describe.each([3, 8])('writers and server killed in the middle, seed %i', (seed) => {
  const random = seededRandom(seed);
  const stories = fc.sample(story, { numRuns: STORIES, seed });
  let server: TestRedis;
  let folder: string;
  let run: Run;
  let ledgers: readonly Ledger[];
  let journals: readonly (readonly JournalEntry[])[];

  beforeAll(async () => {
    server = await startTestRedis({ durable: true });
    folder = await mkdtemp(join(tmpdir(), 'sheepdog-writers-'));
    const shares = dealt(stories, random);
    const total = shares.reduce((sum, groups) => sum + groups.length, 0);
    let reached = 0;
    let restarts = Promise.resolve();
    const progress = (): void => {
      const before = Math.floor((reached * (SERVER_KILLS + 1)) / total);
      const now = Math.floor((++reached * (SERVER_KILLS + 1)) / total);
      if (now === before || now > SERVER_KILLS) return;
      restarts = restarts.then(() => server.kill()).then(() => server.start());
    };
    run = { server, acknowledged: new Set(), killed: [], away: 0, progress };
    await Promise.all(
      shares.map(async (groups, writer) => {
        const file = join(folder, `${writer}.json`);
        await writeFile(file, JSON.stringify(groups));
        const below = (limit: number): number => Math.floor(random() * limit);
        const kills = Array.from({ length: WRITER_KILLS }, (): Kill => [
          below(groups.length),
          below(4),
        ]);
        await write(run, file, kills);
      }),
    );
    await restarts;
    ledgers = await Promise.all(
      stories.map(async (_list, database) => {
        const redis = server.connect();
        await redis.select(database);
        return new Ledger(redis);
      }),
    );
    journals = await Promise.all(ledgers.map((ledger) => ledger.drain(0, 100_000)));
  });
  afterAll(async () => {
    await server.close();
    await rm(folder, { recursive: true, force: true });
  });

  test('each writer was killed in the middle of a group, and the server under them', () => {
    expect(run.killed).toEqual(Array(WRITERS * WRITER_KILLS).fill('SIGKILL'));
    expect(run.away).toBeGreaterThan(0);
    expect(journals.flat().length).toBeGreaterThan(300);
  });

  test('no acknowledged reward is lost', () => {
    const kept = journals.flatMap((journal, n) => journal.map(({ grant }) => `${n} ${grant.id}`));
    expect(run.acknowledged.size).toBeGreaterThan(50);
    expect([...run.acknowledged].filter((id) => !kept.includes(id))).toEqual([]);
  });

  test.each([
    ['I1 posted and pending stay within every limit', staysWithin(LIMITS)],
    ['I2 entries sum to zero', sumsToZero],
    ['I3 a key has one grant', hasOneGrantAKey],
    ['I4 no more is taken back than was given', takesBackNoMoreThanGiven],
    ['I7 the lines below have no more than the line above', staysWithinParents],
    ['I8 a grant says by which rules, and for which decision', saysByWhichRules],
  ])('%s, after every entry', (_name, claim) => {
    for (const journal of journals) foldJournal(journal, [claim]);
  });

  test('I2 the balances are what the entries add up to', async () => {
    for (const [n, ledger] of ledgers.entries()) {
      await keepsWhatIsWritten(ledger, foldJournal(journals[n]!));
    }
  });

  test('I6 nothing waits beyond its time', async () => {
    for (const [n, ledger] of ledgers.entries()) {
      await waitsInTime(ledger, foldJournal(journals[n]!));
    }
  });

  test('I9 what was intercepted or found to be abuse has nothing, and the accounts say what the grants say', () => {
    for (const [n, journal] of journals.entries()) {
      const outcome = foldJournal(journal);
      checkIntercepted(stories[n]!, outcome);
      checkStanding(outcome);
    }
  });

  test('I5 all of it once more, shuffled and twice, changes nothing; neither does a rebuild from the journal', async () => {
    for (const [n, ledger] of ledgers.entries()) {
      const before = await wholeState(ledger);
      const again = [...stories[n]!, ...stories[n]!];
      for (const [, list] of groupsOf(shuffled(again, random), n)) await ledger.apply(list);
      expect(await wholeState(ledger)).toEqual(before);
      const table = new Table();
      await table.drain(ledger, 100_000);
      await rebuild(ledger, table);
      // How far time has come is no entry: the next batch tells it again.
      await ledger.apply(stories[n]!.filter(({ kind }) => kind === 'advance'));
      expect(await wholeState(ledger)).toEqual(before);
    }
  });
});
