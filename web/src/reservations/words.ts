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
}

/** How the exchange with other services stands. */
export interface Peers { manager: string; dss: string; known_at: string | null; stale: boolean; says: string | null }

/** Its status in words, and that of another service's in those of the standard. */
export function statusText(view: View): string {
  return (view.peer ? view.state : undefined) ?? view.status ?? 'reserved';
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
  'id', 'name', 'kind', 'priority', 'party', 'purpose', 'agreed_with', 'shape', 'points', 'levels', 'times', 'radius_m', 'inner_radius_m', 'from_deg', 'to_deg',
  'half_width_m', 'leg_bands', 'lower', 'upper', 'start', 'end', 'repeat', 'repeat_every', 'repeat_days', 'repeat_count', 'repeat_until', 'buffer_horizontal_m',
  'buffer_vertical_m', 'buffer_time_s', 'accuracy_horizontal_m', 'accuracy_vertical_m', 'moves', 'moves_since', 'course_deg', 'speed_mps', 'moves_with', 'comment',
]);

/** What of a view is a draft: what its owner may change. The service adds more to a view than it takes back. */
export function draftOf(view: View): Draft {
  return Object.fromEntries(Object.entries(view).filter(([field]) => FIELDS.has(field))) as Draft;
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
