// The moving aircraft: trails, speed vectors, symbols, data blocks. One pass finds what is in view; nothing is
// allocated in a frame.

import { TRAIL_POINTS, STALE, type TrackStore } from '../model/tracks';
import type { Camera } from './camera';
import { GAP_PX, LINE_PX, RING_GAP_PX, type Labels } from './labels';
import { GROUND_GROUP, groupColour, groupOf, GROUPS, type Brush } from './brush';
import type { Palette } from './palette';
import { DENSE, FULL, SMALL } from './sprites';

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
/** With more in view the symbols are smaller: they hide each other less. */
const DENSE_FROM = 1500;

export class TrafficLayer {
  /** Slots in view and where they are on the screen. */
  private seen = new Int32Array(1024);
  private sx = new Float32Array(1024);
  private sy = new Float32Array(1024);
  private at = new Int32Array(1024);
  /** Indices into `seen` by group of colour: those of group g from `start[g]` to `start[g + 1]`. */
  private order = new Int32Array(1024);
  private readonly start = new Int32Array(GROUPS + 1);
  inView = 0;
  labelled = 0;
  charPx = 7;

  /** Finds what is in view. */
  cull(tracks: TrackStore, camera: Camera, now_ms: number): void {
    if (this.at.length < tracks.capacity) {
      this.seen = new Int32Array(tracks.capacity);
      this.at = new Int32Array(tracks.capacity);
      this.order = new Int32Array(tracks.capacity);
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
    this.group(tracks);
  }

  /** A counting sort: strokes of one colour are drawn together. */
  private group(tracks: TrackStore): void {
    const { start, order, seen } = this;
    start.fill(0);
    for (let n = 0; n < this.inView; n += 1) start[groupOf(tracks.colour[seen[n]]) + 1] += 1;
    for (let g = 0; g < GROUPS; g += 1) start[g + 1] += start[g];
    for (let n = this.inView - 1; n >= 0; n -= 1) {
      const g = groupOf(tracks.colour[seen[n]]);
      start[g + 1] -= 1;
      order[start[g + 1]] = n;
    }
    // Each start has gone back to that of the group before it.
    for (let g = 0; g < GROUPS; g += 1) start[g] = start[g + 1];
    start[GROUPS] = this.inView;
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

  trails(brush: Brush, tracks: TrackStore, camera: Camera, o: TrafficOptions): void {
    if (o.trail_min <= 0 || this.inView === 0) return;
    const wanted = Math.min(TRAIL_POINTS, Math.round(o.trail_min * POINTS_PER_MIN));
    const points = Math.min(wanted, Math.floor(TRAIL_BUDGET / this.inView));
    if (points < 1) return;
    for (let group = 0; group < GROUPS; group += 1) {
      brush.colour(group);
      for (let at = this.start[group]; at < this.start[group + 1]; at += 1) {
        const i = this.seen[this.order[at]];
        const have = Math.min(points, tracks.trailLength[i]);
        const base = i * TRAIL_POINTS;
        for (let k = 1; k <= have; k += 1) {
          const from = base + ((tracks.trailNext[i] - k + TRAIL_POINTS) % TRAIL_POINTS);
          camera.project(tracks.trailX[from], tracks.trailY[from]);
          brush.dot(camera.sx, camera.sy, 0.6 * (1 - k / (points + 1)));
        }
      }
      brush.flush();
    }
  }

  vectors(brush: Brush, tracks: TrackStore, camera: Camera, o: TrafficOptions): void {
    if (o.vector_min <= 0) return;
    const seconds = o.vector_min * 60 * camera.scale;
    for (let group = 0; group < GROUPS; group += 1) {
      brush.colour(group);
      for (let at = this.start[group]; at < this.start[group + 1]; at += 1) {
        const n = this.order[at], i = this.seen[n];
        if (tracks.freshness[i] === STALE || tracks.ground[i]) continue;
        const dx = tracks.vx[i] * seconds, dy = tracks.vy[i] * seconds;
        // Shorter than the symbol's own nose it says nothing.
        if (dx * dx + dy * dy >= 64) brush.line(this.sx[n], this.sy[n], this.sx[n] + dx, this.sy[n] + dy);
      }
      brush.flush();
    }
  }

  symbols(brush: Brush, tracks: TrackStore, o: TrafficOptions): void {
    const dense = this.inView > DENSE_FROM;
    // Those in conflict last, so that nothing lies over them.
    for (let pass = 0; pass < 2; pass += 1) {
      for (let n = 0; n < this.inView; n += 1) {
        const i = this.seen[n];
        if ((tracks.level[i] > 0) !== (pass === 1)) continue;
        const ground = tracks.ground[i] === 1;
        const size = ground ? SMALL : dense && pass === 0 && i !== o.selectedSlot ? DENSE : FULL;
        brush.symbol(this.sx[n], this.sy[n], tracks.shape[i], ground ? GROUND_GROUP : groupOf(tracks.colour[i]), tracks.freshness[i], tracks.trk_deg[i], size,
          o.onlyColour >= 0 && tracks.colour[i] !== o.onlyColour);
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
          ? labels.place(this.sx[n], this.sy[n], this.width(tracks, i, o), this.lines(tracks, i, o) * LINE_PX, gapOf(tracks, i), tracks.label[i], must)
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
      labels.corner(this.sx[n], this.sy[n], width, height, gapOf(tracks, i), place);
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
      ctx.fillStyle = level === 0 ? groupColour(palette, groupOf(tracks.colour[i])) : level === 1 ? palette.predicted : palette.imminent;
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

  /** The aircraft whose data block lies under a point of the screen, as a slot, or -1. */
  labelAt(tracks: TrackStore, labels: Labels, o: TrafficOptions, x: number, y: number): number {
    for (let n = 0; n < this.inView; n += 1) {
      const i = this.seen[n];
      if (tracks.label[i] < 0) continue;
      const width = this.width(tracks, i, o), height = this.lines(tracks, i, o) * LINE_PX;
      labels.corner(this.sx[n], this.sy[n], width, height, gapOf(tracks, i), tracks.label[i]);
      if (x >= labels.x && y >= labels.y && x <= labels.x + width && y <= labels.y + height) return i;
    }
    return -1;
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

function gapOf(tracks: TrackStore, i: number): number {
  return tracks.level[i] > 0 ? RING_GAP_PX : GAP_PX;
}

function operatorText(tracks: TrackStore, i: number): string {
  return tracks.info[i]?.operator ?? 'undeclared';
}
