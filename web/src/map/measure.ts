// The measuring line: geodesic distance and true bearing between two ends. An end that is put on an aircraft
// goes along with it.

import { along, inverse } from '../geo/geodesic';
import { latOf, lonOf } from '../geo/mercator';
import { METRES_PER_NM } from '../geo/units';
import type { Picture } from '../model/picture';
import type { Camera } from './camera';
import { LINE_PX } from './labels';
import type { Palette } from './palette';

interface End { lat: number; lon: number; track: number | null }

/** Straight strokes of the drawn great circle. */
const STEPS = 48;

export class Measure {
  private from: End | null = null;
  private to: End | null = null;
  private fixed = false;

  get active(): boolean { return this.from !== null; }

  clear(): void {
    this.from = this.to = null;
    this.fixed = false;
  }

  /** First the one end, then the other, then anew. */
  click(end: End): void {
    if (this.from && !this.fixed) {
      this.to = end;
      this.fixed = true;
    } else {
      this.from = end;
      this.to = null;
      this.fixed = false;
    }
  }

  hover(end: End): void {
    if (this.from && !this.fixed) this.to = end;
  }

  text(picture: Picture, now_ms: number): string | null {
    if (!this.from || !this.to) return null;
    this.follow(this.from, picture, now_ms);
    this.follow(this.to, picture, now_ms);
    const line = inverse(this.from.lat, this.from.lon, this.to.lat, this.to.lon);
    const nm = line.distance_m / METRES_PER_NM;
    return `${nm < 100 ? nm.toFixed(2) : nm.toFixed(1)} NM  ${(line.distance_m / 1000).toFixed(1)} km  ` +
      `${bearing(line.initial_deg)}° T${line.exact ? '' : '  (sphere, ±0.6 %)'}`;
  }

  draw(ctx: CanvasRenderingContext2D, camera: Camera, picture: Picture, palette: Palette, now_ms: number, charPx: number): void {
    const text = this.text(picture, now_ms);
    if (!this.from) return;
    ctx.strokeStyle = ctx.fillStyle = palette.measure;
    ctx.lineWidth = 1.25;
    camera.projectLonLat(this.from.lon, this.from.lat);
    cross(ctx, camera.sx, camera.sy);
    if (!this.to || !text) return;
    ctx.setLineDash([2, 3]);
    ctx.beginPath();
    let px = NaN;
    for (let i = 0; i <= STEPS; i += 1) {
      const [lat, lon] = along(this.from.lat, this.from.lon, this.to.lat, this.to.lon, i / STEPS);
      camera.projectLonLat(lon, lat);
      // A stroke that leaves the one edge of the world comes back at the other: no line across the screen.
      if (i === 0 || Math.abs(camera.sx - px) > camera.width) ctx.moveTo(camera.sx, camera.sy);
      else ctx.lineTo(camera.sx, camera.sy);
      px = camera.sx;
    }
    ctx.stroke();
    ctx.setLineDash([]);
    camera.projectLonLat(this.to.lon, this.to.lat);
    cross(ctx, camera.sx, camera.sy);
    const width = text.length * charPx + 8;
    const x = Math.max(4, Math.min(camera.sx + 12, camera.width - width)), y = Math.max(LINE_PX, camera.sy - 10);
    ctx.fillStyle = palette.plate;
    ctx.fillRect(x - 4, y - LINE_PX + 1, width, LINE_PX + 4);
    ctx.fillStyle = palette.text;
    ctx.fillText(text, x, y);
  }

  private follow(end: End, picture: Picture, now_ms: number): void {
    const slot = end.track === null ? -1 : picture.tracks.slotOf(end.track);
    if (slot < 0) return;
    picture.tracks.locate(slot, now_ms);
    end.lon = lonOf(picture.tracks.outX);
    end.lat = latOf(picture.tracks.outY);
  }
}

/** Three digits, and north is 360, as it is spoken. */
export function bearing(deg: number): string {
  const whole = Math.round(deg) % 360;
  return String(whole === 0 ? 360 : whole).padStart(3, '0');
}

function cross(ctx: CanvasRenderingContext2D, x: number, y: number): void {
  ctx.beginPath();
  ctx.moveTo(x - 5, y);
  ctx.lineTo(x + 5, y);
  ctx.moveTo(x, y - 5);
  ctx.lineTo(x, y + 5);
  ctx.stroke();
}
