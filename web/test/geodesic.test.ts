import { describe, expect, test } from 'vitest';
import { along, inverse } from '../src/geo/geodesic';

// What GeographicLib 2.0 (Karney, J. Geodesy 87, 2013) says: lat1, lon1, lat2, lon2, metres, bearings.
const TRUTH: [number, number, number, number, number, number, number][] = [
  [35.1, 40.2, 34.4, 41.3, 127179.9137, 127.317325, 127.944346], [0, 0, 0, 1, 111319.4908, 90, 90], [0, 0, 1, 0, 110574.3886, 0, 0],
  [51.47, -0.45, 40.64, -73.78, 5555408.6582, 287.985348, 231.379233], [60, 179.9, 60.2, -179.8, 27839.8565, 36.702659, 36.962728],
  [-17.8, 177.4, -13.8, -172, 1218516.0717, 70.214264, 67.31863], [89.9, 10, 89.8, -170, 33508.1928, 0, 180],
  [10, 20, 10, 20.0001, 10.9639, 89.999991, 90.000009], [45, 0, -44, 178, 19820717.8297, 50.662273, 130.508044],
  [30, 120, -29.9, -61, 19931346.7572, 76.947567, 103.297338],
];

const turn = (a: number, b: number) => Math.abs(((a - b + 540) % 360) - 180);

describe('distance and bearing on the ellipsoid', () => {
  test.each(TRUTH)('%f %f to %f %f is within 1 mm and 0.0001°', (lat1, lon1, lat2, lon2, metres, initial, final) => {
    const line = inverse(lat1, lon1, lat2, lon2);
    expect(line.exact).toBe(true);
    expect(Math.abs(line.distance_m - metres)).toBeLessThan(1e-3);
    expect(turn(line.initial_deg, initial)).toBeLessThan(1e-4);
    expect(turn(line.final_deg, final)).toBeLessThan(1e-4);
  });

  test('from the pole, the way is right and the distance exact', () => {
    expect(Math.abs(inverse(-90, 0, -80, 30).distance_m - 1116825.8574)).toBeLessThan(1e-3);
  });

  test('nothing is between a point and itself', () => {
    expect(inverse(35, 40, 35, 40).distance_m).toBe(0);
    expect(inverse(35, 180, 35, -180).distance_m).toBe(0);
  });

  test('near the antipode the answer is within 0.6 %, or exact', () => {
    const line = inverse(0, 0, 0.5, 179);
    expect(Math.abs(line.distance_m - 19902751.0326) / 19902751.0326).toBeLessThan(line.exact ? 1e-9 : 0.006);
    const far = inverse(0, 0, 0.01, 179.99);
    expect(far.exact).toBe(false);
    expect(far.distance_m).toBeGreaterThan(0.99 * 20003931);
  });

  test('the drawn line goes through its ends and over the date line', () => {
    expect(along(60, 170, 60, -170, 0)[0]).toBeCloseTo(60, 9);
    expect(Math.abs(along(0, 170, 0, -170, 0.5)[1])).toBeCloseTo(180, 9);
  });
});
