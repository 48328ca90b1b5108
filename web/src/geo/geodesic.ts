// Distance and bearing on the WGS-84 ellipsoid, for what a person measures on the map.
//
// T. Vincenty, "Direct and inverse solutions of geodesics on the ellipsoid with application of nested
// equations", Survey Review XXIII 176 (1975). Bound: 1 mm and 0.0001° wherever it converges, held
// against GeographicLib by test/geodesic.test.ts. It does not converge within about 0.5° of the
// antipode; there the sphere of mean radius answers, within 0.6 % (and says so).

import { RADIANS } from './units';

const A_M = 6_378_137;
const F = 1 / 298.257223563;
const B_M = A_M * (1 - F);
const MEAN_RADIUS_M = (2 * A_M + B_M) / 3;

export interface Line {
  distance_m: number;
  /** True bearing at the start and at the end, 0..360. */
  initial_deg: number;
  final_deg: number;
  /** False where only the sphere answered. */
  exact: boolean;
}

export function inverse(lat1_deg: number, lon1_deg: number, lat2_deg: number, lon2_deg: number): Line {
  const span_deg = lon2_deg - lon1_deg;
  const l = (span_deg - 360 * Math.round(span_deg / 360)) * RADIANS;
  const u1 = Math.atan((1 - F) * Math.tan(lat1_deg * RADIANS));
  const u2 = Math.atan((1 - F) * Math.tan(lat2_deg * RADIANS));
  const su1 = Math.sin(u1), cu1 = Math.cos(u1), su2 = Math.sin(u2), cu2 = Math.cos(u2);
  let lambda = l;
  for (let i = 0; i < 100; i += 1) {
    const sl = Math.sin(lambda), cl = Math.cos(lambda);
    const sin_sigma = Math.hypot(cu2 * sl, cu1 * su2 - su1 * cu2 * cl);
    if (sin_sigma === 0) break;
    const cos_sigma = su1 * su2 + cu1 * cu2 * cl;
    const sigma = Math.atan2(sin_sigma, cos_sigma);
    const sin_alpha = (cu1 * cu2 * sl) / sin_sigma;
    const cos2_alpha = 1 - sin_alpha * sin_alpha;
    // On the equator itself cos2_alpha is 0 and the term has no meaning.
    const cos_2m = cos2_alpha < 1e-15 ? 0 : cos_sigma - (2 * su1 * su2) / cos2_alpha;
    const c = (F / 16) * cos2_alpha * (4 + F * (4 - 3 * cos2_alpha));
    const next = l + (1 - c) * F * sin_alpha *
      (sigma + c * sin_sigma * (cos_2m + c * cos_sigma * (2 * cos_2m * cos_2m - 1)));
    if (Math.abs(next) > Math.PI) break;
    const settled = Math.abs(next - lambda) < 1e-12;
    lambda = next;
    if (!settled) continue;
    const u_sq = (cos2_alpha * (A_M * A_M - B_M * B_M)) / (B_M * B_M);
    const ka = 1 + (u_sq / 16384) * (4096 + u_sq * (-768 + u_sq * (320 - 175 * u_sq)));
    const kb = (u_sq / 1024) * (256 + u_sq * (-128 + u_sq * (74 - 47 * u_sq)));
    const d_sigma = kb * sin_sigma * (cos_2m + (kb / 4) * (cos_sigma * (2 * cos_2m * cos_2m - 1) -
      (kb / 6) * cos_2m * (4 * sin_sigma * sin_sigma - 3) * (4 * cos_2m * cos_2m - 3)));
    return {
      distance_m: B_M * ka * (sigma - d_sigma),
      initial_deg: bearing(cu2 * Math.sin(lambda), cu1 * su2 - su1 * cu2 * Math.cos(lambda)),
      final_deg: bearing(cu1 * Math.sin(lambda), cu1 * su2 * Math.cos(lambda) - su1 * cu2),
      exact: true,
    };
  }
  return sphere(lat1_deg, lat2_deg, l);
}

function sphere(lat1_deg: number, lat2_deg: number, l: number): Line {
  const p1 = lat1_deg * RADIANS, p2 = lat2_deg * RADIANS;
  const y = Math.cos(p2) * Math.sin(l);
  const x = Math.cos(p1) * Math.sin(p2) - Math.sin(p1) * Math.cos(p2) * Math.cos(l);
  const distance = Math.atan2(Math.hypot(x, y), Math.sin(p1) * Math.sin(p2) + Math.cos(p1) * Math.cos(p2) * Math.cos(l));
  return {
    distance_m: MEAN_RADIUS_M * distance,
    initial_deg: bearing(y, x),
    final_deg: bearing(Math.cos(p1) * Math.sin(l), Math.cos(p1) * Math.sin(p2) * Math.cos(l) - Math.sin(p1) * Math.cos(p2)),
    exact: distance === 0,
  };
}

function bearing(y: number, x: number): number {
  if (y === 0 && x === 0) return 0;
  const deg = Math.atan2(y, x) / RADIANS;
  return deg < 0 ? deg + 360 : deg;
}

/**
 * A point a share of the way along the great circle, for drawing only: the sphere's line is within
 * 0.2 % of the ellipsoid's, less than a pixel where a line is that long.
 */
export function along(lat1_deg: number, lon1_deg: number, lat2_deg: number, lon2_deg: number, share: number): [number, number] {
  const p1 = lat1_deg * RADIANS, l1 = lon1_deg * RADIANS, p2 = lat2_deg * RADIANS, l2 = lon2_deg * RADIANS;
  const x1 = Math.cos(p1) * Math.cos(l1), y1 = Math.cos(p1) * Math.sin(l1), z1 = Math.sin(p1);
  const x2 = Math.cos(p2) * Math.cos(l2), y2 = Math.cos(p2) * Math.sin(l2), z2 = Math.sin(p2);
  const angle = Math.acos(Math.max(-1, Math.min(1, x1 * x2 + y1 * y2 + z1 * z2)));
  if (angle < 1e-9) return [lat1_deg, lon1_deg];
  const k1 = Math.sin((1 - share) * angle) / Math.sin(angle), k2 = Math.sin(share * angle) / Math.sin(angle);
  const x = k1 * x1 + k2 * x2, y = k1 * y1 + k2 * y2, z = k1 * z1 + k2 * z2;
  return [Math.atan2(z, Math.hypot(x, y)) / RADIANS, Math.atan2(y, x) / RADIANS];
}

/** The point at a distance in a direction, `[lat, lon]`, for drawing only: on the sphere of mean radius, within 0.6 %. */
export function destination(lat_deg: number, lon_deg: number, bearing_deg: number, distance_m: number): [number, number] {
  const p = lat_deg * RADIANS, t = bearing_deg * RADIANS, d = distance_m / MEAN_RADIUS_M;
  const sin = Math.sin(p) * Math.cos(d) + Math.cos(p) * Math.sin(d) * Math.cos(t);
  const lat = Math.asin(Math.max(-1, Math.min(1, sin)));
  const lon = Math.atan2(Math.sin(t) * Math.sin(d) * Math.cos(p), Math.cos(d) - Math.sin(p) * sin);
  return [lat / RADIANS, lon_deg + lon / RADIANS];
}
