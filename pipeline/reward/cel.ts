/**
 * The expressions of campaigns: CEL (https://github.com/google/cel-spec), compiled once, typed at load, and
 * pure: they read the event, what is known of the customer, and the campaign's own lists and parameters.
 * There is no clock, no I/O and no randomness in them; what would read the process's time zone or take
 * longer than its text is refused with the rest of the mistakes.
 */

import { Environment } from '@marcbachmann/cel-js';
import { nodesOf, problemFrom, refusedCall, type ExpressionProblem } from '../expression.ts';
import { CampaignFields, CustomerFields, EventFields, PeriodFields } from './cel-fields.ts';
import { Scope, Subject } from './cel-scope.ts';
import { LocalTime } from './local-time.ts';

/** What a campaign's file may name in `params`. */
export type ParamValue = number | string | readonly string[];

/** The names that an expression may use beside the fixed ones. */
export interface ExpressionNames {
  readonly params: Readonly<Record<string, ParamValue>>;
  /** Names of merchant lists, for `listed`. */
  readonly lists: readonly string[];
  /** Segments that may be read: of a segment, those declared before it. */
  readonly segments: readonly string[];
}

/** What an expression must come to. An attribute's own type is known only when it is read. */
export type Wanted = 'bool' | 'int';

/** An expression made ready. @throws when it cannot be answered: a missing attribute, say. */
export type CompiledExpression = (scope: Scope) => unknown;

const PERIOD = {
  payments: 'int',
  spend: 'int',
  firstLoginAt: 'int',
  lastPaymentBefore: 'int',
} as const;
const EVENT = {
  id: 'string',
  type: 'string',
  occurredAt: 'int',
  amount: 'int',
  currency: 'string',
  channel: 'string',
  category: 'string',
  merchantId: 'string',
  instrument: 'string',
  terms: 'int',
  city: 'string',
  accountId: 'string',
  customerId: 'string',
  attributes: 'map<string, dyn>',
} as const;
const CUSTOMER = {
  registeredAt: 'int',
  cardApprovedAt: 'int',
  cards: 'int',
  activatedAt: 'int',
  firstPaymentAt: 'int',
  lastPaymentAt: 'int',
  payments: 'int',
  spend: 'int',
  loginAt: 'int',
  invitedBy: 'string',
  birthday: 'string',
  tags: 'list<string>',
  profile: 'map<string, dyn>',
} as const;

/** Variables and functions that say what is known of the customer. */
const FACT_NAMES: ReadonlySet<string> = new Set([
  'customer',
  'inCampaign',
  'inPhase',
  'birthdayMonth',
  'hasTag',
]);

const REFUSED: Readonly<Record<string, string>> = {
  timestamp: 'depends on the time zone of the process: use withinDays, monthsBetween, month, hour',
  duration: 'has nothing to be added to: use withinDays or monthsBetween',
  matches: 'can take longer than its text: use startsWith, endsWith, contains or ==',
  bind: 'can take longer than its text: write out what it stands for',
};

const LIMITS = { maxAstNodes: 500, maxDepth: 50, maxListElements: 500 };
/** The expressions of one campaign, in the names of its scope. */
export class Language {
  readonly #environment: Environment;
  readonly #names: ExpressionNames;

