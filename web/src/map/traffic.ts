// The moving aircraft: trails, speed vectors, symbols, data blocks. One pass finds what is in view; nothing is
// allocated in a frame.

import { TRAIL_POINTS, STALE, type TrackStore } from '../model/tracks';
import type { Camera } from './camera';
import { LINE_PX, type Labels } from './labels';
import { NO_OPERATOR, operatorColour, type Palette } from './palette';
import type { Sprites } from './sprites';

export interface TrafficOptions {
  vector_min: number;
  trail_min: number;
  labels: 'auto' | 'alerts' | 'off';
  labelOperator: boolean;
  selectedSlot: number;
  hoveredSlot: number;
  /** Index of the operator that is pointed at, or -1: the others step back. */
  onlyColour: number;
}

/** Points of trails that are drawn at the most; with more aircraft each trail is shorter. */
const TRAIL_BUDGET = 9000;
/** Points a minute (one in five seconds). */
const POINTS_PER_MIN = 12;
const EDGE_PX = 40;
const COLOURS = 16;

export class TrafficLayer {
  /** Slots in view and where they are on the screen. */
  private seen = new Int32Array(1024);
  private sx = new Float32Array(1024);
  private sy = new Float32Array(1024);
  private at = new Int32Array(1024);
  inView = 0;
  labelled = 0;
  charPx = 7;

  /** Finds what is in view. */
  cull(tracks: TrackStore, camera: Camera, now_ms: number): void {
    if (this.at.length < tracks.capacity) {
      this.seen = new Int32Array(tracks.capacity);
      this.at = new Int32Array(tracks.capacity);
      this.sx = new Float32Array(tracks.capacity);
      this.sy = new Float32Array(tracks.capacity);
    }
    let n = 0;
    const right = camera.width + EDGE_PX, bottom = camera.height + EDGE_PX;
    for (let i = 0; i < tracks.high; i += 1) {
      if (!tracks.shown[i]) {
        this.at[i] = -1;
        continue;
      }
      tracks.locate(i, now_ms);
      camera.project(tracks.outX, tracks.outY);
      const x = camera.sx, y = camera.sy;
      if (x < -EDGE_PX || y < -EDGE_PX || x > right || y > bottom) {
        this.at[i] = -1;
        continue;
      }
      this.at[i] = n;
      this.seen[n] = i;
      this.sx[n] = x;
      this.sy[n] = y;
      n += 1;
    }
    this.inView = n;
  }

  /** The aircraft nearest to a point of the screen, as a slot, or -1. */
  nearest(x: number, y: number, within_px: number): number {
    let best = within_px * within_px, slot = -1;
    for (let n = 0; n < this.inView; n += 1) {
      const dx = this.sx[n] - x, dy = this.sy[n] - y, d = dx * dx + dy * dy;
      if (d < best) {
        best = d;
        slot = this.seen[n];
      }
    }
    return slot;
  }

  trails(ctx: CanvasRenderingContext2D, tracks: TrackStore, camera: Camera, palette: Palette, o: TrafficOptions): void {
    if (o.trail_min <= 0 || this.inView === 0) return;
    const wanted = Math.min(TRAIL_POINTS, Math.round(o.trail_min * POINTS_PER_MIN));
    const points = Math.min(wanted, Math.floor(TRAIL_BUDGET / this.inView));
    if (points < 1) return;
    for (let group = 0; group < COLOURS; group += 1) {
      ctx.fillStyle = colourOf(palette, group);
      for (let n = 0; n < this.inView; n += 1) {
        const i = this.seen[n];
        if (groupOf(tracks.colour[i]) !== group) continue;
        const have = Math.min(points, tracks.trailLength[i]);
        const base = i * TRAIL_POINTS;
        for (let k = 1; k <= have; k += 1) {
          const from = base + ((tracks.trailNext[i] - k + TRAIL_POINTS) % TRAIL_POINTS);
          camera.project(tracks.trailX[from], tracks.trailY[from]);
          ctx.globalAlpha = 0.6 * (1 - k / (points + 1));
          ctx.fillRect(camera.sx - 0.75, camera.sy - 0.75, 1.5, 1.5);
        }
      }
    }
    ctx.globalAlpha = 1;
  }

  vectors(ctx: CanvasRenderingContext2D, tracks: TrackStore, camera: Camera, palette: Palette, o: TrafficOptions): void {
    if (o.vector_min <= 0) return;
    const seconds = o.vector_min * 60 * camera.scale;
    ctx.lineWidth = 1;
    ctx.globalAlpha = 0.7;
    for (let group = 0; group < COLOURS; group += 1) {
      let any = false;
      for (let n = 0; n < this.inView; n += 1) {
        const i = this.seen[n];
        if (groupOf(tracks.colour[i]) !== group || tracks.freshness[i] === STALE || tracks.ground[i]) continue;
        const dx = tracks.vx[i] * seconds, dy = tracks.vy[i] * seconds;
        if (dx * dx + dy * dy < 64) continue;
        if (!any) ctx.beginPath();
        any = true;
        ctx.moveTo(this.sx[n], this.sy[n]);
        ctx.lineTo(this.sx[n] + dx, this.sy[n] + dy);
      }
      if (any) {
        ctx.strokeStyle = colourOf(palette, group);
        ctx.stroke();
      }
    }
    ctx.globalAlpha = 1;
  }

