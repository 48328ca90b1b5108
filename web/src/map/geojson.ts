// GeoJSON on the canvas. A line is followed the short way from point to point, so one that crosses the date line
// is drawn across it and not around the world.

import { mercatorX, mercatorY, shortX } from '../geo/mercator';
import type { Camera } from './camera';

type Position = readonly number[];

function visit(geometry: GeoJSON.Geometry, line: (points: readonly Position[], closed: boolean) => void): void {
  switch (geometry.type) {
    case 'LineString': line(geometry.coordinates, false); break;
    case 'MultiLineString': geometry.coordinates.forEach((points) => line(points, false)); break;
    case 'Polygon': geometry.coordinates.forEach((points) => line(points, true)); break;
    case 'MultiPolygon': geometry.coordinates.flat().forEach((points) => line(points, true)); break;
    case 'GeometryCollection': geometry.geometries.forEach((part) => visit(part, line)); break;
    default: break;
  }
}

function walk(camera: Camera, points: readonly Position[], step: (x: number, y: number, first: boolean) => void): void {
  let x = 0, before = 0;
  points.forEach((point, i) => {
    const at = mercatorX(point[0]);
    // The first point goes to the copy of the world nearest to the view; each next one stays with it.
    x = i === 0 ? shortX(at - camera.x) : x + shortX(at - before);
    before = at;
    step(x * camera.scale + camera.width / 2, (mercatorY(point[1]) - camera.y) * camera.scale + camera.height / 2, i === 0);
  });
}

export function trace(ctx: CanvasRenderingContext2D, camera: Camera, geometry: GeoJSON.Geometry): void {
  visit(geometry, (points, closed) => {
    walk(camera, points, (x, y, first) => (first ? ctx.moveTo(x, y) : ctx.lineTo(x, y)));
    if (closed) ctx.closePath();
  });
}

export function bounds(camera: Camera, geometry: GeoJSON.Geometry): { x0: number; y0: number; x1: number; y1: number } {
  const box = { x0: Infinity, y0: Infinity, x1: -Infinity, y1: -Infinity };
  visit(geometry, (points) => walk(camera, points, (x, y) => {
    box.x0 = Math.min(box.x0, x);
    box.x1 = Math.max(box.x1, x);
    box.y0 = Math.min(box.y0, y);
    box.y1 = Math.max(box.y1, y);
  }));
  return box;
}

/** The first of some properties that is a text or a number. */
export function text(properties: Record<string, unknown>, ...keys: string[]): string {
  for (const key of keys) {
    const value = properties[key];
    if (typeof value === 'string' && value) return value;
    if (typeof value === 'number') return String(value);
  }
  return '';
}
