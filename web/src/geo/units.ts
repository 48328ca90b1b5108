// The one place of the map that converts units.

/** International nautical mile (ISO 80000-3). */
export const METRES_PER_NM = 1852;
export const METRES_PER_SECOND_PER_KT = METRES_PER_NM / 3600;
/** WGS-84 equatorial radius, on which Web Mercator is drawn. */
export const EARTH_RADIUS_M = 6_378_137;
export const RADIANS = Math.PI / 180;
