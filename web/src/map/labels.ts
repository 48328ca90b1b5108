// Where the data blocks stand. Each keeps its place as long as it is free, so that blocks do not dance; what
// finds none is left out. A coarse grid of the screen remembers what is taken: placing a block costs
// the few cells under it, whatever else is on the screen.

const GRID_PX = 8;
/** Blocks at the most, but for those that must be seen. */
export const LABEL_BUDGET = 220;
/** Aircraft that are tried before the rest goes without. */
const TRIES = 1200;
export const LINE_PX = 13;

/** Offsets of the block's corner from the symbol: right above first, as controllers have it. */
const RIGHT = 14, LEFT = -14, UP = -12, DOWN = 12;
export const PLACES = 8;

export class Labels {
  private columns = 1;
  private rows = 1;
  private taken = new Uint8Array(1);
  /** Result of `corner`. */
  x = 0;
  y = 0;
  placed = 0;

  begin(width: number, height: number): void {
    this.columns = Math.ceil(width / GRID_PX) + 1;
    this.rows = Math.ceil(height / GRID_PX) + 1;
    const size = this.columns * this.rows;
    if (this.taken.length !== size) this.taken = new Uint8Array(size);
    else this.taken.fill(0);
    this.placed = 0;
    this.tries = 0;
  }

  private tries = 0;

  get full(): boolean {
    return this.placed >= LABEL_BUDGET || this.tries >= TRIES;
  }

  /** Marks a symbol, so that no block hides it. */
  occupy(sx: number, sy: number): void {
    const column = (sx / GRID_PX) | 0, row = (sy / GRID_PX) | 0;
    if (column < 0 || row < 0 || column >= this.columns || row >= this.rows) return;
    this.taken[row * this.columns + column] = 1;
  }

  occupyBox(x: number, y: number, width: number, height: number): void {
    this.sweep(x, y, width, height, true);
  }

  /** The place for a block, or -1. `must` takes the best place even if it is not free. */
  place(sx: number, sy: number, width: number, height: number, before: number, must: boolean): number {
    this.tries += 1;
    if (before >= 0 && this.tryPlace(sx, sy, width, height, before)) return before;
    for (let place = 0; place < PLACES; place += 1) {
      if (place !== before && this.tryPlace(sx, sy, width, height, place)) return place;
    }
    if (!must) return -1;
    this.corner(sx, sy, width, height, 0);
    this.sweep(this.x, this.y, width, height, true);
    this.placed += 1;
    return 0;
  }

  private tryPlace(sx: number, sy: number, width: number, height: number, place: number): boolean {
    this.corner(sx, sy, width, height, place);
    if (!this.sweep(this.x, this.y, width, height, false)) return false;
    this.sweep(this.x, this.y, width, height, true);
    this.placed += 1;
    return true;
  }

  /** The upper left corner of a block at a place, into `x` and `y`. */
  corner(sx: number, sy: number, width: number, height: number, place: number): void {
    switch (place) {
      case 0: this.x = sx + RIGHT; this.y = sy + UP - height / 2; break;
      case 1: this.x = sx + RIGHT; this.y = sy + DOWN - height / 2; break;
      case 2: this.x = sx + LEFT - width; this.y = sy + UP - height / 2; break;
      case 3: this.x = sx + LEFT - width; this.y = sy + DOWN - height / 2; break;
      case 4: this.x = sx - width / 2; this.y = sy + UP - height - 2; break;
      case 5: this.x = sx - width / 2; this.y = sy + DOWN + 2; break;
      case 6: this.x = sx + RIGHT + 14; this.y = sy + UP - height - 6; break;
      default: this.x = sx + LEFT - width - 14; this.y = sy + DOWN + 8; break;
    }
  }

  /** Takes the cells of a box, or says whether all of them are free. */
  private sweep(x: number, y: number, width: number, height: number, take: boolean): boolean {
    const c0 = Math.max(0, (x / GRID_PX) | 0), c1 = Math.min(this.columns - 1, ((x + width) / GRID_PX) | 0);
    const r0 = Math.max(0, (y / GRID_PX) | 0), r1 = Math.min(this.rows - 1, ((y + height) / GRID_PX) | 0);
    for (let row = r0; row <= r1; row += 1) {
      const from = row * this.columns;
      if (take) this.taken.fill(1, from + c0, from + c1 + 1);
      else for (let column = c0; column <= c1; column += 1) if (this.taken[from + column]) return false;
    }
    return true;
  }
}
