// Aircraft symbols, drawn once for each shape, colour, state and direction and copied from then on:
// copying a small square is several times cheaper than filling a turned path.

import { COASTING, LIVE } from '../model/tracks';
import { RADIANS } from '../geo/units';
import { SHAPES, TURNS } from './shapes';

/** Every 7.5°: less than a pixel at the wing tip of a symbol. */
const DIRECTIONS = 48;
/** Side of a cell in CSS pixels. */
export const CELL = 26;
const PAGE_CELLS = 24;

export class Sprites {
  private pages: HTMLCanvasElement[] = [];
  private index = new Map<number, number>();
  private next = 0;
  private cell_px: number;
  private page: CanvasRenderingContext2D | null = null;

  constructor(private readonly ratio: number) {
    this.cell_px = Math.ceil(CELL * ratio);
  }

  /** Forgets all, as after a change of theme. */
  clear(): void {
    this.pages = [];
    this.index.clear();
    this.next = 0;
  }

  draw(
    ctx: CanvasRenderingContext2D, x: number, y: number, shape: number, colourKey: number, colour: string,
    freshness: number, trk_deg: number, small: boolean,
  ): void {
    const direction = TURNS[shape] && trk_deg === trk_deg ? Math.round((trk_deg / 360) * DIRECTIONS) % DIRECTIONS : 0;
    const key = (((((shape << 8) | colourKey) << 2) | freshness) * 2 + (small ? 1 : 0)) * DIRECTIONS + direction;
    let at = this.index.get(key);
    if (at === undefined) at = this.make(key, shape, colour, freshness, direction, small);
    const perPage = PAGE_CELLS * PAGE_CELLS;
    const within = at % perPage;
    const px = this.cell_px;
    ctx.drawImage(
      this.pages[(at / perPage) | 0], (within % PAGE_CELLS) * px, ((within / PAGE_CELLS) | 0) * px, px, px,
      Math.round((x - CELL / 2) * this.ratio) / this.ratio, Math.round((y - CELL / 2) * this.ratio) / this.ratio,
      px / this.ratio, px / this.ratio,
    );
  }

  private make(key: number, shape: number, colour: string, freshness: number, direction: number, small: boolean): number {
    const perPage = PAGE_CELLS * PAGE_CELLS;
    if (this.next % perPage === 0) {
      const canvas = document.createElement('canvas');
      canvas.width = canvas.height = PAGE_CELLS * this.cell_px;
      this.pages.push(canvas);
      this.page = canvas.getContext('2d');
    }
    const at = this.next;
    this.next += 1;
    this.index.set(key, at);
    const ctx = this.page;
    if (!ctx) return at;
    const within = at % perPage;
    ctx.save();
    ctx.translate(((within % PAGE_CELLS) + 0.5) * this.cell_px, (((within / PAGE_CELLS) | 0) + 0.5) * this.cell_px);
    symbol(ctx, this.ratio * (small ? 0.62 : 0.9), shape, colour, freshness, (direction * 360) / DIRECTIONS);
    ctx.restore();
    return at;
  }
}

/** Heard: filled. Extrapolated: an outline. Not to be trusted: a broken outline with a stroke across. */
export function symbol(
  ctx: CanvasRenderingContext2D, scale: number, shape: number, colour: string, freshness: number, turn_deg: number,
): void {
  ctx.save();
  ctx.scale(scale, scale);
  ctx.rotate(turn_deg * RADIANS);
  ctx.beginPath();
  SHAPES[shape](ctx);
  ctx.fillStyle = ctx.strokeStyle = colour;
  ctx.lineJoin = 'round';
  if (freshness === LIVE) {
    ctx.fill();
  } else {
    ctx.lineWidth = 1.3;
    if (freshness !== COASTING) ctx.setLineDash([2, 1.6]);
    ctx.stroke();
  }
  ctx.restore();
  if (freshness !== LIVE && freshness !== COASTING) {
    ctx.save();
    ctx.scale(scale, scale);
    ctx.strokeStyle = colour;
    ctx.lineWidth = 1.6;
    ctx.beginPath();
    ctx.moveTo(-9, 9);
    ctx.lineTo(9, -9);
    ctx.stroke();
    ctx.restore();
  }
}
