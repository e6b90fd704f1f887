/**
 * What a ring is: accounts joined through values that several of them used.
 *
 * Account and value are linked while their latest stored event lies within the link's window:
 * `latest > e.occurredAtMs − windowMs`. Events that arrived before e but lie after it count too, so that a link
 * is one instant and not a history. A value that more than `accounts` accounts are linked to is a hub (an
 * office, a carrier's gateway): it joins nobody. An account shows its newest `VALUES_AN_ACCOUNT` values of a
 * kind. A value that is excluded, and a placeholder, joins nobody either.
 *
 * The walk starts at e's account, is breadth first and takes the newest links first, so that it is the same
 * walk wherever its bounds end it.
 */

import type { EventType } from '../event.ts';
import type { KeyField } from '../event-fields.ts';

/** Fields whose values can link accounts. */
export type LinkField = Exclude<KeyField, 'accountId' | 'ipPrefix' | 'amount'>;

/** One kind of link. */
export interface RingLink {
  readonly field: LinkField;
  readonly windowMs: number;
  /** A value with more accounts than this is a hub. */
  readonly accounts: number;
  /** Links only accounts that were opened within `newMs`: for what strangers share by chance, too. */
  readonly newOnly?: boolean;
}

/** What is measured of the ring around the event's account. The account alone is a ring of one. */
export const RING_VALUES = ['accounts', 'captive', 'newAccounts', 'values', 'kinds'] as const;
export type RingValue = (typeof RING_VALUES)[number];

/** A measure of the ring around the account of an event. */
export interface RingFeature {
  readonly kind: 'ring';
  /** Types of the events that link. */
  readonly on: readonly EventType[];
  readonly links: readonly RingLink[];
  /** How long an account is new after its `account.opened`. */
  readonly newMs: number;
  /**
   * `accounts` in the ring; those of them that are `captive`: seen on devices, and on none that nobody else
   * used; `newAccounts` in it; `values` that join them and the number of their `kinds`. Without a walk `own`:
   * the values of the first link's kind, other than the event's, that its account used and nobody else did.
   */
  readonly value: RingValue | 'own';
  /** Rings of so many accounts are told with their links; left out: none. */
  readonly tellFrom?: number;
}

/** More values of a kind than anybody uses in a day; what lies beyond is the oldest. */
export const VALUES_AN_ACCOUNT = 8;
/** Where the walk ends: a ring this large needs no exact size. */
export const MAX_RING_ACCOUNTS = 64;
/** Links that a walk reads, the cost of an event inside a ring. */
export const MAX_RING_LINKS = 512;
