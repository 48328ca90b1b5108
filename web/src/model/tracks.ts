// The tracks that there are. What changes each second lies in typed arrays by slot, so that thousands of
// moves touch no object and leave nothing for the collector; who an aircraft is lies beside them.

import { mercatorX, mercatorY, shortX, unitsPerMetre } from '../geo/mercator';
import { METRES_PER_SECOND_PER_KT, RADIANS } from '../geo/units';
import type { Row, Track } from '../stream/messages';
import { labelFigures, labelName } from './words';

export const LIVE = 0, COASTING = 1, STALE = 2;
const FRESHNESS = { live: LIVE, coasting: COASTING, stale: STALE } as const;
/** Points of the trail that are kept for each aircraft, and how far apart in data time. */
export const TRAIL_POINTS = 64;
const TRAIL_STEP_MS = 5000;
/** An aircraft is not carried further than this on its last row. */
const CARRY_LIMIT_S = 30;
/** A correction larger than this (about 4 km) is a jump of the track and is shown as one. */
const GLIDE_LIMIT = 1e-4;

export type Info = Pick<Track, 'id' | 'address' | 'callsign' | 'operator' | 'class' | 'formation' | 'technique' |
  'squawk' | 'feeds' | 'identity' | 'alt_reference' | 'sigma_m'>;

export class TrackStore {
  /** Slots below this have been used. */
  high = 0;
  count = 0;
  capacity = 0;
  used!: Uint8Array;
  /** Position in the square at `t_ms`, and its change in a second. */
  x!: Float64Array;
  y!: Float64Array;
  vx!: Float64Array;
  vy!: Float64Array;
  t_ms!: Float64Array;
  alt_ft!: Float32Array;
  gs_kt!: Float32Array;
  trk_deg!: Float32Array;
  vs_fpm!: Float32Array;
  age_s!: Float32Array;
  freshness!: Uint8Array;
  ground!: Uint8Array;
  /** Index of the operator's colour and of the class's shape. */
  colour!: Uint8Array;
  shape!: Uint8Array;
  /** Worst open alert: 0 none, 1 predicted, 2 imminent, 3 lost. */
  level!: Uint8Array;
  /** Whether the filters let it through: by what it is, and at present. */
  admitted!: Uint8Array;
  shown!: Uint8Array;
  /** Where its data block stands around it; -1 nowhere. */
  label!: Int8Array;
  trailX!: Float64Array;
  trailY!: Float64Array;
  trailLength!: Uint8Array;
  trailNext!: Uint8Array;
  private glideX!: Float64Array;
  private glideY!: Float64Array;
  private glideFrom_ms!: Float64Array;
  private trailTime_ms!: Float64Array;
  private figuresKey!: Int32Array;
  info: (Info | undefined)[] = [];
  name: string[] = [];
  figures: string[] = [];
  private slots = new Map<number, number>();
  private free: number[] = [];
  /** Result of `locate`. */
  outX = 0;
  outY = 0;

  constructor(capacity = 512) {
    this.grow(capacity);
  }

  slotOf(id: number): number {
    return this.slots.get(id) ?? -1;
  }

  clear(): void {
    this.slots.clear();
    this.free.length = 0;
    this.info.length = 0;
    this.used.fill(0);
    this.high = 0;
    this.count = 0;
  }

  /** A new track, or one that is now known better. */
  put(track: Track, time_ms: number, now_ms: number, colour: number, shape: number): number {
    let slot = this.slotOf(track.id);
    const fresh = slot < 0;
    if (fresh) {
      slot = this.free.pop() ?? this.high++;
      if (slot >= this.capacity) this.grow(this.capacity * 2);
      this.slots.set(track.id, slot);
      this.count += 1;
      this.used[slot] = 1;
      this.level[slot] = 0;
      this.label[slot] = -1;
      this.trailLength[slot] = 0;
      this.trailNext[slot] = 0;
      this.trailTime_ms[slot] = -Infinity;
      this.glideX[slot] = this.glideY[slot] = 0;
      this.figuresKey[slot] = -1;
    }
    const { id, address, callsign, operator, formation, technique, squawk, feeds, identity, alt_reference, sigma_m } = track;
    this.info[slot] = { id, address, callsign, operator, class: track.class, formation, technique, squawk, feeds, identity, alt_reference, sigma_m };
    this.name[slot] = labelName(track);
    this.colour[slot] = colour;
    this.shape[slot] = shape;
    this.ground[slot] = track.on_ground ? 1 : 0;
    this.set(slot, fresh, time_ms, now_ms, track.lat, track.lon, track.alt_ft, track.gs_kt, track.trk_deg,
      track.vs_fpm, track.age_s, FRESHNESS[track.freshness] ?? STALE);
    return slot;
  }

  /** A row of `moves`; of an id that nobody has introduced, false. */
  move(row: Row, time_ms: number, now_ms: number): boolean {
    const slot = this.slots.get(row[0]);
    if (slot === undefined) return false;
    this.set(slot, false, time_ms, now_ms, row[1], row[2], row[3], row[4], row[5], row[6], row[7], row[8]);
    return true;
  }

  remove(id: number): void {
    const slot = this.slots.get(id);
    if (slot === undefined) return;
    this.slots.delete(id);
    this.used[slot] = 0;
    this.shown[slot] = 0;
    this.info[slot] = undefined;
    this.free.push(slot);
    this.count -= 1;
  }

