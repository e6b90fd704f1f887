import { describe, expect, it } from 'vitest';
import { latitudeOf, longitudeOf, placeOf } from '../pipeline/place.ts';
import { batchFrom, paymentOf } from './support/events.ts';

describe('a place', () => {
  it('gives back both degrees to five decimals, all over the world', () => {
    for (const latitude of [-90, -33.86882, -1e-5, 0, 39.9042, 90]) {
      for (const longitude of [-180, -70.66927, -1e-5, 0, 116.4074, 180]) {
        const place = placeOf(latitude, longitude);
        expect(Number.isSafeInteger(place) && place >= 0).toBe(true);
        expect([latitudeOf(place), longitudeOf(place)]).toEqual([latitude, longitude]);
      }
    }
    expect(latitudeOf(placeOf(1.234564, 5.000006))).toBe(1.23456);
    expect(longitudeOf(placeOf(1.234564, 5.000006))).toBe(5.00001);
  });

  it('is absent where a degree is', () => {
    expect(placeOf(NaN, NaN)).toBeNaN();
    expect([latitudeOf(NaN), longitudeOf(NaN)]).toEqual([NaN, NaN]);
    const batch = batchFrom([paymentOf({ geo: { lat: 1.5, lon: 2 } }), paymentOf({ id: 'p-2' })]);
    expect([...batch.place.subarray(0, 2)]).toEqual([placeOf(1.5, 2), NaN]);
  });
});
