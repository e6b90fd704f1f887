/**
 * A labelled, reproducible stream of honest customers and attackers, in event-time order. The same options
 * give the same bytes on every machine; memory holds only what is planned and not yet due.
 */

import { type Random, seededRandom } from '../clock.ts';
import { Failure } from '../failure.ts';
import { Agenda } from './agenda.ts';
import { Gang, type Attack } from './attack.ts';
import { ATTACKS } from './attack-catalogue.ts';
import { campaignOf } from './campaign-of.ts';
import { intensity, localTimestamp, meanIntensity, MINUTE_MS } from './calendar.ts';
import { exponential, hex, scramble } from './chance.ts';
import { EVENTS_PER_VISIT, HonestTraffic } from './honest.ts';
import { CrowdPopulation, CROWD_NAMES, CROWDS, type Crowd } from './crowds.ts';
import { Market } from './market.ts';
import { PlannedWave } from './planned-wave.ts';
import { Population } from './population.ts';
import type { Plan, SimulatedEvent } from './simulated-event.ts';

export interface SimulationOptions {
  readonly seed: number;
  /** Event time of the beginning, in milliseconds since the Unix epoch. */
  readonly startMs: number;
  /** Length in minutes of event time; Infinity goes on for ever. */
  readonly minutes: number;
  /** Mean number of events in a second of event time. */
  readonly ratePerSecond: number;
  /** Honest accounts at the start. By default so many that each makes about one event a day. */
  readonly accounts?: number;
  /** Names of the attacks to mix in; all of them by default, none when empty. */
  readonly attacks?: readonly string[];
  /** Names of the crowds that live beside the other honest customers, none by default. */
  readonly crowds?: readonly string[];
  /** Share of the events that belong to attacks, 0.015 by default. */
  readonly attackShare?: number;
}

/** Friday, 6 March 2026, 09:50 in Shanghai: ten minutes before the Friday offer opens. */
export const DEFAULT_START_MS = Date.UTC(2026, 2, 6, 1, 50);

/** One hour at a rate that a laptop follows with ease. */
export const DEFAULT_SIMULATION: SimulationOptions = {
  seed: 1,
  startMs: DEFAULT_START_MS,
  minutes: 60,
  ratePerSecond: 10,
};

const DEFAULT_ATTACK_SHARE = 0.015;
const EVENTS_PER_ACCOUNT_AND_DAY = 1;
const EVENTS_A_DAY_IN_A_CROWD = 2;
const SMALLEST_POPULATION = 2_000;

/**
 * The events of a simulation. Every attack that is named comes at least once, so a very short run holds more
 * than its share of them.
 * @throws Failure for an unknown attack or an impossible number.
 */
export function simulate(options: SimulationOptions): Generator<SimulatedEvent, void, undefined> {
  const attacks = chosenAttacks(options.attacks);
  requirePositive('minutes', options.minutes);
  requirePositive('rate', options.ratePerSecond);
  if (options.accounts !== undefined) requirePositive('accounts', options.accounts);
  if (!Number.isSafeInteger(options.seed)) {
    throw new Failure('seed: write a whole number', { exitCode: 2 });
  }
  return new Simulation(options, attacks, chosenCrowds(options.crowds)).run();
}

function chosenAttacks(names: readonly string[] | undefined): readonly Attack[] {
  if (names === undefined) return ATTACKS.filter(({ onRequest }) => onRequest === undefined);
  return [...new Set(names)].map((name) => {
    const attack = ATTACKS.find((known) => known.name === name);
    if (attack !== undefined) return attack;
    const known = ATTACKS.map((each) => each.name).join(', ');
    throw new Failure(`unknown attack '${name}'; choose from ${known}`, { exitCode: 2 });
  });
}

function chosenCrowds(names: readonly string[] = []): readonly Crowd[] {
  return [...new Set(names)].map((name) => {
    const crowd = CROWDS.find((known) => known.name === name);
    if (crowd !== undefined) return crowd;
    throw new Failure(`unknown crowd '${name}'; choose from ${CROWD_NAMES.join(', ')}`, {
      exitCode: 2,
    });
  });
}

