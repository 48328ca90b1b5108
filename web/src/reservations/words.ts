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
}

export interface Conflict {
  with: { id: string | null; name: string | null; kind: string | null; party: string | null };
  at: { lat: number; lon: number } | null;
  start: string | null;
  end: string | null;
  ruling: string;
  sure: string;
  says: string;
}
export interface Alternative { kind: 'time' | 'level' | 'route'; says: string; draft: Draft }
export interface Report { free: boolean; verdict?: 'free' | 'others-give-way' | 'conflict'; conflicts: Conflict[]; alternatives: Alternative[] }

/** What of a view is a draft: what its owner may change. */
export function draftOf(view: View): Draft {
  const { status: _s, version: _v, mine: _m, may: _a, disclosed: _d, outline: _o, band: _b, windows: _w, ...draft } = view;
  return draft;
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
