// A reservation being drawn or edited: values in, values out. What the service knows and this does not
// (sectors, tracks, moving volumes) is kept as it came and goes back untouched.

import { inverse } from '../geo/geodesic';

export interface Place { lat: number; lon: number }

/** One reservation as files and the service write it; docs/reservations.md names all fields. */
export interface Draft {
  id?: string | undefined;
  name?: string | undefined;
  kind: string;
  shape: string;
  points: Place[];
  radius_m?: number | undefined;
  half_width_m?: number | undefined;
  lower?: string | undefined;
  upper?: string | undefined;
  start?: string | undefined;
  end?: string | undefined;
  repeat?: string | undefined;
  repeat_days?: string | undefined;
  repeat_count?: number | undefined;
  buffer_horizontal_m?: number | undefined;
  buffer_vertical_m?: number | undefined;
  buffer_time_s?: number | undefined;
  priority?: number | undefined;
  purpose?: string | undefined;
  party?: string | undefined;
  /** Addresses and call signs of those who use it. */
  aircraft?: string[] | undefined;
  /** Of shape `volumes`: each with its own outline, levels and time. */
  blocks?: unknown[] | undefined;
  [other: string]: unknown;
}

export const KINDS = ['operation', 'transit', 'orbit', 'refuelling', 'humanitarian', 'rescue', 'segregated', 'restricted', 'hazard', 'training', 'uncrewed', 'escort'] as const;
/** Shapes that are drawn here. Others can be moved point by point. */
export const DRAWN = ['polygon', 'circle', 'corridor'] as const;
const UNDO_KEPT = 100;

export function empty(shape: (typeof DRAWN)[number], start_ms: number): Draft {
  const hour = Math.ceil(start_ms / 3_600_000) * 3_600_000;
  return {
    kind: 'operation', shape, points: [], lower: 'FL100', upper: 'FL200', start: utc(hour), end: utc(hour + 3_600_000),
    ...(shape === 'circle' ? { radius_m: 0 } : shape === 'corridor' ? { half_width_m: 9260 } : {}),
  };
}

export function utc(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');
}

/** Points that the shape needs before it is one. */
export function needed(draft: Draft): number {
  if (draft.shape === 'volumes') return 0;
  return draft.shape === 'polygon' ? 3 : draft.shape === 'circle' || draft.shape === 'point' || draft.shape === 'sector' ? 1 : 2;
}

/** Why it cannot be asked about yet; null if it can. */
export function lacks(draft: Draft): string | null {
  const missing = needed(draft) - draft.points.length;
  if (missing > 0) return `${missing} more point${missing === 1 ? '' : 's'}`;
  if (draft.shape === 'circle' && !((draft.radius_m ?? 0) > 0)) return 'a radius';
  if (draft.shape === 'corridor' && !((draft.half_width_m ?? 0) > 0)) return 'a half width';
  if (draft.start && draft.end && Date.parse(draft.start) >= Date.parse(draft.end)) return 'an end after its start';
  return null;
}

/** A click on the map while it is drawn. */
export function add(draft: Draft, at: Place): Draft {
  if (draft.shape !== 'circle') return { ...draft, points: [...draft.points, at] };
  const centre = draft.points[0];
  if (!centre) return { ...draft, points: [at] };
  return { ...draft, radius_m: Math.round(inverse(centre.lat, centre.lon, at.lat, at.lon).distance_m) };
}

export function move(draft: Draft, index: number, to: Place): Draft {
  return { ...draft, points: draft.points.map((p, i) => (i === index ? to : p)) };
}

export function insert(draft: Draft, before: number, at: Place): Draft {
  return { ...draft, points: [...draft.points.slice(0, before), at, ...draft.points.slice(before)] };
}

export function remove(draft: Draft, index: number): Draft {
  return { ...draft, points: draft.points.filter((_, i) => i !== index) };
}

/** The drafts before this one, newest last. */
export class History {
  private past: Draft[] = [];
  get length(): number { return this.past.length; }
  clear(): void { this.past = []; }
  keep(draft: Draft): void {
    this.past.push(draft);
    if (this.past.length > UNDO_KEPT) this.past.shift();
  }
  back(): Draft | null { return this.past.pop() ?? null; }
}

/** `35.1 40.2`, `35.1, -40.2`, `350600N 0401200E` (degrees, minutes, seconds). */
export function place(text: string): Place | null {
  const words = text.trim().split(/[\s,;]+/).filter(Boolean);
  if (words.length !== 2) return null;
  const [lat, lon] = [angle(words[0], 'NS'), angle(words[1], 'EW')];
  if (lat === null || lon === null || Math.abs(lat) > 90 || Math.abs(lon) > 180) return null;
  return { lat, lon };
}

function angle(word: string, letters: string): number | null {
  const decimal = /^([+-]?\d+(?:\.\d+)?)°?$/.exec(word);
  if (decimal) return Number(decimal[1]);
  const packed = new RegExp(`^(\\d{2,3})(\\d{2})(\\d{2}(?:\\.\\d+)?)?([${letters}])$`, 'i').exec(word);
  const lettered = new RegExp(`^(\\d+(?:\\.\\d+)?)°?([${letters}])$`, 'i').exec(word);
  // 0401200E has three digits of degrees, 350600N two; what is decimal has a point or is short.
  if (packed && (word.length > 5)) {
    const degrees = letters === 'NS' ? word.slice(0, 2) : word.slice(0, 3), rest = word.slice(degrees.length, -1);
    const minutes = Number(rest.slice(0, 2)), seconds = Number(rest.slice(2) || 0);
    if (!(minutes < 60 && seconds < 60)) return null;
    return sign(word) * (Number(degrees) + minutes / 60 + seconds / 3600);
  }
  return lettered ? sign(word) * Number(lettered[1]) : null;
}

const sign = (word: string) => (/[SW]$/i.test(word) ? -1 : 1);

/** One point a line; the first line that is none is told. */
export function places(text: string): { points: Place[] } | { line: number; says: string } {
  const points: Place[] = [];
  for (const [i, line] of text.split('\n').entries()) {
    if (!line.trim()) continue;
    const at = place(line);
    if (!at) return { line: i + 1, says: `line ${i + 1}: "${line.trim().slice(0, 30)}" is no point; write 35.10 40.20 or 350600N 0401200E` };
    points.push(at);
  }
  return { points };
}

export function written(points: readonly Place[]): string {
  return points.map((p) => `${p.lat.toFixed(5)} ${p.lon.toFixed(5)}`).join('\n');
}

/** Addresses and call signs as they are typed: with blanks, commas or semicolons between. */
export function aircraft(text: string): string[] | undefined {
  const words = text.split(/[\s,;]+/).filter(Boolean);
  return words.length > 0 ? words : undefined;
}

/** Volumes typed as JSON, or why they are none. */
export function blocks(text: string): { blocks: unknown[] } | { says: string } {
  try {
    const read: unknown = JSON.parse(text);
    return Array.isArray(read) && read.length > 0 ? { blocks: read } : { says: 'write [{ "points": … }], one for each volume' };
  } catch (error) {
    return { says: error instanceof Error ? error.message : String(error) };
  }
}

/** What goes to the service: nothing that is empty. */
export function sent(draft: Draft): Record<string, unknown> {
  return Object.fromEntries(Object.entries(draft).filter(([field, value]) =>
    value !== undefined && value !== '' && value !== null && !(field === 'points' && draft.shape === 'volumes')));
}
