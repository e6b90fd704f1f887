import { z } from 'zod';
import { windowDuration } from '../config/duration.ts';
import { defineDetector } from '../pipeline/detect/detector.ts';
import type { FeatureSpec } from '../pipeline/detect/feature.ts';
import { cidr, NetworkSet } from '../pipeline/detect/networks.ts';
import type { Event } from '../pipeline/event.ts';
import { latitudeOf, longitudeOf } from '../pipeline/place.ts';

const EARTH_RADIUS_KM = 6371.0088;
const RADIANS = Math.PI / 180;

/** A range from which a position says little: the traffic of a VPN or of roaming telephones leaves there. */
const roamingNetwork = z.strictObject({ cidr, reason: z.string().min(1) });

const config = z.strictObject({
  /** How long the place of a payment is remembered. */
  window: windowDuration.prefault('24h'),
  /** How far a reported place may lie from the real one; both places are given this much. */
  accuracyKm: z.number().min(0).default(25),
  /** Shorter distances are never judged: places jump between masts and between merchants' branches. */
  minDistanceKm: z.number().positive().default(150),
  /** Shorter times count as this long, so that one second does not make a rocket of a mast's error. */
  minSeconds: z.number().positive().default(60),
  roamingNetworks: z
    .array(roamingNetwork)
    .default([])
    .transform((entries) => new NetworkSet(entries)),
});

/**
 * Great-circle distance in kilometres between two places in degrees, by the haversine formula.
 * Source: R. W. Sinnott, "Virtues of the Haversine", Sky and Telescope 68 (1984) 159; mean earth radius of IUGG.
 */
function greatCircleKm(lat1: number, lon1: number, lat2: number, lon2: number): number {
  const sinLat = Math.sin(((lat2 - lat1) * RADIANS) / 2);
  const sinLon = Math.sin(((lon2 - lon1) * RADIANS) / 2);
  const a = sinLat * sinLat + Math.cos(lat1 * RADIANS) * Math.cos(lat2 * RADIANS) * sinLon * sinLon;
  return 2 * EARTH_RADIUS_KM * Math.asin(Math.min(1, Math.sqrt(a)));
}

/**
 * The last value before this event among payments that carry a place one can believe, so that both are of one payment.
 * A place behind a roaming network is forgotten: who switches his VPN off has not travelled.
 */
function beforeHere(
  field: 'place' | 'occurredAtMs',
  { window: windowMs, roamingNetworks }: z.output<typeof config>,
): FeatureSpec {
  const outside = roamingNetworks.toJSON().map((entry) => entry.cidr);
  return {
    key: 'accountId',
    on: ['payment'],
    windowMs,
    aggregate: { kind: 'previous', of: field },
    where: [
      { field: 'place', atLeast: 0 },
      ...(outside.length === 0 ? [] : [{ field: 'ip', outside } as const]),
    ],
  };
}

/** From a remembered place to the event's; NaN when either is missing. */
function distanceKmFrom(place: number, { latitude, longitude }: Event): number {
  if (Number.isNaN(place) || latitude === undefined || longitude === undefined) return NaN;
  return greatCircleKm(latitudeOf(place), longitudeOf(place), latitude, longitude);
}

const BEIJING = { lat: 39.9042, lon: 116.4074 };
const SHENZHEN = { lat: 22.5431, lon: 114.0579 };
const SHANGHAI = { lat: 31.2304, lon: 121.4737 };
const ROAMING = [{ cidr: '2001:db8:ff::/48', reason: 'roaming gateway' }];
const ROAMING_IP = '2001:db8:ff::7';