function requirePositive(name: string, value: number): void {
  if (!(value > 0)) throw new Failure(`${name}: write a number above 0`, { exitCode: 2 });
}

/** An attack with its own randomness, so that choosing other attacks changes none of its events. */
class Campaigner {
  readonly attack: Attack;
  readonly gang: Gang;
  readonly #random: Random;
  readonly #intervalMs: number;
  readonly #planned: PlannedWave;
  #isFirst = true;
  nextMs: number;

  constructor(
    attack: Attack,
    { gang, planned, random }: { gang: Gang; planned: PlannedWave; random: Random },
    schedule: { readonly firstMs: number; readonly intervalMs: number },
  ) {
    this.attack = attack;
    this.gang = gang;
    this.#planned = planned;
    this.#random = random;
    this.#intervalMs = schedule.intervalMs;
    this.nextMs = attack.startsAt?.(schedule.firstMs) ?? schedule.firstMs;
  }

  wave(): void {
    this.attack.plan(this.gang, this.nextMs);
    this.#planned.begin(this.#isFirst);
    this.#isFirst = false;
    const due = this.nextMs + Math.max(MINUTE_MS, exponential(this.#random, this.#intervalMs));
    this.nextMs = this.attack.startsAt?.(due) ?? due;
  }
}

/** Honest traffic of some people: visits come as a Poisson process whose rate follows the time of day. */
class Visitors {
  readonly #traffic: HonestTraffic;
  readonly #random: Random;
  readonly #perMs: number;
  readonly #endMs: number;
  nextMs: number;

  /** @param perMs visits in a millisecond of average intensity. */
  constructor(
    traffic: HonestTraffic,
    random: Random,
    { perMs, startMs, endMs }: { perMs: number; startMs: number; endMs: number },
  ) {
    this.#traffic = traffic;
    this.#random = random;
    this.#perMs = perMs;
    this.#endMs = endMs;
    this.nextMs = this.#after(startMs);
  }

  wave(): void {
    const atMs = this.nextMs;
    this.#traffic.visit(atMs);
    this.nextMs = this.#after(atMs);
  }

  /** The rate changes every minute; at the change the process begins anew, as it has no memory. */
  #after(afterMs: number): number {
    let at = afterMs;
    for (;;) {
      const change = (Math.floor(at / MINUTE_MS) + 1) * MINUTE_MS;
      const next = at + exponential(this.#random, 1 / (this.#perMs * intensity(at)));
      if (next < change || at >= this.#endMs) return next;
      at = change;
    }
  }
}

class Simulation {
  readonly #options: SimulationOptions;
  readonly #endMs: number;
  readonly #agenda = new Agenda();
  readonly #prefix: string;
  /** Whatever plans next when its time has come; at one instant the first of them. */
  readonly #planners: readonly (Visitors | Campaigner)[];

  constructor(options: SimulationOptions, attacks: readonly Attack[], crowds: readonly Crowd[]) {
    this.#options = options;
    const { seed, startMs, ratePerSecond } = options;
    this.#endMs = startMs + options.minutes * MINUTE_MS;
    this.#prefix = `sim-${seed.toString(36)}-${startMs.toString(36)}-`;
    const share = options.attackShare ?? DEFAULT_ATTACK_SHARE;
    const mean = meanIntensity(startMs, this.#endMs);
    const accounts = Math.max(
      SMALLEST_POPULATION,
      Math.round((ratePerSecond * 86_400) / EVENTS_PER_ACCOUNT_AND_DAY),
    );
    const people = new Population(seed, options.accounts ?? accounts);
    const market = new Market();
    const visitors = (who: Population, perSecond: number, stream: number): Visitors =>
      new Visitors(
        new HonestTraffic(
          who,
          market,
          seededRandom(scramble(seed, stream * 200 + 2)),
          this.#planner(stream, 'honest'),
        ),
        seededRandom(scramble(seed, stream * 200 + 1)),
        { perMs: perSecond / 1000 / EVENTS_PER_VISIT / mean, startMs, endMs: this.#endMs },
      );
    // The first crowd is the one that a farm hides in.
    const gateway = crowds[0]?.address ?? people.carrierIp(0);
    this.#planners = [
      visitors(people, ratePerSecond * (1 - share), 0),
      ...crowds.map((crowd) =>
        visitors(
          new CrowdPopulation(seed, crowd),
          (crowd.people * EVENTS_A_DAY_IN_A_CROWD) / 86_400,
          15 - CROWDS.indexOf(crowd),
        ),
      ),
      ...this.#campaign(attacks, people, market, { share, gateway }),
    ];
  }

  /** Walks through time: whatever begins next is planned, and what is due before it is handed out. */
  *run(): Generator<SimulatedEvent, void, undefined> {
    const agenda = this.#agenda;
    for (;;) {
      let next = this.#planners[0]!;
      for (const planner of this.#planners) if (planner.nextMs < next.nextMs) next = planner;
      const until = Math.min(next.nextMs, this.#endMs);
      while (agenda.nextMs < until) yield agenda.take();
      if (next.nextMs >= this.#endMs) return;
      next.wave();
    }
  }

  #campaign(
    attacks: readonly Attack[],
    people: Population,
    market: Market,
    { share, gateway }: { readonly share: number; readonly gateway: string },
  ): readonly Campaigner[] {
    const { seed, startMs, ratePerSecond, minutes } = this.#options;
    return attacks.map((attack, position) => {
      const stream = ATTACKS.indexOf(attack) + 1;
      const random = seededRandom(scramble(seed, 100 + stream));
      const perMs = (ratePerSecond * share) / 1000 / attacks.length;
      const intervalMs = perMs > 0 ? attack.waveEvents / perMs : Infinity;
      const stagger = (position + 0.5) / attacks.length;
      const firstMs =
        startMs + Math.floor(stagger * Math.min(intervalMs, 0.8 * minutes * MINUTE_MS));
      let number = 0;
      const planned = new PlannedWave(this.#agenda, this.#endMs);
      const gang = new Gang({
        attack: attack.name,
        people,
        market,
        random,
        plan: this.#planner(stream, 'fraud', planned),
        // The streams take turns, so that no two gangs ever share a number.
        next: () => stream + 16 * number++,
        gateway,
      });
      // A run that ends before the moment an attack waits for has its wave when it is due.
      const tooLate = (attack.startsAt?.(firstMs) ?? firstMs) >= this.#endMs;
      const { startsAt: _, ...whenDue } = attack;
      return new Campaigner(
        tooLate ? whenDue : attack,
        { gang, planned, random },
        { firstMs, intervalMs },
      );
    });
  }

  /** Ids are scrambled counters: unique within a run, and silent about who made the event. */
  #planner(stream: number, label: SimulatedEvent['label'], onto?: PlannedWave): Plan {
    let count = 0;
    return (atMs, draft, truth = label) => {
      const number = count * 16 + stream;
      count += 1;
      const high = Math.floor(number / 0x100000000);
      const id =
        this.#prefix + (high > 0 ? high.toString(36) : '') + hex(scramble(number >>> 0, 0x1d));
      const at = Math.floor(atMs);
      const { type, ...rest } = draft;
      const campaignId = campaignOf(draft);
      const attributes = { ...rest.attributes, ...(campaignId !== undefined && { campaignId }) };
      const event = {
        ...{ id, type, occurredAt: localTimestamp(at), ...rest },
        ...(Object.keys(attributes).length > 0 && { attributes }),
        label: truth,
      };
      if (onto !== undefined) onto.add(at, event);
      else if (at < this.#endMs) this.#agenda.add(at, event);
      return id;
    };
  }
}
