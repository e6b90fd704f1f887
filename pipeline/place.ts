/** Latitude and longitude in one number, so that a window remembers both for the cost of one value. */

/** A place is kept in steps of 1e-5 degrees, a metre on the ground: all steps together stay below 2^53. */
const STEPS_PER_DEGREE = 1e5;
const LONGITUDE_STEPS = 360 * STEPS_PER_DEGREE + 1;

/** Both degrees in one number from 0 on; NaN when there is no place. */
export function placeOf(latitude: number, longitude: number): number {
  const north = Math.round((latitude + 90) * STEPS_PER_DEGREE);
  return north * LONGITUDE_STEPS + Math.round((longitude + 180) * STEPS_PER_DEGREE);
}

/** The degrees of a place to five decimals; NaN when it is NaN. */
export function latitudeOf(place: number): number {
  return (Math.floor(place / LONGITUDE_STEPS) - 90 * STEPS_PER_DEGREE) / STEPS_PER_DEGREE;
}

/** As `latitudeOf`. The remainder is written out: of doubles, `%` takes ten times as long. */
export function longitudeOf(place: number): number {
  const east = place - Math.floor(place / LONGITUDE_STEPS) * LONGITUDE_STEPS;
  return (east - 180 * STEPS_PER_DEGREE) / STEPS_PER_DEGREE;
}
