import { describe, expect, it } from 'vitest';
import type { Clock } from '../../pipeline/clock.ts';
import { fixedClock } from '../../pipeline/clock.ts';
import type { LedgerOp } from '../../pipeline/reward/ledger-op.ts';
import { Settlement, type Consequences, type SettlementParts } from '../../pipeline/settlement.ts';
import { Metrics, silentLogger } from '../../pipeline/telemetry.ts';

class Away extends Error {}

function opOf(id: string): LedgerOp {
  return {
    kind: 'settle',
    ...{ id, eventId: id, to: 'posted', reason: 'released', occurredAtMs: 0 },
  };
}

/** A settlement over a ledger that notes what it is given. */
function settlementOver(parts: Partial<SettlementParts> = {}): {
  readonly settlement: Settlement;
  readonly log: string[];
  readonly failures: unknown[];
  /** Adds one batch with an operation for each id; its settling is logged under its name. */
  readonly add: (name: string, ...ids: string[]) => void;
} {
  const log: string[] = [];
  const failures: unknown[] = [];
  const settlement = new Settlement({
    reward: (ops) => {
      log.push(`reward ${ops.map((op) => (op as { id: string }).id).join(' ')}`);
      return Promise.resolve(ops.map(() => []));
    },
    act: (actions) => {
      log.push(`act ${actions.length}`);
      return Promise.resolve();
    },
    rescore: (causes) => {
      log.push(`rescore ${causes.map(({ id }) => id).join(' ')}`);
      return Promise.resolve();
    },
    refuse: (letters) => {
      log.push(`refuse ${letters.length}`);
      return Promise.resolve();
    },
    isTransient: (error) => error instanceof Away,
    clock: fixedClock(0),
    log: silentLogger(),
    metrics: new Metrics(),
    maxWaiting: 10,
    fail: (error) => failures.push(error),
    ...parts,
  });
  return {
    settlement,
    log,
    failures,
    add: (name, ...ids) => settlement.add(batch(ids, () => log.push(`settled ${name}`))),
  };
}

function batch(ids: readonly string[], settled: Consequences['settled']): Consequences {
  return { ops: ids.map(opOf), actions: [], letters: [], settled };
}