  /** Where a track is drawn at a moment, into `outX` and `outY`. */
  locate(slot: number, now_ms: number): void {
    let x = this.x[slot], y = this.y[slot];
    if (this.freshness[slot] !== STALE) {
      const dt_s = Math.max(0, Math.min(CARRY_LIMIT_S, (now_ms - this.t_ms[slot]) / 1000));
      x += this.vx[slot] * dt_s;
      y += this.vy[slot] * dt_s;
    }
    if (this.glideX[slot] !== 0 || this.glideY[slot] !== 0) {
      const left = 1 - (now_ms - this.glideFrom_ms[slot]) / 1000;
      if (left > 0 && left <= 1) {
        x += this.glideX[slot] * left;
        y += this.glideY[slot] * left;
      }
    }
    this.outX = x;
    this.outY = y;
  }

  private set(
    slot: number, fresh: boolean, time_ms: number, now_ms: number, lat: number, lon: number, alt_ft: number | null,
    gs_kt: number | null, trk_deg: number | null, vs_fpm: number | null, age_s: number | null, freshness: number,
  ): void {
    if (!fresh) this.locate(slot, now_ms);
    const oldX = this.outX, oldY = this.outY;
    const x = mercatorX(lon), y = mercatorY(lat);
    this.x[slot] = x;
    this.y[slot] = y;
    this.t_ms[slot] = time_ms;
    const metre = gs_kt === null || trk_deg === null ? 0 : gs_kt * METRES_PER_SECOND_PER_KT * unitsPerMetre(y);
    const angle = trk_deg === null ? 0 : trk_deg * RADIANS;
    this.vx[slot] = Math.sin(angle) * metre;
    this.vy[slot] = -Math.cos(angle) * metre;
    this.alt_ft[slot] = alt_ft ?? NaN;
    this.gs_kt[slot] = gs_kt ?? NaN;
    this.trk_deg[slot] = trk_deg ?? NaN;
    this.vs_fpm[slot] = vs_fpm ?? NaN;
    this.age_s[slot] = age_s ?? NaN;
    this.freshness[slot] = freshness;
    this.refreshFigures(slot);
    if (time_ms - this.trailTime_ms[slot] >= TRAIL_STEP_MS) this.leaveTrail(slot, x, y, time_ms);
    // What was drawn does not jump to where it is now known to be: it glides there within a second.
    this.glideX[slot] = this.glideY[slot] = 0;
    if (fresh) return;
    this.locate(slot, now_ms);
    const dx = shortX(oldX - this.outX), dy = oldY - this.outY;
    if (Math.abs(dx) < GLIDE_LIMIT && Math.abs(dy) < GLIDE_LIMIT) {
      this.glideX[slot] = dx;
      this.glideY[slot] = dy;
      this.glideFrom_ms[slot] = now_ms;
    }
  }

  /** The second line of the data block is written anew only if it would read differently. */
  private refreshFigures(slot: number): void {
    const alt = this.alt_ft[slot], gs = this.gs_kt[slot], vs = this.vs_fpm[slot];
    const level = Number.isNaN(alt) ? 2047 : Math.round(alt / 100) & 2047;
    const trend = vs > 250 ? 1 : vs < -250 ? 2 : 0;
    const speed = Number.isNaN(gs) ? 8191 : Math.round(gs) & 8191;
    const key = (level << 16) | (speed << 2) | trend;
    if (this.figuresKey[slot] === key) return;
    this.figuresKey[slot] = key;
    this.figures[slot] = labelFigures(alt, gs, vs, this.info[slot]?.alt_reference ?? null);
  }

  private leaveTrail(slot: number, x: number, y: number, time_ms: number): void {
    const at = slot * TRAIL_POINTS + this.trailNext[slot];
    this.trailX[at] = x;
    this.trailY[at] = y;
    this.trailNext[slot] = (this.trailNext[slot] + 1) % TRAIL_POINTS;
    if (this.trailLength[slot] < TRAIL_POINTS) this.trailLength[slot] += 1;
    this.trailTime_ms[slot] = time_ms;
  }

  private grow(capacity: number): void {
    const f64 = (old: Float64Array | undefined, n = 1) => copied(new Float64Array(capacity * n), old);
    const f32 = (old: Float32Array | undefined) => copied(new Float32Array(capacity), old);
    const u8 = (old: Uint8Array | undefined) => copied(new Uint8Array(capacity), old);
    this.used = u8(this.used);
    this.x = f64(this.x); this.y = f64(this.y); this.vx = f64(this.vx); this.vy = f64(this.vy);
    this.t_ms = f64(this.t_ms);
    this.alt_ft = f32(this.alt_ft); this.gs_kt = f32(this.gs_kt); this.trk_deg = f32(this.trk_deg);
    this.vs_fpm = f32(this.vs_fpm); this.age_s = f32(this.age_s);
    this.freshness = u8(this.freshness); this.ground = u8(this.ground);
    this.colour = u8(this.colour); this.shape = u8(this.shape); this.level = u8(this.level);
    this.admitted = u8(this.admitted); this.shown = u8(this.shown);
    this.label = copied(new Int8Array(capacity), this.label);
    this.glideX = f64(this.glideX); this.glideY = f64(this.glideY); this.glideFrom_ms = f64(this.glideFrom_ms);
    this.trailX = f64(this.trailX, TRAIL_POINTS); this.trailY = f64(this.trailY, TRAIL_POINTS);
    this.trailLength = u8(this.trailLength); this.trailNext = u8(this.trailNext);
    this.trailTime_ms = f64(this.trailTime_ms);
    this.figuresKey = copied(new Int32Array(capacity), this.figuresKey);
    this.capacity = capacity;
  }
}

function copied<T extends { set(from: ArrayLike<number>): void }>(to: T, from: ArrayLike<number> | undefined): T {
  if (from) to.set(from);
  return to;
}
