// Aircraft symbols, drawn once for each shape, colour, state and direction and copied from then on: as pictures
// while there are few, as plain pixels (see raster.ts) when there are very many.

import { COASTING, LIVE } from '../model/tracks';
import { RADIANS } from '../geo/units';
import { SHAPES, TURNS } from './shapes';

/** Every 7.5°: less than a pixel at the wing tip of a symbol. */
const DIRECTIONS = 48;
/** Side of a symbol's square in CSS pixels. */
export const CELL = 26;
/** Of an aircraft usually, where there are very many, and on the ground. */
export const FULL = 0, DENSE = 1, SMALL = 2;
const SCALES = [0.9, 0.7, 0.62];
/** Of an aircraft that steps back. */
const FADED = 0.25;

/** How much of each pixel a symbol covers, for those that it covers at all; the colour is added when it is copied. */
export interface Mask {
  /** Coverage in the upper eight bits. */
  values: Int32Array;
  dx: Int8Array;
  dy: Int8Array;
  /** Steps from the centre to each pixel in a raster as wide as `stride`. */
  offsets: Int32Array;
  stride: number;
  /** No pixel is further from the centre. */
  reach: number;
}

export class Sprites {
  private readonly pictures = new Map<number, HTMLCanvasElement>();
  private masks: (Mask | undefined)[] = [];
  private readonly side: number;
  private scratch: CanvasRenderingContext2D | null = null;

  constructor(private readonly ratio: number) {
    this.side = Math.ceil(CELL * ratio);
  }

  /** Forgets what has a colour, as after a change of theme. */
  clear(): void {
    this.pictures.clear();
  }

  draw(
    ctx: CanvasRenderingContext2D, x: number, y: number, shape: number, colourKey: number, colour: string, freshness: number,
    trk_deg: number, size: number, faded: boolean,
  ): void {
    const direction = directionOf(shape, trk_deg);
    const key = keyOf(shape, freshness, direction, size, faded) * 16 + colourKey;
    let picture = this.pictures.get(key);
    if (!picture) {
      picture = document.createElement('canvas');
      picture.width = picture.height = this.side;
      const to = picture.getContext('2d');
      if (to) this.paint(to, shape, colour, freshness, direction, size, faded);
      this.pictures.set(key, picture);
    }
    const extent = this.side / this.ratio, half = this.side / 2;
    ctx.drawImage(picture, Math.round(x * this.ratio - half) / this.ratio, Math.round(y * this.ratio - half) / this.ratio, extent, extent);
  }

  mask(shape: number, freshness: number, trk_deg: number, size: number, faded: boolean): Mask {
    const direction = directionOf(shape, trk_deg), key = keyOf(shape, freshness, direction, size, faded);
    let mask = this.masks[key];
    if (!mask) {
      this.scratch ??= scratch(this.side);
      if (this.scratch) {
        this.scratch.clearRect(0, 0, this.side, this.side);
        this.paint(this.scratch, shape, '#ffffff', freshness, direction, size, faded);
      }
      mask = gathered(this.scratch ? new Int32Array(this.scratch.getImageData(0, 0, this.side, this.side).data.buffer) : new Int32Array(0), this.side);
      this.masks[key] = mask;
    }
    return mask;
  }

  private paint(ctx: CanvasRenderingContext2D, shape: number, colour: string, freshness: number, direction: number, size: number, faded: boolean): void {
    ctx.save();
    ctx.translate(this.side / 2, this.side / 2);
    if (faded) ctx.globalAlpha = FADED;
    symbol(ctx, this.ratio * SCALES[size], shape, colour, freshness, (direction * 360) / DIRECTIONS);
    ctx.restore();
  }
}

function directionOf(shape: number, trk_deg: number): number {
  return TURNS[shape] && trk_deg === trk_deg ? Math.round((trk_deg / 360) * DIRECTIONS) % DIRECTIONS : 0;
}

function keyOf(shape: number, freshness: number, direction: number, size: number, faded: boolean): number {
  return ((((shape << 2) | freshness) << 3) | (size << 1) | (faded ? 1 : 0)) * DIRECTIONS + direction;
}

function scratch(side: number): CanvasRenderingContext2D | null {
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = side;
  return canvas.getContext('2d', { willReadFrequently: true });
}

function gathered(all: Int32Array, side: number): Mask {
  const values: number[] = [], dx: number[] = [], dy: number[] = [], half = Math.floor(side / 2);
  for (let i = 0; i < all.length; i += 1) {
    const coverage = all[i] & 0xff000000;
    if (coverage === 0) continue;
    values.push(coverage);
    dx.push((i % side) - half);
    dy.push(Math.floor(i / side) - half);
  }
  return {
    values: Int32Array.from(values), dx: Int8Array.from(dx), dy: Int8Array.from(dy), offsets: new Int32Array(values.length), stride: -1, reach: half + 1,
  };
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
    if (freshness !== COASTING) ctx.setLineDash([3.4, 2]);
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
