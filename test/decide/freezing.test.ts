import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AccountAction } from '../../pipeline/decide/account-action.ts';
import { actionOf, FreezeState } from '../../pipeline/decide/freezing.ts';

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

const said = { actor: 'li.wei', reason: 'because', issuedAtMs: 5000 } as const;
const MORE = ['appeal', 'uphold', 'clear', 'dismiss', 'switch', 'request', 'lapse'] as const;
const QUIET = { automatic: false, perHour: 0, expiresAfterMs: undefined } as const;

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
          for (const [index, at] of times.entries()) {
            const [action] = state.onBlock(`a${index}`, `dec_${index}`, 'x', at);
            if (action?.kind === 'freeze') frozenAt.push(at);
          }
          for (const end of frozenAt) {
            const within = frozenAt.filter((at) => at > end - HOUR && at <= end);
            expect(within.length).toBeLessThanOrEqual(perHour);
          }
          if (perHour === 0) expect(frozenAt).toEqual([]);
          if (times.length > 0 && perHour > 0) expect(frozenAt.length).toBeGreaterThan(0);
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

  it('proposes instead of freezing while people have stopped it, and softens what it froze', () => {
    const state = new FreezeState({ automatic: true, perHour: 9, expiresAfterMs: undefined });
    const turn = (name: 'freezing' | 'blocking', to: 'on' | 'off'): void => {
      const order = { ...said, id: `${name}-${to}`, kind: 'switch', name, to } as const;
      state.take(actionOf(order, 'switch', { accountId: '', detail: `${name} ${to}` }));
    };
    state.onBlock('a', 'dec_1', 'x', 0);
    turn('freezing', 'off');
    expect(state.onBlock('b', 'dec_2', 'x', 1)).toMatchObject([{ kind: 'propose' }]);
    expect(state.standingAt('a', 2)).toBe('frozen');
    turn('freezing', 'on');
    turn('blocking', 'off');
    expect(state.onBlock('c', 'dec_3', 'x', 3)).toMatchObject([{ kind: 'propose' }]);
    expect(state.standingAt('a', 4)).toBe('blocking_off');
    state.onCommand(command('freeze', 'd'));
    expect(state.standingAt('d', 6000)).toBe('frozen');
    turn('blocking', 'on');
    expect(state.onBlock('e', 'dec_5', 'x', 5)).toMatchObject([{ kind: 'freeze' }]);
  });

  it('opens a review by an appeal, during which it stands or softens as is set, and ends it by an outcome', () => {
    for (const duringAppeal of ['stands', 'review'] as const) {
      const state = new FreezeState({ ...QUIET, duringAppeal });
      state.onCommand(command('freeze', 'a'));
      const appeal = { ...said, id: '8-0', kind: 'appeal', accountId: 'a' } as const;
      const { actionId: answers } = state.get('a')!;
      state.take(actionOf(appeal, 'appeal', { accountId: 'a', answers }));
      expect(state.standingAt('a', 9000)).toBe(
        duringAppeal === 'stands' ? 'frozen' : 'appeal_open',
      );
      expect(state.cases.open).toEqual({ freeze: 0, order: 0, appeal: 1 });
      const outcome = {
        ...said,
        id: '9-0',
        kind: 'review',
        accountId: 'a',
        outcome: 'cleared',
      } as const;
      state.take(actionOf(outcome, 'uphold', { accountId: 'a', expiresAtMs: 10_000 }));
      expect(state.standingAt('a', 9999)).toBe('frozen');
      expect(state.standingAt('a', 10_000)).toBeUndefined();
      state.take(actionOf(outcome, 'clear', { accountId: 'a' }));
      expect([state.size, state.cases.open.appeal]).toEqual([0, 0]);
    }
  });

  it('keeps an appeal open when its freeze ends by itself, and lets it soften no later freeze', () => {
    const state = new FreezeState({
      ...QUIET,
      automatic: true,
      perHour: 9,
      duringAppeal: 'review',
    });
    state.configure({ ...state.settings, expiresAfterMs: HOUR });
    state.onBlock('a', 'dec_1', 'x', 0);
    const appeal = { ...said, id: '8-0', kind: 'appeal', accountId: 'a' } as const;
    state.take(actionOf(appeal, 'appeal', { accountId: 'a', answers: 'freeze_dec_1' }));
    expect(state.standingAt('a', 1)).toBe('appeal_open');
    expect(state.expire(HOUR)).toMatchObject([{ kind: 'expire' }]);
    expect(state.cases.appealOf('a')).toMatchObject({ id: 'appeal_8-0' });
    state.onBlock('a', 'dec_2', 'x', 2 * HOUR);
    expect(state.standingAt('a', 2 * HOUR + 1)).toBe('frozen');
  });

  it('lets an order lapse that found no second person, at its time and once', () => {
    const state = new FreezeState({ ...QUIET, requestsLapseAfterMs: 1000 });
    const request = state.request(command('freeze', 'a'), '{}');
    expect(request).toMatchObject({ kind: 'request', expiresAtMs: 6000 });
    expect(state.lapse(5999)).toEqual([]);
    expect(state.lapse(6000)).toMatchObject([{ kind: 'lapse', answers: request.id }]);
    expect(state.lapse(6001)).toEqual([]);
    expect(state.isFrozen('a', 6001)).toBe(false);
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
      what: fc.constantFrom(
        ...['block', 'block', 'block', 'freeze', 'unfreeze', 'expire'],
        ...MORE,
      ),
      gap: fc.integer({ min: 0, max: HOUR }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), fc.nat(40), (steps, cut) => {
        const duringAppeal = 'review' as const;
        const settings = { automatic: true, perHour: 2, expiresAfterMs: 2 * HOUR, duringAppeal };
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
            const order = { ...command('freeze', account), id: `${index}-0`, issuedAtMs: at };
            if (what === 'lapse') return state.lapse(at);
            if (what === 'request') return [state.request(order, '{}')];
            if (what === 'switch') {
              const detail = `freezing ${index % 2 === 0 ? 'off' : 'on'}`;
              return [state.take(actionOf(order, what, { accountId: '', detail }))];
            }
            if (what === 'appeal') {
              const { actionId = '' } = state.get(account) ?? {};
              return [state.take(actionOf(order, what, { accountId: account, answers: actionId }))];
            }
            if (what === 'uphold' || what === 'clear' || what === 'dismiss') {
              return [state.take(actionOf(order, what, { accountId: account }))];
            }
            return [state.onCommand({ ...order, kind: what as 'freeze' | 'unfreeze' })];
          };
          const actions = run(undisturbed);
          history.push(...actions.filter((action) => action !== undefined));
          if (restored === undefined) continue;
          expect(run(restored)).toEqual(actions);
          expect([...restored.cases.all()]).toEqual([...undisturbed.cases.all()]);
          expect(restored.standingAt(account, at)).toBe(undisturbed.standingAt(account, at));
        }
        expect(undisturbed.size).toBeLessThanOrEqual(4);
      }),
    );
  });
});
