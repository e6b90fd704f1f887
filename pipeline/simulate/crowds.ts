/** Honest crowds behind one address, which a detector of farms must leave alone. */

import { Population } from './population.ts';

export interface Crowd {
  /** The name of `--crowd`. */
  readonly name: string;
  /** One sentence: who they are. */
  readonly summary: string;
  readonly people: number;
  /** How many times as many sign up as on a usual day: the campaign has just opened. */
  readonly launch: number;
  /** Where all of them come from whenever they have an address at all: as a bank sees it, and on no list. */
  readonly address: string;
  /** The first of their numbers; those of other honest customers lie below. */
  readonly from: number;
}

export const CROWDS: readonly Crowd[] = [
  {
    name: 'carrier',
    summary: 'Two thousand telephones of a carrier behind the public address of one gateway.',
    people: 2000,
    launch: 2.5,
    address: '203.0.113.254',
    from: 0x10000000,
  },
  {
    name: 'office',
    summary: 'Three hundred people of an office building behind one address.',
    people: 300,
    launch: 10,
    address: '198.51.100.253',
    from: 0x18000000,
  },
];

/** The names that `--crowd` takes. */
export const CROWD_NAMES: readonly string[] = CROWDS.map(({ name }) => name);

/** Everybody of a crowd: people like all others, but for their address. */
export class CrowdPopulation extends Population {
  readonly #crowd: Crowd;
  #visits = 0;

  constructor(seed: number, crowd: Crowd) {
    super(seed, crowd.people);
    this.#crowd = crowd;
  }

  override get firstSignUp(): number {
    return super.firstSignUp + this.#crowd.from;
  }

  override get launch(): number {
    return this.#crowd.launch;
  }

  /** One after the other, so that all of them show up within a day. */
  override visitor(): number {
    this.#visits += 1;
    return this.#crowd.from + (this.#visits % this.size);
  }

  override homeIp(): string {
    return this.#crowd.address;
  }

  override carrierIp(): string {
    return this.#crowd.address;
  }

  override workIp(): string {
    return this.#crowd.address;
  }
}