  constructor(names: ExpressionNames, scope: Scope) {
    this.#names = names;
    this.#environment = environmentOf(names, scope);
    registerFunctions(this.#environment, scope);
  }

  /** @returns undefined when the expression is sound. */
  problemOf(source: string, wanted: Wanted): ExpressionProblem | undefined {
    try {
      const parsed = this.#environment.parse(source);
      const refused = refusedCall(parsed.ast, {
        refused: REFUSED,
        listArgument: 1,
        unnamedList: 'listed wants a list by its name',
        listProblem: (list) =>
          this.#names.lists.includes(list) ? undefined : `there is no list "${list}"`,
      });
      if (refused !== undefined) return refused;
      const { valid, type, error } = parsed.check();
      if (!valid) throw error ?? new Error('the expression has no type');
      if (type === wanted || type === 'dyn') return undefined;
      return { message: `comes to ${type ?? 'nothing'}, and must come to ${wanted}`, offset: 0 };
    } catch (error) {
      return problemFrom(error);
    }
  }

  /** @throws Error when the expression is not sound: `checkExpression` says so earlier, and where. */
  compile(source: string, wanted: Wanted = 'bool'): CompiledExpression {
    const problem = this.problemOf(source, wanted);
    if (problem !== undefined) throw new Error(`${source}: ${problem.message}`);
    const parsed = this.#environment.parse(source);
    // Only a checked expression is not checked again at every run.
    parsed.check();
    return (at) => parsed(at) as unknown;
  }
}

/**
 * What is wrong with an expression, before there is an event; undefined when nothing is.
 * @param names what the campaign declares.
 */
export function checkExpression(
  source: string,
  names: ExpressionNames,
  wanted: Wanted = 'bool',
): ExpressionProblem | undefined {
  const scope = new Scope(new Subject(), {
    campaignId: '',
    window: { from: 0, to: 0 },
    currency: '',
    local: new LocalTime('UTC'),
    params: names.params,
    lists: new Map(),
  });
  return new Language(names, scope).problemOf(source, wanted);
}

/** The names of what is known of the customer that an expression reads; none of one that cannot be parsed. */
export function factsRead(source: string): string[] {
  try {
    return [...nodesOf(new Environment().parse(source).ast)].flatMap((node) => {
      const name = node.op === 'id' ? node.args : node.op === 'call' ? node.args[0] : '';
      return FACT_NAMES.has(name) ? [name] : [];
    });
  } catch {
    return [];
  }
}

function environmentOf(names: ExpressionNames, scope: Scope): Environment {
  return new Environment({ limits: LIMITS })
    .registerType('Event', { ctor: EventFields, fields: { ...EVENT } })
    .registerType('Customer', { ctor: CustomerFields, fields: { ...CUSTOMER } })
    .registerType('Period', { ctor: PeriodFields, fields: { ...PERIOD } })
    .registerType('Campaign', { ctor: CampaignFields, fields: { from: 'int', to: 'int' } })
    .registerType('Params', {
      ctor: scope.params.constructor,
      fields: Object.fromEntries(
        Object.entries(names.params).map(([name, value]) => [name, typeOfParam(value)]),
      ),
    })
    .registerType('Segments', {
      ctor: scope.segment.constructor,
      fields: Object.fromEntries(names.segments.map((name) => [name, 'bool'])),
    })
    .registerVariable('event', 'Event')
    .registerVariable('attributes', 'map<string, dyn>')
    .registerVariable('customer', 'Customer')
    .registerVariable('inCampaign', 'Period')
    .registerVariable('inPhase', 'Period')
    .registerVariable('campaign', 'Campaign')
    .registerVariable('params', 'Params')
    .registerVariable('segment', 'Segments');
}

function typeOfParam(value: ParamValue): string {
  if (typeof value === 'string') return 'string';
  if (typeof value !== 'number') return 'list<string>';
  return Number.isSafeInteger(value) ? 'int' : 'double';
}

// Unless they are said to be synchronous, the library awaits what they return.
const SYNC = { async: false };

function registerFunctions(environment: Environment, scope: Scope): void {
  const { local } = scope;
  environment
    .registerFunction(
      'listed(string, string): bool',
      (value: string, list: string) => scope.isListed(value, list),
      SYNC,
    )
    .registerFunction(
      'withinDays(int, int): bool',
      (anchor: bigint, days: bigint) => scope.isWithinDays(Number(anchor), Number(days)),
      SYNC,
    )
    .registerFunction(
      'monthsBetween(int, int): int',
      (from: bigint, to: bigint) => BigInt(scope.monthsBetween(Number(from), Number(to))),
      SYNC,
    )
    .registerFunction('month(int): int', (at: bigint) => BigInt(local.month(Number(at))), SYNC)
    .registerFunction(
      'hour(int): int',
      (at: bigint) => BigInt(Math.floor(local.minuteOfDay(Number(at)) / 60)),
      SYNC,
    )
    .registerFunction('birthdayMonth(): bool', () => scope.isBirthdayMonth(), SYNC)
    .registerFunction('hasTag(string): bool', (tag: string) => scope.hasTag(tag), SYNC);
}
