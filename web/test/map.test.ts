import { describe, expect, test } from 'vitest';
import { latOf, lonOf, mercatorX, mercatorY, shortX, unitsPerMetre } from '../src/geo/mercator';
import { boxAround, Camera } from '../src/map/camera';
import { Labels } from '../src/map/labels';
import { OperatorColours, operatorColour, PALETTES, NO_OPERATOR } from '../src/map/palette';
import { packed } from '../src/map/raster';
import { areaLabel } from '../src/map/layers';
import { bearing } from '../src/map/measure';

describe('projection', () => {
  test('there and back', () => {
    for (const [lat, lon] of [[0, 0], [35.1, 40.2], [-60, -179.99], [85, 179.99]] as const) {
      expect(latOf(mercatorY(lat))).toBeCloseTo(lat, 9);
      expect(lonOf(mercatorX(lon))).toBeCloseTo(lon, 9);
    }
  });

  test('a metre is as long as the derivative says', () => {
    const y = mercatorY(60), metre_deg = 1 / ((2 * Math.PI * 6378137) / 360);
    expect((y - mercatorY(60 + metre_deg)) / unitsPerMetre(y)).toBeCloseTo(1, 4);
  });

  test('the short way round', () => {
    expect(shortX(0.9)).toBeCloseTo(-0.1, 12);
    expect(shortX(mercatorX(-179) - mercatorX(179))).toBeCloseTo(2 / 360, 12);
  });
});

describe('camera', () => {
  const camera = new Camera();
  camera.resize(1000, 600);

  test('what lies across the date line is next to it on the screen', () => {
    camera.lookAt(-17, 179.5, 7);
    camera.projectLonLat(-179.5, -17);
    expect(camera.sx).toBeGreaterThan(500);
    expect(camera.sx).toBeLessThan(1000);
    expect(camera.lonAt(camera.sx)).toBeCloseTo(-179.5, 6);
  });

  test('zooming keeps the point under the pointer', () => {
    camera.lookAt(35, 40, 6);
    const lon = camera.lonAt(200), lat = camera.latAt(100);
    camera.zoomAt(200, 100, 1.3);
    expect(camera.lonAt(200)).toBeCloseTo(lon, 9);
    expect(camera.latAt(100)).toBeCloseTo(lat, 9);
  });

  test('never shows the world twice, nor beyond its edges', () => {
    camera.moveTo(0.5, 0, 0);
    expect(camera.scale).toBeGreaterThanOrEqual(1000);
    expect(camera.yAt(0)).toBeGreaterThanOrEqual(-1e-9);
  });

  test('a box around points on both sides of the date line is the small one', () => {
    const box = boxAround([mercatorX(179), mercatorX(-179)], [0.5, 0.6]);
    expect(box?.width).toBeCloseTo(2 / 360, 9);
    expect(Math.abs(lonOf(box?.x ?? 0))).toBeCloseTo(180, 6);
    expect(boxAround([], [])).toBeNull();
  });
});

describe('data blocks', () => {
  test('keep their place, and make room for each other', () => {
    const labels = new Labels();
    labels.begin(400, 400);
    const first = labels.place(200, 200, 60, 26, 14, -1, false);
    expect(first).toBe(0);
    const second = labels.place(202, 202, 60, 26, 14, -1, false);
    expect(second).not.toBe(first);
    labels.begin(400, 400);
    expect(labels.place(202, 202, 60, 26, 14, second, false)).toBe(second);
  });

  test('what must be seen is placed though all is taken, the rest is not', () => {
    const labels = new Labels();
    labels.begin(400, 400);
    labels.occupyBox(0, 0, 400, 400);
    expect(labels.place(200, 200, 60, 26, 14, -1, false)).toBe(-1);
    expect(labels.place(200, 200, 60, 26, 14, -1, true)).toBeGreaterThanOrEqual(0);
  });
});

describe('colours', () => {
  test('do not depend on who was seen first', () => {
    const one = new OperatorColours(), two = new OperatorColours();
    one.learn(['B', 'A', null]);
    two.learn(['A', 'B']);
    expect(one.of('A')).toBe(two.of('A'));
    expect(one.of(null)).toBe(NO_OPERATOR);
    expect(operatorColour(PALETTES.dark, NO_OPERATOR)).toBe(PALETTES.dark.unknown);
  });

  test('no operator has a colour of a conflict', () => {
    for (const palette of Object.values(PALETTES)) {
      for (const colour of palette.operators) expect([palette.predicted, palette.imminent, palette.lost]).not.toContain(colour);
    }
  });

  test('pixels are red, green, blue, alpha', () => {
    const bytes = new Uint8Array(new Int32Array([packed('#102030', 1)]).buffer);
    expect([...bytes]).toEqual([0x10, 0x20, 0x30, 255]);
  });
});

test('north is spoken as 360', () => {
  expect(bearing(0.2)).toBe('360');
  expect(bearing(359.7)).toBe('360');
  expect(bearing(7)).toBe('007');
});

test('a volume tells its name, whose it is, and its levels', () => {
  expect(areaLabel({ name: 'DEZ LOW', operator: 'SY-AIR', lower_ft: 0, upper_ft: 12000 })).toBe('DEZ LOW  SY-AIR  000-120');
  expect(areaLabel({ name: 'X', upper_ft: null })).toBe('X');
});
