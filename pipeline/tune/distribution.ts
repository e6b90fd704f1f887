/**
 * How a measure is distributed over history, by truth: for every value how many events had it. Exact while the
 * distinct values are few, which counts always are; beyond a bound values that lie within a hundredth of one
 * another are kept together under the mildest of them, so that what is said of a candidate stays exact and only
 * some candidates are lost.
 */

import { binOf } from '../detect/measure-sketch.ts';

export interface Count {
  fraud: number;
  honest: number;
  unlabelled: number;
}

interface Held extends Count {
  /** The mildest value of those that are held together. */
  value: number;
}

/** A threshold and what reaches it, itself included. */
export interface Reached extends Count {
  readonly threshold: number;
}

const MAX_VALUES = 50_000;

export class Distribution {
  readonly #sign: 1 | -1;
  readonly #maxValues: number;
  #held = new Map<number, Held>();
  #isSketched = false;

  /** @param direction which values are worse. */
  constructor(direction: 'atLeast' | 'atMost', maxValues: number = MAX_VALUES) {
    this.#sign = direction === 'atLeast' ? 1 : -1;
    this.#maxValues = maxValues;
  }

  /** Whether near values are held together. */
  get isSketched(): boolean {
    return this.#isSketched;
  }

  add(value: number, truth: keyof Count): void {
    const held = this.#of(value);
    held[truth]++;
    if (!this.#isSketched && this.#held.size > this.#maxValues) this.#sketch();
  }

  /** What every candidate reaches, the strictest first. */
  candidates(): Reached[] {
    const sign = this.#sign;
    const sorted = [...this.#held.values()].sort((a, b) => sign * (b.value - a.value));
    const sum = { fraud: 0, honest: 0, unlabelled: 0 };
    return sorted.map(({ value, fraud, honest, unlabelled }) => {
      sum.fraud += fraud;
      sum.honest += honest;
      sum.unlabelled += unlabelled;
      return { threshold: value, ...sum };
    });
  }

  #of(value: number): Held {
    const key = this.#isSketched ? binOf(value) : value;
    const held = this.#held.get(key);
    if (held === undefined) {
      const first = { value, fraud: 0, honest: 0, unlabelled: 0 };
      this.#held.set(key, first);
      return first;
    }
    if (this.#sign * value < this.#sign * held.value) held.value = value;
    return held;
  }

  #sketch(): void {
    const exact = this.#held;
    this.#isSketched = true;
    this.#held = new Map();
    for (const { value, fraud, honest, unlabelled } of exact.values()) {
      const held = this.#of(value);
      held.fraud += fraud;
      held.honest += honest;
      held.unlabelled += unlabelled;
    }
  }
}