/** Lets everything that is ready run. */
async function turn(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

/** Sleeps end only when told, or when their signal aborts. */
function heldClock(): Clock & { readonly sleeping: (() => void)[] } {
  const sleeping: (() => void)[] = [];
  return {
    ...fixedClock(0),
    sleeping,
    sleep: (_, signal) =>
      new Promise((resolve) => {
        sleeping.push(resolve);
        signal?.addEventListener('abort', () => resolve());
      }),
  };
}

describe('a settlement', () => {
  it('applies the operations of all batches in their order and tells each batch its own grants', async () => {
    const told: unknown[] = [];
    const { settlement } = settlementOver({
      reward: (ops) =>
        Promise.resolve(ops.map((op) => [{ id: (op as { id: string }).id } as never])),
    });
    // The first one is on its way at once; the others go together.
    settlement.add(batch(['z'], () => undefined));
    settlement.add(batch(['a', 'b'], (grants) => told.push(grants.flat())));
    settlement.add(batch([], (grants) => told.push(grants)));
    settlement.add(batch(['c'], (grants) => told.push(grants.flat())));
    await settlement.idle();
    expect(told).toEqual([[{ id: 'a' }, { id: 'b' }], [], [{ id: 'c' }]]);
  });

  // However many steps after the last batch has settled, while the run that settled it comes to its end.
  it.each(Array.from({ length: 12 }, (_, index) => index + 1))(
    'leaves no batch behind that is added as a run ends: %i steps after',
    async (steps) => {
      const { settlement, log, add } = settlementOver();
      settlement.add(
        batch([], () => {
          let left = steps;
          const step = (): void => {
            if (left-- === 0) add('late', 'a');
            else queueMicrotask(step);
          };
          step();
        }),
      );
      await turn();
      expect(log).toEqual(['reward a', 'settled late']);
    },
  );

  it('queues what is to be looked at again after the rewards it follows, and before it seals', async () => {
    const { settlement, log } = settlementOver();
    settlement.add({
      ...batch(['a'], () => log.push('settled')),
      causes: [{ id: 'freeze_dec_1' } as never],
    });
    await settlement.idle();
    expect(log).toEqual(['reward a', 'rescore freeze_dec_1', 'settled']);
  });

  it('rewards, acts and refuses before it seals, batch after batch', async () => {
    const { settlement, log, add } = settlementOver();
    add('first', 'a');
    const action = { actions: [{} as never], letters: [{} as never] };
    settlement.add({ ...batch([], () => log.push('settled second')), ...action });
    await settlement.idle();
    expect(log).toEqual(['reward a', 'settled first', 'act 1', 'refuse 1', 'settled second']);
  });

  it('tries the same operations again in their order while the ledger is away, and says so', async () => {
    const clock = heldClock();
    let away = true;
    const tried: string[] = [];
    const { settlement, log, add, failures } = settlementOver({
      clock,
      reward: (ops) => {
        tried.push(ops.map((op) => (op as { id: string }).id).join(' '));
        return away ? Promise.reject(new Away('gone')) : Promise.resolve(ops.map(() => []));
      },
    });
    add('first', 'a', 'b');
    await turn();
    add('second', 'c');
    expect(settlement.obstacle).toBe('the reward ledger is away: gone');
    expect(log).toEqual([]);
    away = false;
    clock.sleeping.shift()!();
    await settlement.idle();
    expect(tried).toEqual(['a b', 'a b', 'c']);
    expect(log).toEqual(['settled first', 'settled second']);
    expect(settlement.obstacle).toBeUndefined();
    expect(failures).toEqual([]);
  });

  it('has room up to its bound and again once what waited has settled', async () => {
    const clock = heldClock();
    let away = true;
    const { settlement, add } = settlementOver({
      clock,
      reward: (ops) =>
        away ? Promise.reject(new Away('gone')) : Promise.resolve(ops.map(() => [])),
    });
    // A batch of n operations takes n + 1 places of 10.
    add('first', 'a', 'b', 'c', 'd');
    await settlement.room();
    add('second', 'e', 'f', 'g', 'h');
    let free = false;
    const room = settlement.room().then(() => (free = true));
    await turn();
    expect(free).toBe(false);
    away = false;
    clock.sleeping.shift()!();
    await room;
    expect(free).toBe(true);
  });

  it('counts batches without operations too, so that nothing waits without a bound', async () => {
    const { settlement, add } = settlementOver({
      clock: heldClock(),
      reward: () => Promise.reject(new Away('gone')),
    });
    add('first', 'a');
    for (let i = 0; i < 8; i++) add(`empty ${i}`);
    let free = false;
    void settlement.room().then(() => (free = true));
    await turn();
    expect(free).toBe(false);
  });

  it('gives up what waits when it is stopped while a part is away, without sealing it', async () => {
    const { settlement, log, add, failures } = settlementOver({
      clock: heldClock(),
      reward: () => Promise.reject(new Away('gone')),
    });
    add('first', 'a');
    await turn();
    settlement.stop();
    await settlement.idle();
    expect(log).toEqual([]);
    expect(failures).toEqual([]);
  });

  it('finishes what waits when it is stopped while every part is there', async () => {
    const { settlement, log, add } = settlementOver();
    add('first', 'a');
    settlement.stop();
    await settlement.idle();
    expect(log).toEqual(['reward a', 'settled first']);
  });

  it('ends with a defect: it is told once, nobody waits for room for ever, nothing more is tried', async () => {
    const defect = new Error('a damaged record');
    let calls = 0;
    const { settlement, log, add, failures } = settlementOver({
      maxWaiting: 1,
      reward: () => {
        calls++;
        return Promise.reject(defect);
      },
    });
    add('first', 'a');
    await expect(settlement.room()).rejects.toBe(defect);
    add('second', 'b');
    await settlement.idle();
    await expect(settlement.room()).rejects.toBe(defect);
    expect(failures).toEqual([defect]);
    expect(calls).toBe(1);
    expect(log).toEqual([]);
  });
});
