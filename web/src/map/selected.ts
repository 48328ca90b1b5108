// The way of the selected aircraft: where it was, as the service has kept it, and where it is expected.

import { mercatorX, mercatorY } from '../geo/mercator';
import * as api from '../stream/api';
import type { Camera } from './camera';
import type { Palette } from './palette';

/** What is expected changes; it is asked for again this often. */
const REFRESH_MS = 5000;

export class SelectedWay {
  private id: number | null = null;
  private past: Float64Array = new Float64Array(0);
  private ahead: Float64Array = new Float64Array(0);
  private timer: ReturnType<typeof setInterval> | undefined;

  constructor(private readonly changed: () => void) {}

  /** `live` is false in a recording: what the service expects is of now, and would be wrong there. */
  choose(id: number | null, live: boolean): void {
    const wanted = live ? id : null;
    if (wanted === this.id) return;
    this.id = wanted;
    clearInterval(this.timer);
    this.past = this.ahead = new Float64Array(0);
    if (wanted === null) return;
    const ask = () => {
      void api.trail(wanted).then(({ points }) => this.take(wanted, 'past', points), () => undefined);
      void api.trajectory(wanted).then(({ points }) => this.take(wanted, 'ahead', points), () => undefined);
    };
    ask();
    this.timer = setInterval(ask, REFRESH_MS);
  }

  draw(ctx: CanvasRenderingContext2D, camera: Camera, palette: Palette): void {
    ctx.strokeStyle = palette.selected;
    ctx.lineWidth = 1.25;
    ctx.globalAlpha = 0.55;
    this.line(ctx, camera, this.past);
    ctx.setLineDash([2, 4]);
    this.line(ctx, camera, this.ahead);
    ctx.setLineDash([]);
    ctx.globalAlpha = 1;
  }

  private take(id: number, which: 'past' | 'ahead', points: { lat: number; lon: number }[]): void {
    if (id !== this.id) return;
    const xy = new Float64Array(points.length * 2);
    points.forEach((p, i) => {
      xy[2 * i] = mercatorX(p.lon);
      xy[2 * i + 1] = mercatorY(p.lat);
    });
    this[which] = xy;
    this.changed();
  }

  private line(ctx: CanvasRenderingContext2D, camera: Camera, xy: Float64Array): void {
    ctx.beginPath();
    let before = NaN;
    for (let i = 0; i < xy.length; i += 2) {
      camera.project(xy[i], xy[i + 1]);
      // From one edge of the world to the other there is no stroke.
      if (i === 0 || Math.abs(camera.sx - before) > camera.scale / 2) ctx.moveTo(camera.sx, camera.sy);
      else ctx.lineTo(camera.sx, camera.sy);
      before = camera.sx;
    }
    ctx.stroke();
  }
}