export default defineDetector({
  summary: 'An account pays in two places that nobody can travel between in the time.',
  cannotSee:
    'Fakes that stay near home; a roaming telephone or a VPN moves an honest customer, so such networks are exempt.',
  on: ['payment.authorising', 'payment'],
  config,
  lists: { roamingNetworks: 'roaming-networks' },
  features: (config) => ({
    place: beforeHere('place', config),
    atMs: beforeHere('occurredAtMs', config),
  }),
  measures: {
    speed: {
      about: 'least speed between two payments of one account',
      unit: 'km/h',
      direction: 'atLeast',
      subject: 'accountId',
      bands: { review: 900, block: 2000 },
      needs: 'place',
      windowMs: ({ window }) => window,
      of: (event, { place, atMs }, config) => {
        const distanceKm = distanceKmFrom(place, event);
        if (!(distanceKm >= config.minDistanceKm)) return NaN;
        if (config.roamingNetworks.match(event.ip) !== undefined) return NaN;
        const certainKm = Math.max(0, distanceKm - 2 * config.accuracyKm);
        const seconds = Math.max((event.occurredAtMs - atMs) / 1000, config.minSeconds);
        return (certainKm / seconds) * 3600;
      },
    },
  },
  evidence: (event, { place, atMs }) => ({
    fromLatitude: latitudeOf(place),
    fromLongitude: longitudeOf(place),
    toLatitude: event.latitude ?? NaN,
    toLongitude: event.longitude ?? NaN,
    distanceKm: Math.round(distanceKmFrom(place, event)),
    seconds: (event.occurredAtMs - atMs) / 1000,
  }),
  examples: [
    {
      title: 'Beijing and, an hour later, Shenzhen: 1,943 km are faster than an airliner',
      config: { accuracyKm: 0, bands: { speed: { review: 900 } } },
      events: [
        { occurredAt: '2026-03-01T12:00:00Z', geo: BEIJING },
        { occurredAt: '2026-03-01T13:00:00Z', geo: SHENZHEN },
      ],
      finding: { band: 'review' as const, measure: 1943.15 },
    },
    {
      title: 'the same journey in four hours is a flight',
      events: [
        { occurredAt: '2026-03-01T12:00:00Z', geo: BEIJING },
        { occurredAt: '2026-03-01T16:00:00Z', geo: SHENZHEN },
      ],
    },
    {
      title: 'a jump across town in a second is a mast, not a rocket',
      events: [
        { occurredAt: '2026-03-01T12:00:00Z', geo: BEIJING },
        { occurredAt: '2026-03-01T12:00:01Z', geo: { lat: 39.99, lon: 116.31 } },
      ],
    },
    {
      title: 'a payment from a roaming network is exempt',
      config: { roamingNetworks: ROAMING },
      events: [
        { occurredAt: '2026-03-01T12:00:00Z', geo: BEIJING },
        { occurredAt: '2026-03-01T12:30:00Z', geo: SHENZHEN, ip: ROAMING_IP },
      ],
    },
    {
      title:
        'the payment after it is held against the last place that can be believed, and is exempt with it',
      config: { roamingNetworks: ROAMING },
      events: [
        { occurredAt: '2026-03-01T12:00:00Z', geo: BEIJING },
        { occurredAt: '2026-03-01T12:30:00Z', geo: SHENZHEN, ip: ROAMING_IP },
        { occurredAt: '2026-03-01T12:40:00Z', geo: BEIJING },
      ],
    },
    {
      title: 'a fake that passes a roaming network in between is still seen',
      config: { accuracyKm: 0, bands: { speed: { review: 900 } }, roamingNetworks: ROAMING },
      events: [
        { occurredAt: '2026-03-01T12:00:00Z', geo: BEIJING },
        { occurredAt: '2026-03-01T12:30:00Z', geo: SHANGHAI, ip: ROAMING_IP },
        { occurredAt: '2026-03-01T13:00:00Z', geo: SHENZHEN },
      ],
      finding: { band: 'review' as const, measure: 1943.15 },
    },
    {
      title: 'a payment without a place moves nobody',
      events: [
        { occurredAt: '2026-03-01T12:00:00Z', geo: BEIJING },
        { occurredAt: '2026-03-01T12:10:00Z' },
      ],
    },
    {
      title: 'a placeholder account is in many places at once',
      events: [
        { occurredAt: '2026-03-01T12:00:00Z', geo: BEIJING, accountId: 'unknown' },
        { occurredAt: '2026-03-01T12:10:00Z', geo: SHENZHEN, accountId: 'unknown' },
      ],
    },
  ].map((example) => ({
    ...example,
    events: example.events.map((event) => ({
      type: 'payment',
      accountId: 'a',
      amount: 9900,
      currency: 'CNY',
      ...event,
    })),
  })),
});
