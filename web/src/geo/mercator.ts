// Web Mercator as MapLibre has it: the world is the unit square, x from the date line eastwards, y from
// 85.05° N southwards. One implementation for both base maps and everything drawn on them.

import { EARTH_RADIUS_M, RADIANS } from './units';

/** Where the square ends (atan(sinh(pi))). */
export const MAX_LAT_DEG = 85.051128779806604;
const CIRCUMFERENCE_M = 2 * Math.PI * EARTH_RADIUS_M;

export function mercatorX(lon_deg: number): number {
  return lon_deg / 360 + 0.5;
}

export function mercatorY(lat_deg: number): number {
  const lat = Math.max(-MAX_LAT_DEG, Math.min(MAX_LAT_DEG, lat_deg)) * RADIANS;
  return 0.5 - Math.log(Math.tan(Math.PI / 4 + lat / 2)) / (2 * Math.PI);
}

/** In -180..180, whatever world the x is of. */
export function lonOf(x: number): number {
  return (x - Math.floor(x) - 0.5) * 360;
}

export function latOf(y: number): number {
  return Math.atan(Math.sinh(Math.PI * (1 - 2 * y))) / RADIANS;
}

/** Units of the square in a metre on the ground, at a y. */
export function unitsPerMetre(y: number): number {
  return Math.cosh(Math.PI * (1 - 2 * y)) / CIRCUMFERENCE_M;
}

/** The short way round: the difference of two x, in -0.5..0.5. */
export function shortX(dx: number): number {
  return dx - Math.round(dx);
}
