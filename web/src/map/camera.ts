// Where the map looks. One camera for both base maps: MapLibre is told, never asked.

import { latOf, lonOf, mercatorX, mercatorY, shortX } from '../geo/mercator';

const TILE_PX = 512;
const MAX_ZOOM = 14;

export class Camera {
  x = 0.5;
  y = 0.5;
  zoom = 3;
  width = 1;
  height = 1;
  /** Pixels of the unit square. */
  scale = TILE_PX * 8;
  /** Result of `project`. */
  sx = 0;
  sy = 0;
  /** Counted up when the view has changed. */
  version = 0;

  get lon(): number { return lonOf(this.x); }
  get lat(): number { return latOf(this.y); }

  resize(width: number, height: number): void {
    this.width = Math.max(1, width);
    this.height = Math.max(1, height);
    this.moveTo(this.x, this.y, this.zoom);
  }

  /** One world at the most is in view, so each aircraft stands in one place. */
  get minZoom(): number {
    return Math.max(0, Math.log2(Math.max(this.width, this.height) / TILE_PX));
  }

  moveTo(x: number, y: number, zoom: number): void {
    this.zoom = Math.max(this.minZoom, Math.min(MAX_ZOOM, zoom));
    this.scale = TILE_PX * 2 ** this.zoom;
    const half = this.height / 2 / this.scale;
    this.x = x - Math.floor(x);
    this.y = Math.max(half, Math.min(1 - half, y));
    this.version += 1;
  }

  lookAt(lat: number, lon: number, zoom: number): void {
    this.moveTo(mercatorX(lon), mercatorY(lat), zoom);
  }

  pan(dx_px: number, dy_px: number): void {
    this.moveTo(this.x + dx_px / this.scale, this.y + dy_px / this.scale, this.zoom);
  }

  /** Zooms and keeps what lies under a point of the screen there. */
  zoomAt(sx: number, sy: number, by: number): void {
    const x = this.x + (sx - this.width / 2) / this.scale, y = this.y + (sy - this.height / 2) / this.scale;
    const zoom = Math.max(this.minZoom, Math.min(MAX_ZOOM, this.zoom + by));
    const scale = TILE_PX * 2 ** zoom;
    this.moveTo(x - (sx - this.width / 2) / scale, y - (sy - this.height / 2) / scale, zoom);
  }

  /** A point of the square on the screen, into `sx` and `sy`: the copy of the world that is nearest. */
  project(x: number, y: number): void {
    this.sx = shortX(x - this.x) * this.scale + this.width / 2;
    this.sy = (y - this.y) * this.scale + this.height / 2;
  }

  projectLonLat(lon: number, lat: number): void {
    this.project(mercatorX(lon), mercatorY(lat));
  }

  xAt(sx: number): number { return this.x + (sx - this.width / 2) / this.scale; }
  yAt(sy: number): number { return this.y + (sy - this.height / 2) / this.scale; }
  lonAt(sx: number): number { return lonOf(this.xAt(sx)); }
  latAt(sy: number): number { return latOf(this.yAt(sy)); }

  /** Zoom at which a box of the square fills the view but for a margin. */
  zoomFor(width: number, height: number, margin_px: number): number {
    const w = Math.max(60, this.width - 2 * margin_px), h = Math.max(60, this.height - 2 * margin_px);
    const scale = Math.min(w / Math.max(width, 1e-9), h / Math.max(height, 1e-9));
    return Math.max(this.minZoom, Math.min(MAX_ZOOM, Math.log2(scale / TILE_PX)));
  }
}

export interface Box { x: number; y: number; width: number; height: number }

/** The smallest box around points, across the date line if that is shorter. */
export function boxAround(xs: number[], ys: number[]): Box | null {
  if (!xs.length) return null;
  const sorted = xs.map((x) => x - Math.floor(x)).sort((a, b) => a - b);
  // The widest gap between neighbours, the one over the date line included, is what lies outside.
  let gap = sorted[0] + 1 - sorted[sorted.length - 1], start = 0;
  for (let i = 1; i < sorted.length; i += 1) {
    if (sorted[i] - sorted[i - 1] > gap) {
      gap = sorted[i] - sorted[i - 1];
      start = i;
    }
  }
  let top = Infinity, bottom = -Infinity;
  for (const y of ys) {
    if (y < top) top = y;
    if (y > bottom) bottom = y;
  }
  const width = 1 - gap;
  return { x: sorted[start] + width / 2, y: (top + bottom) / 2, width, height: bottom - top };
}
