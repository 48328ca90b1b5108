// Reservations as the service tells them (docs/api.md).

import type { Draft } from './draft';

export type Action = 'edit' | 'plan' | 'activate' | 'release' | 'cancel';
export type Status = 'draft' | 'planned' | 'active' | 'released' | 'cancelled';

export interface View extends Draft {
  id: string;
  /** Of one that is only known to exist, this and the version are not told. */
  status?: Status;
  version?: number;
  mine: boolean;
  may: Action[];
  disclosed: 'full' | 'exists';
  outline: GeoJSON.MultiPolygon | GeoJSON.Polygon;
  band: { lower: string | null; upper: string | null; lower_m: number | null; upper_m: number | null };
  windows: [string | null, string | null][];
  /** Of another service: whose it is there, and in which state. It is changed there. */
  peer?: boolean;
  manager?: string;
  state?: string;
  /** Whether its owner tells what is there. */
  known?: boolean;
  /** How it stands with other services, of one's own. */
  coordination?: { entity: string; filed: boolean; says: string };
  /** Of one in use that names its aircraft. */
  conformance?: Conformance[];
}

/** How the exchange with other services stands. */
export interface Peers { manager: string; dss: string; known_at: string | null; stale: boolean; says: string | null }

/** Its status in words, and that of another service's in those of the standard. */
export function statusText(view: View): string {
  return (view.peer ? view.state : undefined) ?? view.status ?? 'reserved';
}

/** How an aircraft keeps to a reservation. */
export interface Conformance {
  aircraft: string;
  state: 'unseen' | 'conforming' | 'nonconforming' | 'lost';
  since?: string;
  track?: number;
  name?: string;
  follows?: boolean;
  off_nm?: number | null;
  above_ft?: number | null;
  late_s?: number | null;
  levels_known?: boolean;
}

export interface Conflict {
  with: { id: string | null; name: string | null; kind: string | null; party: string | null; peer?: boolean };
  at: { lat: number; lon: number } | null;
  start: string | null;
  end: string | null;
  ruling: string;
  sure: string;
  says: string;
}
export interface Alternative { kind: 'time' | 'level' | 'route'; says: string; draft: Draft }
export interface Report { free: boolean; verdict?: 'free' | 'others-give-way' | 'conflict'; conflicts: Conflict[]; alternatives: Alternative[]; not_asked?: string }

/** The fields of a reservation as files have them (docs/reservations.md), but its status. */
const FIELDS = new Set([
  'id', 'name', 'kind', 'priority', 'party', 'purpose', 'agreed_with', 'aircraft', 'shape', 'points', 'levels', 'times', 'radius_m', 'inner_radius_m', 'from_deg', 'to_deg',
  'half_width_m', 'leg_bands', 'blocks', 'lower', 'upper', 'start', 'end', 'repeat', 'repeat_every', 'repeat_days', 'repeat_count', 'repeat_until', 'buffer_horizontal_m',
  'buffer_vertical_m', 'buffer_time_s', 'accuracy_horizontal_m', 'accuracy_vertical_m', 'moves', 'moves_since', 'course_deg', 'speed_mps', 'moves_with', 'comment',
]);

/** What of a view is a draft: what its owner may change. The service adds more to a view than it takes back. */
export function draftOf(view: View): Draft {
  const draft = Object.fromEntries(Object.entries(view).filter(([field]) => FIELDS.has(field))) as Draft;
  // Volumes have their points in `blocks`.
  return { ...draft, points: draft.points ?? [] };
}

/** A sign and words for how an aircraft keeps to it: never by colour alone. */
export const KEEPING: Record<Conformance['state'], { sign: string; word: string }> = {
  unseen: { sign: '·', word: 'not seen' },
  conforming: { sign: '✓', word: 'keeps to it' },
  nonconforming: { sign: '▲', word: 'outside' },
  lost: { sign: '?', word: 'lost' },
};

/** By how much an aircraft is off: `1.2 NM off, 400 ft high, 95 s late`. */
export function deviationText(c: Conformance): string {
  const parts: string[] = [];
  if (c.off_nm) parts.push(`${c.off_nm.toFixed(1)} NM off`);
  if (c.above_ft) parts.push(`${Math.abs(Math.round(c.above_ft))} ft ${c.above_ft > 0 ? 'high' : 'low'}`);
  if (c.late_s && Math.abs(c.late_s) >= 30) parts.push(`${Math.abs(Math.round(c.late_s))} s ${c.late_s > 0 ? 'late' : 'early'}`);
  if (c.levels_known === false) parts.push('levels not comparable');
  return parts.join(', ');
}

/** Whether it exists at a time. */
export function existsAt(view: Pick<View, 'windows'>, ms: number): boolean {
  return view.windows.some(([from, to]) => (from === null || Date.parse(from) <= ms) && (to === null || ms < Date.parse(to)));
}

/** `FL100-FL200`, `GND-UNL` */
export function bandText(view: View): string {
  return `${view.band.lower ?? 'SFC'}–${view.band.upper ?? 'UNL'}`;
}

/** The window that is on, or the next. */
export function windowText(view: View, now_ms: number): string {
  const next = view.windows.find(([, to]) => to === null || Date.parse(to) > now_ms) ?? view.windows[view.windows.length - 1];
  if (!next) return 'over';
  const text = (t: string | null, other: string) => (t === null ? other : `${t.slice(5, 10)} ${t.slice(11, 16)}`);
  return `${text(next[0], 'always')} – ${text(next[1], 'further notice')}`;
}
