// Which aircraft and alerts are shown. A filter never hides an aircraft that is in an open alert: what
// is hidden must not look like what is safe.

import type { Alert, AlertState } from '../stream/messages';
import type { Info, TrackStore } from './tracks';

export interface Filters {
  operators: string[];
  classes: string[];
  /** In hundreds of feet; null is no bound. */
  fl_min: number | null;
  fl_max: number | null;
  states: AlertState[];
  text: string;
}

export const NO_FILTERS: Filters = { operators: [], classes: [], fl_min: null, fl_max: null, states: [], text: '' };
/** Stands for an aircraft of which nobody says whose it is. */
export const UNDECLARED = '?';

export function active(f: Filters): boolean {
  return f.operators.length > 0 || f.classes.length > 0 || f.fl_min !== null || f.fl_max !== null ||
    f.states.length > 0 || f.text.trim() !== '';
}

/** What does not change with each move: who it is. */
export function admits(f: Filters, info: Info): boolean {
  if (f.operators.length && !f.operators.includes(info.operator ?? UNDECLARED)) return false;
  if (f.classes.length && !f.classes.includes(info.class ?? 'unknown')) return false;
  const text = f.text.trim().toLowerCase();
  return !text || matches(text, info.callsign, info.address, info.operator, info.squawk, info.formation, `#${info.id}`, ...info.feeds);
}

function matches(text: string, ...fields: (string | null)[]): boolean {
  return fields.some((field) => field !== null && field.toLowerCase().includes(text));
}

/** An aircraft without a level passes every band: not knowing is no reason to hide it. */
export function inBand(f: Filters, alt_ft: number): boolean {
  if (Number.isNaN(alt_ft)) return true;
  return (f.fl_min === null || alt_ft >= f.fl_min * 100) && (f.fl_max === null || alt_ft <= f.fl_max * 100);
}

export function readmit(f: Filters, tracks: TrackStore): void {
  for (let i = 0; i < tracks.high; i += 1) {
    const info = tracks.info[i];
    tracks.admitted[i] = tracks.used[i] && info && admits(f, info) ? 1 : 0;
  }
}

/** Brings `shown` up to date and gives the number of aircraft shown. */
export function show(f: Filters, tracks: TrackStore): number {
  const banded = f.fl_min !== null || f.fl_max !== null;
  const alertsOnly = f.states.length > 0;
  let shown = 0;
  for (let i = 0; i < tracks.high; i += 1) {
    if (!tracks.used[i]) {
      tracks.shown[i] = 0;
      continue;
    }
    const passes = tracks.level[i] > 0 ||
      (tracks.admitted[i] === 1 && !alertsOnly && (!banded || inBand(f, tracks.alt_ft[i])));
    tracks.shown[i] = passes ? 1 : 0;
    if (passes) shown += 1;
  }
  return shown;
}

export function showsAlert(f: Filters, alert: Alert): boolean {
  if (f.states.length && !f.states.includes(alert.state)) return false;
  if (f.operators.length && !f.operators.includes(alert.a.operator ?? UNDECLARED) &&
    !f.operators.includes(alert.b.operator ?? UNDECLARED)) return false;
  const text = f.text.trim().toLowerCase();
  return !text || matches(text, alert.a.name, alert.b.name, alert.a.address, alert.b.address, alert.a.operator,
    alert.b.operator, alert.rule, alert.id);
}
