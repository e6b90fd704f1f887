import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AccountAction } from '../../pipeline/decide/account-action.ts';
import { FreezeState } from '../../pipeline/decide/freezing.ts';

const HOUR = 3_600_000;
const command = (kind: 'freeze' | 'unfreeze', accountId: string) =>
  ({
    id: '7-0',
    kind,
    accountId,
    actor: 'li.wei',
    reason: 'seen in a ring',
    issuedAtMs: 5000,
  }) as const;

describe('the freeze lifecycle', () => {
  it('freezes at the block, meets the next event, and does not freeze twice', () => {
    const state = new FreezeState({ automatic: true, perHour: 10, expiresAfterMs: undefined });
    const [action] = state.onBlock('a', 'dec_1', 'same-device', 1000);
    expect(action).toMatchObject({ id: 'freeze_dec_1', kind: 'freeze', actor: 'policy' });
    expect(state.isFrozen('a', 1000)).toBe(true);
    expect(state.onBlock('a', 'dec_2', 'same-device', 2000)).toEqual([]);
  });

  it('turns freezes above the cap of any hour of event time into one proposal an account', () => {
    const state = new FreezeState({ automatic: true, perHour: 2, expiresAfterMs: undefined });
    const kinds = [0, 1, 2, HOUR, HOUR + 1].map(
      (at, index) => state.onBlock(`a${index}`, `dec_${index}`, 'x', at)[0]?.kind,
    );
    // The freeze at 0 has left the hour ending at HOUR; the one at 1 leaves it a millisecond later.
    expect(kinds).toEqual(['freeze', 'freeze', 'propose', 'freeze', 'freeze']);
    expect(state.onBlock('a2', 'dec_9', 'x', 3)).toEqual([]);
  });

  it('never exceeds the cap in any hour, whatever the order of event times', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 5 * HOUR }), { maxLength: 60 }),
        fc.integer({ min: 0, max: 5 }),
        (times, perHour) => {
          const state = new FreezeState({ automatic: true, perHour, expiresAfterMs: undefined });
          const frozenAt: number[] = [];
          const sorted = [...times].sort((a, b) => a - b);
          for (const [index, at] of sorted.entries()) {
            const [action] = state.onBlock(`a${index}`, `dec_${index}`, 'x', at);
            if (action?.kind === 'freeze') frozenAt.push(at);
          }
          for (const end of frozenAt) {
            const within = frozenAt.filter((at) => at > end - HOUR && at <= end);
            expect(within.length).toBeLessThanOrEqual(perHour);
          }
          if (perHour === 0) expect(frozenAt).toEqual([]);
        },
      ),
    );
  });

  it('ends a freeze at its exact end, by the watermark, as an action of its own', () => {
    const state = new FreezeState({ automatic: true, perHour: 10, expiresAfterMs: HOUR });
    state.onBlock('a', 'dec_1', 'x', 0);
    expect(state.isFrozen('a', HOUR - 1)).toBe(true);
    expect(state.isFrozen('a', HOUR)).toBe(false);
    expect(state.expire(HOUR - 1)).toEqual([]);
    expect(state.expire(HOUR)).toMatchObject([
      { kind: 'expire', accountId: 'a', occurredAtMs: HOUR },
    ]);
    expect(state.size).toBe(0);
  });

  it('ends a freeze that is over before the account is frozen again, wherever the batch was cut', () => {
    const state = new FreezeState({ automatic: true, perHour: 10, expiresAfterMs: HOUR });
    state.onBlock('a', 'dec_1', 'x', 0);
    expect(state.onBlock('a', 'dec_2', 'x', HOUR)).toMatchObject([
      { id: 'expire_freeze_dec_1', kind: 'expire', occurredAtMs: HOUR },
      { id: 'freeze_dec_2', kind: 'freeze' },
    ]);
    expect(state.expire(HOUR)).toEqual([]);
  });

  it('keeps every order of an analyst, which outlasts an automatic freeze', () => {
    const state = new FreezeState({ automatic: true, perHour: 1, expiresAfterMs: HOUR });
    state.onBlock('a', 'dec_1', 'x', 0);
    expect(state.onCommand(command('freeze', 'a'))).toMatchObject({
      kind: 'freeze',
      actor: 'li.wei',
    });
    expect(state.expire(2 * HOUR)).toEqual([]);
    expect(state.isFrozen('a', 2 * HOUR)).toBe(true);
    expect(state.onCommand(command('unfreeze', 'a'))).toMatchObject({ kind: 'unfreeze' });
    expect(state.isFrozen('a', 2 * HOUR)).toBe(false);
  });

  it('lets an analyst dismiss a proposal, so that the account can be proposed again', () => {
    const state = new FreezeState({ automatic: false, perHour: 0, expiresAfterMs: undefined });
    expect(state.onBlock('a', 'dec_1', 'x', 0)).toMatchObject([{ kind: 'propose' }]);
    expect(state.onBlock('a', 'dec_2', 'x', 1)).toEqual([]);
    expect(state.onCommand(command('unfreeze', 'a'))).toMatchObject({ kind: 'unfreeze' });
    expect(state.onBlock('a', 'dec_3', 'x', 2)).toMatchObject([{ kind: 'propose' }]);
  });

  it('says a quick no only for accounts that are not frozen', () => {
    const state = new FreezeState({ automatic: true, perHour: 100, expiresAfterMs: undefined });
    const bytes = Buffer.from('"阿明"');
    state.onBlock('阿明', 'dec_1', 'x', 0);
    expect(state.mayBeFrozen(bytes, 1, bytes.length - 1)).toBe(true);
    state.onCommand(command('unfreeze', '阿明'));
    expect(state.mayBeFrozen(bytes, 1, bytes.length - 1)).toBe(false);
  });

  it('is the same after its actions are applied to a fresh state, at every point of history', () => {
    const step = fc.record({
      account: fc.constantFrom('a', 'b', 'c', 'd'),
      what: fc.constantFrom('block', 'block', 'block', 'freeze', 'unfreeze', 'expire'),
      gap: fc.integer({ min: 0, max: HOUR }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), fc.nat(40), (steps, cut) => {
        const settings = { automatic: true, perHour: 2, expiresAfterMs: 2 * HOUR };
        const undisturbed = new FreezeState(settings);
        const history: AccountAction[] = [];
        let restored: FreezeState | undefined;
        let at = 0;
        for (const [index, { account, what, gap }] of steps.entries()) {
          at += gap;
          if (index === cut) {
            restored = new FreezeState(settings);
            for (const action of history) restored.apply(action);
          }
          const run = (state: FreezeState): readonly (AccountAction | undefined)[] => {
            if (what === 'expire') return state.expire(at);
            if (what === 'block') return state.onBlock(account, `dec_${index}`, 'x', at);
            return [state.onCommand({ ...command(what, account), issuedAtMs: at })];
          };
          const actions = run(undisturbed);
          history.push(...actions.filter((action) => action !== undefined));
          if (restored !== undefined) expect(run(restored)).toEqual(actions);
        }
        expect(undisturbed.size).toBeLessThanOrEqual(4);
      }),
    );
  });
});
