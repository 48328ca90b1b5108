// How much has been seen where, since this display has been looking: positions counted in a fixed grid. Counts
// are of positions seen, not of aircraft: a slow one counts longer in its cell, which is what density is.

import { EARTH_RADIUS_M } from '../geo/units';
import type { TrackStore } from '../model/tracks';
import type { Camera } from './camera';
import type { Palette } from './palette';

/** Cells to the side of the world: 4.9 km at the equator, less towards the poles. */
const CELLS = 8192;
export const CELL_M = (2 * Math.PI * EARTH_RADIUS_M) / CELLS;
/** Cells are counted this far apart in data time. */
const STEP_MS = 5000;
const MOST_CELLS = 200_000;

export class Density {
  private counts = new Map<number, number>();
  private last_ms = -Infinity;
  since_ms = NaN;
  most = 0;

  clear(): void {
    this.counts.clear();
    this.last_ms = -Infinity;
    this.since_ms = NaN;
    this.most = 0;
  }

  see(tracks: TrackStore, time_ms: number): void {
    if (time_ms - this.last_ms < STEP_MS && time_ms >= this.last_ms) return;
    this.last_ms = time_ms;
    if (Number.isNaN(this.since_ms)) this.since_ms = time_ms;
    for (let i = 0; i < tracks.high; i += 1) {
      if (!tracks.used[i] || tracks.ground[i]) continue;
      const column = Math.floor((tracks.x[i] - Math.floor(tracks.x[i])) * CELLS), row = Math.floor(tracks.y[i] * CELLS);
      const key = row * CELLS + column;
      const count = (this.counts.get(key) ?? 0) + 1;
      if (count === 1 && this.counts.size >= MOST_CELLS) continue;
      this.counts.set(key, count);
      if (count > this.most) this.most = count;
    }
  }

  draw(ctx: CanvasRenderingContext2D, camera: Camera, palette: Palette): void {
    if (this.most === 0) return;
    const size = Math.max(1.5, camera.scale / CELLS);
    const scale = Math.log1p(this.most);
    for (const [key, count] of this.counts) {
      camera.project(((key % CELLS) + 0.5) / CELLS, (Math.floor(key / CELLS) + 0.5) / CELLS);
      if (camera.sx < -size || camera.sy < -size || camera.sx > camera.width + size || camera.sy > camera.height + size) continue;
      ctx.fillStyle = `rgba(${palette.density},${(0.08 + 0.5 * (Math.log1p(count) / scale)).toFixed(2)})`;
      ctx.fillRect(camera.sx - size / 2, camera.sy - size / 2, size, size);
    }
  }
}