  symbols(ctx: CanvasRenderingContext2D, tracks: TrackStore, palette: Palette, sprites: Sprites, o: TrafficOptions): void {
    // Those in conflict last, so that nothing lies over them.
    for (let pass = 0; pass < 2; pass += 1) {
      for (let n = 0; n < this.inView; n += 1) {
        const i = this.seen[n];
        if ((tracks.level[i] > 0) !== (pass === 1)) continue;
        const back = o.onlyColour >= 0 && tracks.colour[i] !== o.onlyColour;
        const ground = tracks.ground[i] === 1;
        const group = ground ? COLOURS : groupOf(tracks.colour[i]);
        if (back) ctx.globalAlpha = 0.25;
        sprites.draw(ctx, this.sx[n], this.sy[n], tracks.shape[i], group,
          ground ? palette.ground : colourOf(palette, group), tracks.freshness[i], tracks.trk_deg[i], ground);
        if (back) ctx.globalAlpha = 1;
      }
    }
  }

  marks(ctx: CanvasRenderingContext2D, palette: Palette, o: TrafficOptions): void {
    for (const slot of [o.selectedSlot, o.hoveredSlot]) {
      const n = slot < 0 ? -1 : this.at[slot];
      if (n < 0) continue;
      ctx.strokeStyle = palette.selected;
      ctx.globalAlpha = slot === o.selectedSlot ? 1 : 0.5;
      ctx.lineWidth = 1.25;
      const x = Math.round(this.sx[n]) + 0.5, y = Math.round(this.sy[n]) + 0.5, r = 12, c = 5;
      ctx.beginPath();
      for (const [ux, uy] of CORNERS) {
        ctx.moveTo(x + ux * r, y + uy * (r - c));
        ctx.lineTo(x + ux * r, y + uy * r);
        ctx.lineTo(x + ux * (r - c), y + uy * r);
      }
      ctx.stroke();
      ctx.globalAlpha = 1;
    }
  }

  /** Finds places for the data blocks: what is chosen or in conflict first, then the others. */
  placeLabels(tracks: TrackStore, labels: Labels, o: TrafficOptions): void {
    for (let n = 0; n < this.inView; n += 1) labels.occupy(this.sx[n], this.sy[n]);
    for (let pass = 0; pass < 2; pass += 1) {
      for (let n = 0; n < this.inView; n += 1) {
        const i = this.seen[n];
        const must = tracks.level[i] > 0 || i === o.selectedSlot || i === o.hoveredSlot;
        if (must !== (pass === 0)) continue;
        const wanted = must || (o.labels === 'auto' && !labels.full && !tracks.ground[i] &&
          (o.onlyColour < 0 || tracks.colour[i] === o.onlyColour));
        tracks.label[i] = wanted
          ? labels.place(this.sx[n], this.sy[n], this.width(tracks, i, o), this.lines(tracks, i, o) * LINE_PX, tracks.label[i], must)
          : -1;
      }
    }
  }

  labels(ctx: CanvasRenderingContext2D, tracks: TrackStore, palette: Palette, labels: Labels, o: TrafficOptions): void {
    let count = 0;
    for (let n = 0; n < this.inView; n += 1) {
      const i = this.seen[n];
      const place = tracks.label[i];
      if (place < 0) continue;
      count += 1;
      const width = this.width(tracks, i, o), lines = this.lines(tracks, i, o), height = lines * LINE_PX;
      labels.corner(this.sx[n], this.sy[n], width, height, place);
      const x = Math.round(labels.x), y = Math.round(labels.y);
      const level = tracks.level[i];
      ctx.strokeStyle = palette.dim;
      ctx.globalAlpha = 0.6;
      ctx.lineWidth = 0.75;
      ctx.beginPath();
      ctx.moveTo(this.sx[n] + (x > this.sx[n] ? 8 : x + width < this.sx[n] ? -8 : 0), this.sy[n] + (x <= this.sx[n] && x + width >= this.sx[n] ? (y > this.sy[n] ? 8 : -8) : 0));
      ctx.lineTo(Math.max(x - 2, Math.min(x + width, this.sx[n])), Math.max(y, Math.min(y + height, this.sy[n])));
      ctx.stroke();
      ctx.globalAlpha = 1;
      ctx.fillStyle = level === 0 ? colourOf(palette, groupOf(tracks.colour[i])) : level === 1 ? palette.predicted : palette.imminent;
      ctx.fillText(tracks.name[i], x, y + 10);
      ctx.fillStyle = palette.text;
      ctx.fillText(tracks.figures[i], x, y + 10 + LINE_PX);
      if (lines === 3) {
        ctx.fillStyle = palette.dim;
        ctx.fillText(tracks.freshness[i] === STALE ? 'STALE' : operatorText(tracks, i), x, y + 10 + 2 * LINE_PX);
      }
    }
    this.labelled = count;
  }

  private lines(tracks: TrackStore, i: number, o: TrafficOptions): number {
    return tracks.freshness[i] === STALE || o.labelOperator || i === o.selectedSlot || i === o.hoveredSlot ? 3 : 2;
  }

  private width(tracks: TrackStore, i: number, o: TrafficOptions): number {
    let chars = Math.max(tracks.name[i].length, tracks.figures[i].length);
    if (this.lines(tracks, i, o) === 3) chars = Math.max(chars, operatorText(tracks, i).length);
    return chars * this.charPx;
  }
}

const CORNERS = [[-1, -1], [1, -1], [1, 1], [-1, 1]] as const;

function operatorText(tracks: TrackStore, i: number): string {
  return tracks.info[i]?.operator ?? 'undeclared';
}

/** Operators share colours beyond the eighth; those of nobody are the last group. */
function groupOf(colour: number): number {
  return colour === NO_OPERATOR ? COLOURS - 1 : colour % 8;
}

function colourOf(palette: Palette, group: number): string {
  return operatorColour(palette, group === COLOURS - 1 ? NO_OPERATOR : group);
}
