/**
 * What answers of the ledger tell that was not told before. One grant comes back from several operations: a payment
 * that posts what its authorisation reserved also asks for what it would earn without one, and repeats are answered
 * with what stands. Every change of a grant has a revision of its own, and they grow.
 */

import type { Grant } from '../reward/grant.ts';

export class GrantNews {
  #told = 0;

  /**
   * @param answers in the order of the operations, which is that of the ledger.
   * @returns each grant in each state that it came to since the last call.
   */
  take(answers: readonly (readonly Grant[])[]): Grant[] {
    const news = new Map<number, Grant>();
    for (const grants of answers) {
      for (const grant of grants) {
        if (grant.revision > this.#told) news.set(grant.revision, grant);
      }
    }
    this.#told = Math.max(this.#told, ...news.keys());
    return [...news.values()];
  }
}
