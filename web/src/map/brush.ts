// What the moving aircraft are drawn with: the browser's canvas while they are few, our own pixels when they are
// very many. The traffic layer knows only this.

import { operatorColour, NO_OPERATOR, type Palette } from './palette';
import { packed, type Raster } from './raster';
import type { Sprites } from './sprites';

/** Operators share colours beyond the eighth; those of nobody, and those on the ground, have groups of their own. */
export const UNDECLARED_GROUP = 8, GROUND_GROUP = 9, GROUPS = 10;

export function groupOf(colour: number): number {
  return colour === NO_OPERATOR ? UNDECLARED_GROUP : colour % 8;
}

export function groupColour(palette: Palette, group: number): string {
  if (group === GROUND_GROUP) return palette.ground;
  return operatorColour(palette, group === UNDECLARED_GROUP ? NO_OPERATOR : group);
}

export interface Brush {
  /** All that follows has this colour. */
  colour(group: number): void;
  dot(x: number, y: number, alpha: number): void;
  line(x1: number, y1: number, x2: number, y2: number): void;
  /** Lines are on the canvas. */
  flush(): void;
  symbol(x: number, y: number, shape: number, group: number, freshness: number, trk_deg: number, size: number, faded: boolean): void;
}

const DOT_PX = 1.5, LINE_ALPHA = 0.7;

export class CanvasBrush implements Brush {
  private open = false;
  private group = 0;
  constructor(private readonly ctx: CanvasRenderingContext2D, private readonly sprites: Sprites, private readonly palette: Palette) {}

  colour(group: number): void {
    this.group = group;
    this.ctx.fillStyle = groupColour(this.palette, group);
  }

  dot(x: number, y: number, alpha: number): void {
    this.ctx.globalAlpha = alpha;
    this.ctx.fillRect(x - DOT_PX / 2, y - DOT_PX / 2, DOT_PX, DOT_PX);
  }

  line(x1: number, y1: number, x2: number, y2: number): void {
    if (!this.open) this.ctx.beginPath();
    this.open = true;
    this.ctx.moveTo(x1, y1);
    this.ctx.lineTo(x2, y2);
  }

  flush(): void {
    this.ctx.globalAlpha = LINE_ALPHA;
    if (this.open) {
      this.ctx.strokeStyle = groupColour(this.palette, this.group);
      this.ctx.lineWidth = 1;
      this.ctx.stroke();
    }
    this.open = false;
    this.ctx.globalAlpha = 1;
  }

  symbol(x: number, y: number, shape: number, group: number, freshness: number, trk_deg: number, size: number, faded: boolean): void {
    this.sprites.draw(this.ctx, x, y, shape, group, groupColour(this.palette, group), freshness, trk_deg, size, faded);
  }
}

export class PixelBrush implements Brush {
  /** Without its alpha. */
  private rgb = 0;
  private lineColour = 0;
  private readonly colours = new Int32Array(GROUPS);

  constructor(private readonly raster: Raster, private readonly sprites: Sprites, palette: Palette) {
    for (let group = 0; group < GROUPS; group += 1) this.colours[group] = packed(groupColour(palette, group), 0);
  }

  colour(group: number): void {
    this.rgb = this.colours[group];
    this.lineColour = ((LINE_ALPHA * 255) << 24) | this.rgb;
  }

  dot(x: number, y: number, alpha: number): void {
    this.raster.dot(x, y, DOT_PX, ((alpha * 255) << 24) | this.rgb);
  }

  line(x1: number, y1: number, x2: number, y2: number): void {
    this.raster.line(x1, y1, x2, y2, this.lineColour);
  }

  flush(): void {
    // A pixel is where it is the moment it is set.
  }

  symbol(x: number, y: number, shape: number, group: number, freshness: number, trk_deg: number, size: number, faded: boolean): void {
    this.raster.blit(this.sprites.mask(shape, freshness, trk_deg, size, faded), x, y, this.colours[group]);
  }
}
