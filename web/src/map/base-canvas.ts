// The base map without WebGL: the same outlines in the same projection, on a canvas.

import { mercatorX, mercatorY, shortX } from '../geo/mercator';
import type { Camera } from './camera';
import type { Outlines, Ring } from './land';
import type { Palette } from './palette';

interface Path { points: Float64Array; x0: number; x1: number; y0: number; y1: number }
interface Detail { land: Path[]; coast: Path[]; borders: Path[] }

/** From this zoom on the fine outlines are drawn. */
const FINE_ZOOM = 4;

export class CanvasBase {
  private coarse: Detail | null = null;
  private fine: Detail | null = null;

  load(detail: 'coarse' | 'fine', outlines: Outlines): void {
    this[detail] = {
      land: outlines.land.geometry.coordinates.flat().map((ring) => projected(ring as Ring)),
      coast: outlines.coast.map(projected),
      borders: outlines.borders.map(projected),
    };
  }

  draw(ctx: CanvasRenderingContext2D, camera: Camera, palette: Palette): void {
    ctx.fillStyle = palette.sea;
    ctx.fillRect(0, 0, camera.width, camera.height);
    const detail = camera.zoom >= FINE_ZOOM ? this.fine ?? this.coarse : this.coarse ?? this.fine;
    if (!detail) return;
    ctx.lineJoin = 'round';
    ctx.beginPath();
    for (const path of detail.land) trace(ctx, camera, path, true);
    ctx.fillStyle = palette.land;
    ctx.fill('evenodd');
    stroke(ctx, camera, detail.borders, palette.border, 0.8);
    stroke(ctx, camera, detail.coast, palette.coast, 1);
  }
}

function stroke(ctx: CanvasRenderingContext2D, camera: Camera, paths: Path[], colour: string, width: number): void {
  ctx.beginPath();
  for (const path of paths) trace(ctx, camera, path, false);
  ctx.strokeStyle = colour;
  ctx.lineWidth = width;
  ctx.stroke();
}

/** A path into the current one, in each copy of the world that is in view; points closer than a pixel are left out. */
function trace(ctx: CanvasRenderingContext2D, camera: Camera, path: Path, close: boolean): void {
  const halfX = camera.width / 2 / camera.scale, halfY = camera.height / 2 / camera.scale;
  if (path.y1 < camera.y - halfY || path.y0 > camera.y + halfY) return;
  for (let copy = -1; copy <= 1; copy += 1) {
    if (path.x1 + copy < camera.x - halfX || path.x0 + copy > camera.x + halfX) continue;
    const ox = (copy - camera.x) * camera.scale + camera.width / 2, oy = -camera.y * camera.scale + camera.height / 2;
    const points = path.points;
    let px = NaN, py = NaN;
    for (let i = 0; i < points.length; i += 2) {
      const x = points[i] * camera.scale + ox, y = points[i + 1] * camera.scale + oy;
      if (i === 0) ctx.moveTo(x, y);
      else if (i < points.length - 2 && Math.abs(x - px) < 0.8 && Math.abs(y - py) < 0.8) continue;
      else ctx.lineTo(x, y);
      px = x;
      py = y;
    }
    if (close) ctx.closePath();
  }
}

function projected(ring: Ring): Path {
  const points = new Float64Array(ring.length * 2);
  let x0 = Infinity, x1 = -Infinity, y0 = Infinity, y1 = -Infinity;
  let before = NaN;
  ring.forEach(([lon, lat], i) => {
    // An island on the date line goes on beyond the edge of the square and does not turn back through the world.
    const x = i === 0 ? mercatorX(lon) : before + shortX(mercatorX(lon) - before), y = mercatorY(lat);
    before = x;
    points[2 * i] = x;
    points[2 * i + 1] = y;
    x0 = Math.min(x0, x); x1 = Math.max(x1, x);
    y0 = Math.min(y0, y); y1 = Math.max(y1, y);
  });
  return { points, x0, x1, y0, y1 };
}
