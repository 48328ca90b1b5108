// A canvas of plain pixels for the case of very many aircraft. The browser's own drawing costs some five
// microseconds a symbol without a graphics card, whatever way it is asked (measured in Chromium: copying 5,000
// sprites 30 ms of the main thread, filling 5,000 paths 29 ms); copying the few hundred pixels of a symbol
// ourselves costs less than one (5 ms for all, the transfer included).

import type { Mask } from './sprites';

export class Raster {
  private image: ImageData | null = null;
  /** Signed, so that a pixel more than half covered is one below zero: the quickest question there is. */
  private px = new Int32Array(0);
  private width = 0;
  private height = 0;
  ratio = 1;

  begin(ctx: CanvasRenderingContext2D, ratio: number): void {
    const { width, height } = ctx.canvas;
    if (!this.image || this.width !== width || this.height !== height) {
      this.image = ctx.createImageData(Math.max(1, width), Math.max(1, height));
      this.px = new Int32Array(this.image.data.buffer);
      this.width = this.image.width;
      this.height = this.image.height;
    } else this.px.fill(0);
    this.ratio = ratio;
  }

  end(ctx: CanvasRenderingContext2D): void {
    if (this.image) ctx.putImageData(this.image, 0, 0);
  }

  /** A square dot, in CSS pixels, `rgba` as `packed` makes it. */
  dot(x: number, y: number, size: number, rgba: number): void {
    const side = Math.max(1, Math.round(size * this.ratio));
    const x0 = Math.round(x * this.ratio - side / 2), y0 = Math.round(y * this.ratio - side / 2);
    if (x0 < 0 || y0 < 0 || x0 + side > this.width || y0 + side > this.height) return;
    for (let row = 0; row < side; row += 1) {
      const from = (y0 + row) * this.width + x0;
      for (let k = 0; k < side; k += 1) this.px[from + k] = rgba;
    }
  }

  /** A thin line; its pixels are shared between the two next to it (after Wu, SIGGRAPH 1991). */
  line(x1: number, y1: number, x2: number, y2: number, rgba: number): void {
    const r = this.ratio, dx = (x2 - x1) * r, dy = (y2 - y1) * r;
    const steps = Math.ceil(Math.max(Math.abs(dx), Math.abs(dy)));
    if (steps === 0 || steps > 4000) return;
    const sx = dx / steps, sy = dy / steps, flat = Math.abs(dx) >= Math.abs(dy);
    const alpha = rgba >>> 24, colour = rgba & 0xffffff;
    let x = x1 * r, y = y1 * r;
    for (let i = 0; i <= steps; i += 1, x += sx, y += sy) {
      const px = Math.floor(x), py = Math.floor(y);
      if (px < 0 || py < 0 || px + 1 >= this.width || py + 1 >= this.height) continue;
      const share = flat ? y - py : x - px, at = py * this.width + px;
      this.lighten(at, colour, alpha * (1 - share));
      this.lighten(flat ? at + this.width : at + 1, colour, alpha * share);
    }
  }

  private lighten(at: number, colour: number, alpha: number): void {
    if (alpha > this.px[at] >>> 24) this.px[at] = (alpha << 24) | colour;
  }

  /** A symbol; where two overlap, each pixel is of the one that covers more of it. */
  blit(mask: Mask, x: number, y: number, rgb: number): void {
    const x0 = Math.round(x * this.ratio), y0 = Math.round(y * this.ratio), reach = mask.reach;
    if (x0 < reach || y0 < reach || x0 + reach >= this.width || y0 + reach >= this.height) {
      this.clipped(mask, x0, y0, rgb);
      return;
    }
    if (mask.stride !== this.width) restride(mask, this.width);
    const { values, offsets } = mask, px = this.px, base = y0 * this.width + x0;
    for (let i = 0; i < values.length; i += 1) {
      const value = values[i], to = base + offsets[i];
      if (value < 0 || px[to] === 0) px[to] = value | rgb;
    }
  }

  private clipped(mask: Mask, x0: number, y0: number, rgb: number): void {
    const { values, dx, dy } = mask;
    for (let i = 0; i < values.length; i += 1) {
      const x = x0 + dx[i], y = y0 + dy[i];
      if (x >= 0 && y >= 0 && x < this.width && y < this.height) this.px[y * this.width + x] = values[i] | rgb;
    }
  }
}

/** The steps from the symbol's centre to its pixels in a raster of a width. */
function restride(mask: Mask, width: number): void {
  mask.stride = width;
  for (let i = 0; i < mask.offsets.length; i += 1) mask.offsets[i] = mask.dy[i] * width + mask.dx[i];
}

/** `#rrggbb` as the pixels have it (little-endian, as every machine with a browser is). */
export function packed(colour: string, alpha: number): number {
  const rgb = Number.parseInt(colour.slice(1), 16);
  return (Math.round(alpha * 255) << 24) | ((rgb & 255) << 16) | (rgb & 0xff00) | (rgb >> 16);
}
