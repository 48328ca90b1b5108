// Where the data blocks stand. Each keeps its place as long as it is free, so that blocks do not dance; what
// finds none is left out. A coarse grid of the screen remembers what is taken: placing a block costs
// the few cells under it, whatever else is on the screen.

const GRID_PX = 8;
/** What a cell holds. A block that must be seen hides a symbol rather than another block. */
const FREE = 0, SYMBOL = 1, BLOCK = 2;
/** Blocks at the most, but for those that must be seen. */
export const LABEL_BUDGET = 220;
/** Aircraft that are tried before the rest goes without. */
const TRIES = 1200;
export const LINE_PX = 13;

/**
 * Where a block can stand, as steps across and down from the symbol: right above first, as controllers have it.
 * The further ones, on a longer leader, are for blocks that must be seen.
 */
const ACROSS = [1, 1, -1, -1, 0, 0, 1.6, -1.6, 2.6, -2.6, 2.6, -2.6, 1.2, -1.2, 1.2, -1.2];
const DOWNWARDS = [-0.5, 0.5, -0.5, 0.5, -1, 1, -1.5, 1.5, -2, 2, 2, -2, -3.4, 3.4, 3.4, -3.4];
const NEAR_PLACES = 8;
/** From the middle of a symbol to its block; more where a ring is around it. */
export const GAP_PX = 14, RING_GAP_PX = 21;

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
    this.width = width;
    this.height = height;
  }

  private tries = 0;
  private width = 0;
  private height = 0;

  get full(): boolean {
    return this.placed >= LABEL_BUDGET || this.tries >= TRIES;
  }

  /** Marks a symbol, so that no block hides it. */
  occupy(sx: number, sy: number): void {
    const column = (sx / GRID_PX) | 0, row = (sy / GRID_PX) | 0;
    if (column < 0 || row < 0 || column >= this.columns || row >= this.rows) return;
    const at = row * this.columns + column;
    if (this.taken[at] === FREE) this.taken[at] = SYMBOL;
  }

  occupyBox(x: number, y: number, width: number, height: number): void {
    this.sweep(x, y, width, height, BLOCK);
  }

  /** The place for a block, or -1. `must` takes a far place, or one that is not free, rather than none. */
  place(sx: number, sy: number, width: number, height: number, gap: number, before: number, must: boolean): number {
    this.tries += 1;
    const places = must ? ACROSS.length : NEAR_PLACES;
    for (let over = FREE; over < (must ? BLOCK : SYMBOL); over += 1) {
      if (before >= 0 && before < places && this.tryPlace(sx, sy, width, height, gap, before, over)) return before;
      for (let place = 0; place < places; place += 1) {
        if (place !== before && this.tryPlace(sx, sy, width, height, gap, place, over)) return place;
      }
    }
    if (!must) return -1;
    this.corner(sx, sy, width, height, gap, 0);
    this.sweep(this.x, this.y, width, height, BLOCK);
    this.placed += 1;
    return 0;
  }

  private tryPlace(sx: number, sy: number, width: number, height: number, gap: number, place: number, over: number): boolean {
    this.corner(sx, sy, width, height, gap, place);
    if (!this.free(this.x, this.y, width, height, over)) return false;
    this.sweep(this.x, this.y, width, height, BLOCK);
    this.placed += 1;
    return true;
  }

  /** The upper left corner of a block at a place, into `x` and `y`. */
  corner(sx: number, sy: number, width: number, height: number, gap: number, place: number): void {
    const across = ACROSS[place], down = DOWNWARDS[place];
    this.x = sx + across * gap - (across > 0 ? 0 : across < 0 ? width : width / 2);
    this.y = sy + down * gap - (across === 0 ? (down < 0 ? height : 0) : height / 2 - down * (height / 4));
  }

  private sweep(x: number, y: number, width: number, height: number, value: number): void {
    const c0 = Math.max(0, (x / GRID_PX) | 0), c1 = Math.min(this.columns - 1, ((x + width) / GRID_PX) | 0);
    const r0 = Math.max(0, (y / GRID_PX) | 0), r1 = Math.min(this.rows - 1, ((y + height) / GRID_PX) | 0);
    if (c1 < c0) return;
    for (let row = r0; row <= r1; row += 1) this.taken.fill(value, row * this.columns + c0, row * this.columns + c1 + 1);
  }

  /** Whether no cell of a box holds more than `over`. */
  private free(x: number, y: number, width: number, height: number, over: number): boolean {
    // Half a block at the edge of the screen tells nothing.
    if (x < 2 || y < 2 || x + width > this.width - 2 || y + height > this.height - 2) return false;
    const c0 = Math.max(0, (x / GRID_PX) | 0), c1 = Math.min(this.columns - 1, ((x + width) / GRID_PX) | 0);
    const r0 = Math.max(0, (y / GRID_PX) | 0), r1 = Math.min(this.rows - 1, ((y + height) / GRID_PX) | 0);
    for (let row = r0; row <= r1; row += 1) {
      const from = row * this.columns;
      for (let column = c0; column <= c1; column += 1) if (this.taken[from + column] > over) return false;
    }
    return true;
  }
}
